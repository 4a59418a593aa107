"""The examples are whole programs, and these are their runs against the sandbox.

Every flow in a browser is in `bindings/web/tests/shop.test.mjs`, which `cargo xtask python` runs on the shop, too.
"""

from __future__ import annotations

import socket
import sqlite3
import sys
import threading
import time
from contextlib import closing
from pathlib import Path
from typing import Any, Callable, Dict, List, Tuple

import httpx
import support
import uvicorn
from idvkit_sandbox import Sandbox
from support import Browser

import idvkit

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"
sys.path.insert(0, str(EXAMPLES))

import fastapi_app  # noqa: E402
import quick_start  # noqa: E402


def test_quick_start(idv_sandbox: Sandbox) -> None:
    def sleep_until(moment: int) -> None:
        idv_sandbox.advance(moment - idv_sandbox.now())

    outcome = quick_start.verify(f"{idv_sandbox.url}/jumio/us", idv_sandbox.now, sleep_until)
    assert outcome == idvkit.Decided(idvkit.Decision.APPROVED)


class Shop:
    """The application on a port of its own, and what it acted on."""

    def __init__(self, sandbox: Sandbox, path: Path, config: Callable[[str], Dict[str, Any]], request: Any) -> None:
        self.acted: List[Tuple[str, idvkit.Outcome]] = []
        with socket.create_server(("localhost", 0)) as free:
            port = free.getsockname()[1]
        self.url = f"http://localhost:{port}"
        self.sandbox = sandbox
        self.meanwhile: Callable[[], object] = lambda: None
        app = fastapi_app.create_app(
            fastapi_app.Shop(config(self.url), request, self.act, str(path), clock=self.clock)
        )
        self.server = uvicorn.Server(uvicorn.Config(app, host="localhost", port=port, log_level="error"))
        self.thread = threading.Thread(target=self.server.run)
        self.http = httpx.Client(trust_env=False, base_url=self.url)

    def __enter__(self) -> Shop:
        self.thread.start()
        until(lambda: self.server.started)
        return self

    def __exit__(self, *_: object) -> None:
        self.server.should_exit = True
        self.thread.join(timeout=20)

    def act(self, ended: idvkit.AskDeliver, verification: idvkit.Verification) -> None:
        assert verification.id == ended.id and verification.outcome == ended.outcome
        self.acted.append((ended.id, ended.outcome))

    def clock(self) -> int:
        """Asked between a load and what is done with it: what is to happen meanwhile, once, happens then, if it is a page
        that asks and not the worker."""
        if threading.current_thread().name != "worker":
            meanwhile, self.meanwhile = self.meanwhile, lambda: None
            meanwhile()
        return self.sandbox.now()

    def next(self, place: str) -> Dict[str, Any]:
        """What is next, once nobody else is at it."""
        while (step := self.http.get(f"{place}/next").json()) == {"done": False}:
            time.sleep(0.02)
        assert isinstance(step, dict)
        return step

    def outcome(self) -> idvkit.Outcome:
        for _ in range(60):
            if self.acted:
                break
            self.sandbox.advance(15_000)
            time.sleep(0.15)
        time.sleep(0.3)
        assert len(self.acted) == 1, self.acted
        return self.acted[0][1]


def link(step: Dict[str, Any]) -> str:
    """What the page shows in its frame."""
    return str(step["journey"]["ways"][0]["url"])


def rows(path: Path, sql: str, *values: str) -> List[Any]:
    with closing(sqlite3.connect(path, timeout=10, isolation_level=None)) as database:
        return database.execute(sql, values).fetchall()


def until(there: Callable[[], bool]) -> None:
    for _ in range(200):
        if there():
            return
        time.sleep(0.05)
    raise AssertionError("it did not come")


def jumio_config(sandbox: Sandbox) -> Callable[[str], Dict[str, Any]]:
    return lambda shop: {
        "provider": "jumio",
        "region": "us",
        "api_token": "sandbox-jumio-token",
        "api_secret": "sandbox-jumio-secret",
        "user_agent": "ExampleShop Demo/1.0",
        "callback": {"url": f"{shop}/callbacks"},
        "success_url": f"{shop}/back",
        "error_url": f"{shop}/back",
        "options": {"development": True, "api_base": f"{sandbox.url}/jumio/us"},
    }


def test_the_shop_from_open_to_outcome(idv_sandbox: Sandbox, tmp_path: Path) -> None:
    with Shop(idv_sandbox, tmp_path / "db", jumio_config(idv_sandbox), support.JUMIO_REQUEST) as shop:
        begun = shop.http.post("/verifications")
        assert begun.status_code == 303
        place = begun.headers["location"]
        element = shop.http.get(shop.http.get(place).text.split('import "')[1].split('"')[0])
        assert element.status_code == 200 and "javascript" in element.headers["content-type"]
        browser = Browser(shop.url)
        browser.open(link(shop.next(place)))
        back = browser.press("acceptable")
        assert back and shop.http.get(back).headers["location"] == place
        assert shop.outcome() == idvkit.Decided(idvkit.Decision.APPROVED)
        assert shop.next(place) == {"done": True}
        deliveries = idv_sandbox.control("deliveries")
        assert deliveries and all(one["status"] == 200 for one in deliveries), deliveries


def test_the_shop_hears_a_large_webhook(idv_sandbox: Sandbox, tmp_path: Path) -> None:
    """A result with its documents and photos is large."""
    config = {
        "provider": "biometric_kz",
        "api_key": "TTpme201NiUMBA-sandbox-flow-key-for-everyone-000001",
        "options": {
            "development": True,
            "api_base": f"{idv_sandbox.url}/biometric_kz/kyc",
            "front_base": f"{idv_sandbox.url}/biometric_kz/remote",
        },
    }
    with Shop(idv_sandbox, tmp_path / "db", lambda _: config, support.BIOMETRIC_KZ_REQUEST) as shop:
        step = shop.next(shop.http.post("/verifications").headers["location"])
        session = step["journey"]["ways"][0]["options"][0]["value"]["value"]
        webhook = f'{{"event": "flow.end", "session_id": "{session}"{" " * 3 * 1024 * 1024}}}'
        assert shop.http.post("/callbacks/biometric_kz", content=webhook).status_code == 200


def test_the_shop_turns_forgeries_away(idv_sandbox: Sandbox, tmp_path: Path) -> None:
    with Shop(idv_sandbox, tmp_path / "db", jumio_config(idv_sandbox), support.JUMIO_REQUEST) as shop:
        place = shop.http.post("/verifications").headers["location"]
        shop.next(place)
        assert shop.http.get("/verifications/nobody/next").status_code == 404
        for post in ("/callbacks/forged", f"{place}/hint", f"{place}/images"):
            assert shop.http.post(post, content=b"x=1").status_code == 400, post
        reference = shop.http.get("/back?transactionStatus=SUCCESS&transactionReference=11111111-1111-4111-8111-111111111111")
        assert reference.status_code == 404
        assert not shop.acted


def test_a_hint_while_the_page_is_made_is_not_slept_over(idv_sandbox: Sandbox, tmp_path: Path) -> None:
    path = tmp_path / "db"
    with Shop(idv_sandbox, path, jumio_config(idv_sandbox), support.JUMIO_REQUEST) as shop:
        place = shop.http.post("/verifications").headers["location"]
        browser = Browser(shop.url)
        browser.open(link(shop.next(place)))
        before = rows(path, "SELECT due FROM verification")
        back = browser.press("acceptable")
        came: List[int] = []
        shop.meanwhile = lambda: came.append(shop.http.get(str(back)).status_code)
        shop.http.get(f"{place}/next")
        assert came == [303]
        until(lambda: rows(path, "SELECT due FROM verification") < before or bool(shop.acted))


def test_a_failure_does_not_end_the_worker(idv_sandbox: Sandbox, tmp_path: Path) -> None:
    path = tmp_path / "db"
    with Shop(idv_sandbox, path, jumio_config(idv_sandbox), support.JUMIO_REQUEST) as shop:
        spoiled = shop.http.post("/verifications").headers["location"]
        shop.next(spoiled)  # at Jumio, the later of two for the same enrollment ends the other
        place = shop.http.post("/verifications").headers["location"]
        step = shop.next(place)
        rows(path, "UPDATE verification SET snapshot = '', revision = -1, due = 0 WHERE id = ?", spoiled.split("/")[-1])
        rows(path, "ALTER TABLE verification RENAME TO gone")
        time.sleep(0.5)  # some rounds of the worker
        rows(path, "ALTER TABLE gone RENAME TO verification")
        browser = Browser(shop.url)
        browser.open(link(step))
        browser.press("acceptable")
        assert shop.outcome() == idvkit.Decided(idvkit.Decision.APPROVED)
        assert shop.http.get(f"{spoiled}/next").status_code == 500
