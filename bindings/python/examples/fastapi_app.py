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
from typing import Annotated, Any, AsyncGenerator, Callable, Optional, Sequence

import httpx
from fastapi import Depends, FastAPI, HTTPException, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse
from fastapi.staticfiles import StaticFiles
from starlette.datastructures import UploadFile

import idvkit.config
from idvkit import (
    Account,
    AskDeliver,
    Blame,
    Blob,
    By,
    ById,
    ByKey,
    Callback,
    Done,
    Hint,
    Image,
    Images,
    Present,
    Redirect,
    Reject,
    Row,
    Verification,
)
from idvkit.client import Client, system_clock
from idvkit.httpx import sender

TABLES = [
    "CREATE TABLE IF NOT EXISTS verification (id TEXT PRIMARY KEY, key TEXT UNIQUE, revision INTEGER, snapshot TEXT, due INTEGER)",
    "CREATE TABLE IF NOT EXISTS reference (account TEXT, reference TEXT, id TEXT, PRIMARY KEY (account, reference, id))",
    "CREATE TABLE IF NOT EXISTS blob (id TEXT, digest TEXT, bytes BLOB, PRIMARY KEY (id, digest))",
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
    """An account, one verification as everybody has it, and a database. `act` is called for each that has ended: at least once
    for each `delivery.id`."""

    def __init__(
        self,
        config: idvkit.config.Config,
        request: idvkit.config.Request,
        act: Callable[[AskDeliver, Verification], None],
        path: str = "idv.sqlite",
        clock: Callable[[], int] = system_clock,
    ) -> None:
        self.request, self.database = request, Database(path)
        self.client = Client(Account(config), self.database, sender(httpx.Client()), clock=clock, on_outcome=act)

    def begin(self) -> str:
        return self.client.begin(self.request, key=secrets.token_urlsafe(16))  # in place of your order's number

    def work_off(self) -> None:
        for (id,) in self.database.query("SELECT id FROM verification WHERE due <= ?", self.client.clock()):
            attempt(self.client.advance, id)


class Database:
    """What idvkit needs of a database: load, and compare-and-swap on the revision."""

    def __init__(self, path: str) -> None:
        self.path = path
        for table in TABLES:
            self.query(table)

    def load(self, by: By, blobs: Sequence[str]) -> tuple[Optional[str], list[Blob]]:
        for id, snapshot in self.query("SELECT id, snapshot FROM verification WHERE id = ?", self.find(by)):
            kept = self.query("SELECT digest, bytes FROM blob WHERE id = ?", id) if blobs else []
            return snapshot, [Blob(digest, data) for digest, data in kept if digest in blobs]
        return None, []

    def find(self, by: By) -> Optional[str]:
        if isinstance(by, ById):
            return by.id
        if isinstance(by, ByKey):
            found = self.query("SELECT id FROM verification WHERE key = ?", by.key)
        else:
            sql = "SELECT id FROM reference WHERE account = ? AND reference = ? ORDER BY rowid DESC"
            found = [row for one in by.references for row in self.query(sql, one.account, one.reference)]
        return found[0][0] if found else None

    def store(self, row: Row, expected: Optional[int], blobs: Sequence[Blob]) -> bool:
        with closing(self.connect()) as connection, connection:
            connection.execute("BEGIN IMMEDIATE")
            new = "INSERT OR IGNORE INTO verification (revision, snapshot, due, id, key) VALUES (?, ?, ?, ?, ?)"
            known = "UPDATE verification SET revision = ?, snapshot = ?, due = ? WHERE id = ? AND revision = ?"
            sql, last = (new, row.key) if expected is None else (known, expected)
            if connection.execute(sql, (row.revision, row.snapshot, row.due, row.id, last)).rowcount == 0:
                return False
            references = [(one.account, one.reference, row.id) for one in row.references]
            connection.executemany("INSERT OR IGNORE INTO reference VALUES (?, ?, ?)", references)
            connection.executemany("INSERT OR IGNORE INTO blob VALUES (?, ?, ?)", [(row.id, b.digest, b.bytes) for b in blobs])
            dropped = f"DELETE FROM blob WHERE id = ? AND digest NOT IN ({','.join('?' * len(row.blobs))})"
            connection.execute(dropped, (row.id, *row.blobs))
            return True

    def query(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        with closing(self.connect()) as connection:
            return connection.execute(sql, values).fetchall()

    def connect(self) -> sqlite3.Connection:
        return sqlite3.connect(self.path, timeout=10, isolation_level=None)


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
        step = shop.client.advance(id)
        if isinstance(step, Present):
            return Response(f'{{"journey": {step.journey.to_json()}}}', media_type="application/json")
        return JSONResponse({"done": isinstance(step, Done)})

    @app.post("/verifications/{id}/hint", status_code=204)
    def hint(id: str, text: Raw) -> None:
        """What the page saw, as the element tells it."""
        shop.client.tell(id, Hint(text.decode(errors="replace")))

    @app.post("/verifications/{id}/images", status_code=204)
    def images(id: str, images: Pictures) -> None:
        """What the user chose, where a journey asks for images."""
        shop.client.tell(id, Images(images))

    @app.get("/back")
    def back(posted: Request) -> RedirectResponse:
        id = shop.client.hear(Redirect(str(posted.url)))
        if id is None:
            raise HTTPException(404)
        return RedirectResponse(f"/verifications/{id}", 303)

    @app.post("/callbacks/{rest:path}")
    def callback(rest: str, posted: Request, body: Raw) -> None:
        shop.client.hear(Callback(str(posted.url), posted.headers.items(), body))

    @app.exception_handler(Reject)
    def refused(_: Request, reject: Reject) -> Response:
        status = {Blame.SIGNATURE: 401, Blame.SNAPSHOT: 500}.get(reject.blame, 400)
        return Response(reject.code, 404 if reject.code == "verification_unknown" else status)

    return app


def __getattr__(name: str) -> FastAPI:
    """`uvicorn fastapi_app:app`."""
    if name != "app":
        raise AttributeError(name)
    config, request = json.loads(os.environ["IDV_CONFIG"]), json.loads(os.environ["IDV_REQUEST"])
    return create_app(Shop(config, request, lambda ended, _: print(ended.key, ended.outcome)))
