"""A web shop that verifies its users, with any of the four providers: FastAPI, SQLite, and idvkit.

Which provider it is stands in two JSON texts, and nowhere in the code:

    IDV_CONFIG='{"provider": "jumio", ...}' IDV_REQUEST='{"flow": "jumio_authentication", ...}' uvicorn fastapi_app:app
"""

from __future__ import annotations

import json
import logging
import os
import secrets
import sqlite3
import threading
from contextlib import asynccontextmanager, closing, contextmanager
from typing import Any, AsyncGenerator, Callable, Iterator, Optional

import httpx
from fastapi import FastAPI, HTTPException, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse

import idvkit.config
from idvkit import Account, Blame, Callback, Done, Hint, Input, Present, Redirect, Reject, Session, read
from idvkit.httpx import Rest, advance, system_clock, tell

TABLES = """
CREATE TABLE IF NOT EXISTS session (id TEXT PRIMARY KEY, revision INTEGER, snapshot TEXT, due INTEGER, outcome TEXT);
CREATE TABLE IF NOT EXISTS reference (reference TEXT PRIMARY KEY, session TEXT);
"""
WAIT = '<!doctype html><meta http-equiv="refresh" content="1">One moment, please.'
PAGE = """<!doctype html><title>Verify</title>{way}
<script>addEventListener("idvkit:seen", (event) =>
  fetch("/verifications/{id}/seen", {{method: "POST", body: JSON.stringify(event.detail)}}))</script>"""


log = logging.getLogger("shop")


@contextmanager
def logged(what: str) -> Iterator[None]:
    """One failure must not end the worker: what is due stays due, and is tried again in the next round."""
    try:
        yield
    except Exception:
        log.exception("%s: the worker goes on", what)


class Database:
    """One row per session."""

    def __init__(self, path: str, account: Account) -> None:
        self.path, self.account = path, account
        with closing(self.connect()) as connection:
            connection.executescript(TABLES)

    def connect(self) -> sqlite3.Connection:
        return sqlite3.connect(self.path, timeout=10, isolation_level=None)

    def query(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        with closing(self.connect()) as connection:
            return connection.execute(sql, values).fetchall()

    def change(self, sql: str, *values: Any) -> bool:
        with closing(self.connect()) as connection:
            return connection.execute(sql, values).rowcount == 1


class Row:
    """What idvkit needs of a database: load, and compare-and-swap on the revision."""

    def __init__(self, database: Database, id: str) -> None:
        self.database, self.id = database, id
        self.revision = 0

    def load(self) -> Session:
        rows = self.database.query("SELECT snapshot FROM session WHERE id = ?", self.id)
        if not rows:
            raise HTTPException(404)
        session = Session.restore(self.database.account, rows[0][0])
        self.revision = session.revision
        return session

    def swap(self, expected: int, session: Session) -> bool:
        for reference in session.references:
            self.database.change("INSERT OR REPLACE INTO reference VALUES (?, ?)", reference, self.id)
        sql = "UPDATE session SET revision = ?, snapshot = ?, due = 0 WHERE id = ? AND revision = ?"
        return self.database.change(sql, session.revision, session.snapshot(), self.id, expected)

    def wake(self, due: int) -> None:
        """When to go on with what was loaded last. A hint that came since then has made it due at once, and that stays."""
        sql = "UPDATE session SET due = ? WHERE id = ? AND revision = ?"
        self.database.change(sql, due, self.id, self.revision)


def create_app(
    config: idvkit.config.Config,
    request: idvkit.config.Request,
    act: Callable[[str, Done], None],
    path: str = "idv.sqlite",
    clock: Callable[[], int] = system_clock,
) -> FastAPI:
    """The application; `act` is called exactly once for each session that has ended."""
    account = Account(config)
    database = Database(path, account)
    client = httpx.Client()
    stop = threading.Event()

    def go_on(id: str) -> Rest:
        row = Row(database, id)
        step = advance(client, row, clock=clock)
        if isinstance(step, Done):
            sql = "UPDATE session SET due = NULL, outcome = ? WHERE id = ? AND outcome IS NULL"
            if database.change(sql, step.outcome.to_json(), id):  # whoever writes the outcome acts on it
                act(id, step)
        else:
            row.wake(step.until)
        return step

    def hear(id: str, input: Input) -> None:
        try:
            tell(Row(database, id), input, clock=clock)
        except Reject as reject:
            raise HTTPException(401 if reject.blame is Blame.SIGNATURE else 400, reject.code) from None

    def session_of(input: Input) -> Optional[str]:
        try:
            reference = account.reference_of(input, clock())
        except Reject as reject:
            raise HTTPException(401 if reject.blame is Blame.SIGNATURE else 400, reject.code) from None
        rows = database.query("SELECT session FROM reference WHERE reference = ?", reference)
        return rows[0][0] if rows else None

    def work() -> None:
        while not stop.wait(0.1):
            with logged("sessions that are due"):
                due = database.query("SELECT id FROM session WHERE due <= ?", clock())
                for (id,) in due:
                    with logged(id):
                        go_on(id)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncGenerator[None, None]:
        worker = threading.Thread(target=work)
        worker.start()
        yield
        stop.set()
        worker.join()

    app = FastAPI(lifespan=lifespan)

    @app.post("/verifications")
    def begin() -> RedirectResponse:
        id = secrets.token_urlsafe(16)
        session = Session.open(account, request, secrets.token_bytes(32), clock())
        database.change("INSERT INTO session VALUES (?, ?, ?, 0, NULL)", id, session.revision, session.snapshot())
        return RedirectResponse(f"/verifications/{id}", 303)

    @app.get("/verifications/{id}")
    def show(id: str) -> HTMLResponse:
        step = go_on(id)
        if isinstance(step, Present):
            way = next((html for html in (way.html() for way in step.journey.ways) if html), "")
            return HTMLResponse(PAGE.format(way=way, id=id))
        return HTMLResponse("Thank you." if isinstance(step, Done) else WAIT)

    @app.post("/verifications/{id}/seen")
    async def seen(id: str, posted: Request) -> Response:
        """What the page saw, as JSON. `read` picks the hint out of it, if there is one for this journey."""
        text = (await posted.body()).decode(errors="replace")
        step = await run_in_threadpool(go_on, id)
        hint = read(step.journey, text) if isinstance(step, Present) else None
        if hint is not None:
            await run_in_threadpool(hear, id, Hint(hint))
        return Response(status_code=204)

    @app.get("/back")
    def back(posted: Request) -> RedirectResponse:
        input = Redirect(str(posted.url))
        id = session_of(input)
        if id is None:
            raise HTTPException(404)
        hear(id, input)
        return RedirectResponse(f"/verifications/{id}", 303)

    @app.post("/callbacks/{rest:path}")
    async def callback(rest: str, posted: Request) -> Response:
        """The raw body: what a framework has parsed cannot be checked any more."""
        input = Callback(str(posted.url), posted.headers.items(), await posted.body())
        id = await run_in_threadpool(session_of, input)
        if id is not None:
            await run_in_threadpool(hear, id, input)
        return Response(status_code=200)

    return app


def __getattr__(name: str) -> FastAPI:
    """`uvicorn fastapi_app:app`."""
    if name != "app":
        raise AttributeError(name)
    config, request = json.loads(os.environ["IDV_CONFIG"]), json.loads(os.environ["IDV_REQUEST"])
    return create_app(config, request, lambda id, done: print(id, done.outcome))
