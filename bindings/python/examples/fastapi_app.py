"""A web shop that verifies its users, with any of the four providers: FastAPI, SQLite (3.35 or later), and idvkit.

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
from contextlib import asynccontextmanager, closing
from typing import Annotated, Any, AsyncGenerator, Callable, Optional

import httpx
from fastapi import Depends, FastAPI, HTTPException, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse
from fastapi.staticfiles import StaticFiles
from starlette.datastructures import UploadFile

import idvkit.config
from idvkit import (
    Account,
    Blame,
    Callback,
    Done,
    Hint,
    Image,
    Images,
    Input,
    Present,
    Redirect,
    Reject,
    Session,
    Wait,
)
from idvkit.httpx import Rest, advance, system_clock, tell

TABLES = [
    "CREATE TABLE IF NOT EXISTS session (id TEXT PRIMARY KEY, revision INTEGER, snapshot TEXT, due INTEGER, outcome TEXT)",
    "CREATE TABLE IF NOT EXISTS reference (reference TEXT PRIMARY KEY, session TEXT)",
]
# `<idv-journey>` shows any journey. What it tells goes to the server, which says what is next.
PAGE = """<!doctype html><html lang="en"><meta name="viewport" content="width=device-width"><title>Verify</title>
<link rel="icon" href="data:,">
<p>One moment, please.</p>
<idv-journey></idv-journey>
<script type="module">
  import "/idv/idv-journey.js";
  const text = document.querySelector("p"), check = document.querySelector("idv-journey");
  const post = (what, body) => fetch(location.pathname + "/" + what, { method: "POST", body });
  check.addEventListener("idv-hint", ({ detail }) => post("hint", detail.text));
  check.addEventListener("idv-images", async ({ detail }) => {
    const form = new FormData();
    for (const { slot, blob } of detail.images) form.append(slot, blob);
    if (!(await post("images", form)).ok) alert("Please try other pictures.");
  });
  // A provider's page in a frame comes back to this page: then it is the one around it that goes on.
  while (self === top) {
    const next = await (await fetch(location.pathname + "/next")).json();
    text.hidden = !!next.journey;
    if (next.done) break;
    if (next.journey) check.journey = next.journey; // the same one again leaves everything as it is
    await new Promise((wake) => setTimeout(wake, 1000));
  }
  check.remove();
  text.textContent = "Thank you.";
</script>"""


class Shop:
    """An account, one verification as everybody has it, and a database. `act` is called once for each that has ended."""

    def __init__(
        self,
        config: idvkit.config.Config,
        request: idvkit.config.Request,
        act: Callable[[str, Done], None],
        path: str = "idv.sqlite",
        clock: Callable[[], int] = system_clock,
    ) -> None:
        self.account, self.request, self.act, self.path, self.clock = Account(config), request, act, path, clock
        self.client = httpx.Client()
        for table in TABLES:
            self.query(table)

    def query(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self.path, timeout=10, isolation_level=None)) as connection:
            return connection.execute(sql, values).fetchall()

    def begin(self) -> str:
        id = secrets.token_urlsafe(16)
        session = Session.open(self.account, self.request, secrets.token_bytes(32), self.clock())
        self.query("INSERT INTO session VALUES (?, ?, ?, 0, NULL)", id, session.revision, session.snapshot())
        return id

    def go_on(self, id: str) -> Rest:
        step = advance(self.client, Row(self, id), clock=self.clock)
        if isinstance(step, Done):
            sql = "UPDATE session SET outcome = ? WHERE id = ? AND outcome IS NULL RETURNING id"
            if self.query(sql, step.outcome.to_json(), id):  # whoever writes the outcome acts on it
                self.act(id, step)
        return step

    def hear(self, input: Input) -> Optional[str]:
        """The session that a redirect or callback is about, told of it; nothing if it is nobody's."""
        reference = self.account.reference_of(input, self.clock())
        for (id,) in self.query("SELECT session FROM reference WHERE reference = ?", reference):
            tell(Row(self, id), input, clock=self.clock)
            return str(id)
        return None

    def work_off(self) -> None:
        for (id,) in self.query("SELECT id FROM session WHERE outcome IS NULL AND due <= ?", self.clock()):
            attempt(self.go_on, id)


class Row:
    """What idvkit needs of a database: load, and compare-and-swap on the revision."""

    def __init__(self, shop: Shop, id: str) -> None:
        self.shop, self.id = shop, id

    def load(self) -> Session:
        for (snapshot,) in self.shop.query("SELECT snapshot FROM session WHERE id = ?", self.id):
            return Session.restore(self.shop.account, snapshot)
        raise HTTPException(404)

    def swap(self, expected: int, session: Session) -> bool:
        for reference in session.references:
            self.shop.query("INSERT OR REPLACE INTO reference VALUES (?, ?)", reference, self.id)
        step = session.next(self.shop.clock())
        due = step.until if isinstance(step, (Present, Wait)) else 0  # when the worker is to go on
        sql = "UPDATE session SET revision = ?, snapshot = ?, due = ? WHERE id = ? AND revision = ? RETURNING id"
        return bool(self.shop.query(sql, session.revision, session.snapshot(), due, self.id, expected))


def attempt(work: Callable[..., object], *values: object) -> None:
    """One failure must not end the worker: what is due stays due, and is tried again in the next round."""
    try:
        work(*values)
    except Exception:
        logging.getLogger("shop").exception("the worker goes on")


async def raw(posted: Request) -> bytes:
    """The body as it came: what a framework has parsed cannot be checked any more. FastAPI limits no body by itself: let the
    server in front of it take 32 MiB, which a webhook of biometric.kz may have, and no more."""
    return await posted.body()


async def pictures(posted: Request) -> list[Image]:
    """The files of a form, each by the name of its slot."""
    async with posted.form() as form:
        return [Image(slot, await file.read()) for slot, file in form.multi_items() if isinstance(file, UploadFile)]


Raw = Annotated[bytes, Depends(raw)]
Pictures = Annotated[list[Image], Depends(pictures)]


def create_app(shop: Shop) -> FastAPI:
    """The routes, and the worker that goes on with what is due."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncGenerator[None, None]:
        stop = threading.Event()

        def work() -> None:
            while not stop.wait(0.1):
                attempt(shop.work_off)

        worker = threading.Thread(target=work, name="worker")
        worker.start()
        yield
        stop.set()
        worker.join()

    app = FastAPI(lifespan=lifespan)

    app.mount("/idv", StaticFiles(packages=[("idvkit", "web")]))  # the element

    @app.post("/verifications")
    def begin() -> RedirectResponse:
        return RedirectResponse(f"/verifications/{shop.begin()}", 303)

    @app.get("/verifications/{id}")
    def show(id: str) -> HTMLResponse:
        return HTMLResponse(PAGE)

    @app.get("/verifications/{id}/next")
    def next(id: str) -> Response:
        step = shop.go_on(id)
        if isinstance(step, Present):
            return Response(f'{{"journey": {step.journey.to_json()}}}', media_type="application/json")
        return JSONResponse({"done": isinstance(step, Done)})

    @app.post("/verifications/{id}/hint", status_code=204)
    def hint(id: str, text: Raw) -> None:
        """What the page saw, as the element tells it."""
        tell(Row(shop, id), Hint(text.decode(errors="replace")), clock=shop.clock)

    @app.post("/verifications/{id}/images", status_code=204)
    def images(id: str, images: Pictures) -> None:
        """What the user chose, where a journey asks for images."""
        tell(Row(shop, id), Images(images), clock=shop.clock)

    @app.get("/back")
    def back(posted: Request) -> RedirectResponse:
        id = shop.hear(Redirect(str(posted.url)))
        if id is None:
            raise HTTPException(404)
        return RedirectResponse(f"/verifications/{id}", 303)

    @app.post("/callbacks/{rest:path}")
    def callback(rest: str, posted: Request, body: Raw) -> None:
        shop.hear(Callback(str(posted.url), posted.headers.items(), body))

    @app.exception_handler(Reject)
    def refused(_: Request, reject: Reject) -> Response:
        status = {Blame.SIGNATURE: 401, Blame.SNAPSHOT: 500}.get(reject.blame, 400)
        return Response(reject.code, status)

    return app


def __getattr__(name: str) -> FastAPI:
    """`uvicorn fastapi_app:app`."""
    if name != "app":
        raise AttributeError(name)
    config, request = json.loads(os.environ["IDV_CONFIG"]), json.loads(os.environ["IDV_REQUEST"])
    return create_app(Shop(config, request, lambda id, done: print(id, done.outcome)))
