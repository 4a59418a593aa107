"""The examples are whole programs, and these are their runs against the sandbox."""

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

    def act(self, id: str, done: idvkit.Done) -> None:
        self.acted.append((id, done.outcome))

    def clock(self) -> int:
        """Asked between a load and what is done with it: what is to happen meanwhile, once, happens then, if it is a page
        that asks and not the worker."""
        if threading.current_thread().name != "worker":
            meanwhile, self.meanwhile = self.meanwhile, lambda: None
            meanwhile()
        return self.sandbox.now()

    def page(self, place: str) -> str:
        """The page, once it is there: another worker may be at it."""
        while "One moment" in (text := self.http.get(place).text):
            time.sleep(0.02)
        return text

    def outcome(self) -> idvkit.Outcome:
        for _ in range(60):
            if self.acted:
                break
            self.sandbox.advance(15_000)
            time.sleep(0.15)
        time.sleep(0.3)
        assert len(self.acted) == 1, self.acted
        return self.acted[0][1]


def frame(page: str) -> str:
    """What the page shows in its frame."""
    return page.split('<iframe')[1].split('src="')[1].split('"')[0].replace("&amp;", "&")


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


def test_the_shop_with_jumio(idv_sandbox: Sandbox, tmp_path: Path) -> None:
    with Shop(idv_sandbox, tmp_path / "db", jumio_config(idv_sandbox), support.JUMIO_REQUEST) as shop:
        begun = shop.http.post("/verifications")
        assert begun.status_code == 303
        page = shop.page(begun.headers["location"])
        browser = Browser(shop.url)
        browser.open(frame(page))
        back = browser.press("acceptable")
        assert back and shop.http.get(back).status_code == 303
        assert shop.outcome() == idvkit.Decided(idvkit.Decision.APPROVED)
        assert shop.http.get(begun.headers["location"]).text == "Thank you."
        deliveries = idv_sandbox.control("deliveries")
        assert deliveries and all(one["status"] == 200 for one in deliveries), deliveries


def test_the_shop_with_attestr(idv_sandbox: Sandbox, tmp_path: Path) -> None:
    config = {
        "provider": "attestr",
        "auth_token": "c2FuZGJveC1hdHRlc3RyOmF1dGgtdG9rZW4=",
        "client_key": "00112233445566778899aabbccddeeff",
        "client_secrets": ["0123456789abcdef0123456789abcdef0123456789abcdef"],
        "options": {
            "development": True,
            "api_base": f"{idv_sandbox.url}/attestr/api",
            "library_src": f"{idv_sandbox.url}/attestr/cdn/flowx.js",
        },
    }
    with Shop(idv_sandbox, tmp_path / "db", lambda _: config, support.ATTESTR_REQUEST) as shop:
        place = shop.http.post("/verifications").headers["location"]
        page = shop.page(place)
        handshake = page.split("DS0")[1].split('"')[0]
        browser = Browser()
        browser.open(f"{idv_sandbox.url}/attestr/flow/DS0{handshake}?cl=00112233445566778899aabbccddeeff&lc=en")
        browser.press("begin")
        browser.press("submit", pan="ABCPE1234F")
        browser.press("send_code", mobile="9876543210")
        browser.press("submit", otp=browser.html.split('data-otp="')[1][:6])
        browser.press("submit")
        ((handler, data),) = browser.data("data-handler")
        assert shop.http.post(f"{place}/seen", json={"type": "event", "name": "else", "data": "{}"}).status_code == 204
        assert shop.http.post(f"{place}/seen", json={"type": "retry"}).status_code == 204
        assert shop.http.post(f"{place}/seen", json={"type": "event", "name": handler, "data": data}).status_code == 204
        assert shop.outcome() == idvkit.Decided(idvkit.Decision.COMPLETED)


def test_the_shop_with_biometric_kz(idv_sandbox: Sandbox, tmp_path: Path) -> None:
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
        place = shop.http.post("/verifications").headers["location"]
        # The widget's frame, and the event that the widget fires at its end.
        session = shop.page(place).split('"id": "')[1].split('"')[0]
        browser = Browser()
        browser.open(f"{idv_sandbox.url}/biometric_kz/remote/flow/{session}?locale=en")
        while "<form" in browser.html:
            browser.press("begin" if 'value="begin"' in browser.html else "submit")
        assert shop.http.post(f"{place}/seen", json={"type": "event", "name": "finish", "data": ""}).status_code == 204
        # A result with its documents and photos is large.
        webhook = f'{{"event": "flow.end", "session_id": "{session}"{" " * 3 * 1024 * 1024}}}'
        assert shop.http.post("/callbacks/biometric_kz", content=webhook).status_code == 200
        assert shop.outcome() == idvkit.Decided(idvkit.Decision.APPROVED)


def test_the_shop_with_signicat(idv_sandbox: Sandbox, tmp_path: Path) -> None:
    def config(shop: str) -> Dict[str, Any]:
        return {
            "provider": "signicat",
            "client_id": "sandbox-quiet-lake-123",
            "client_secret": "sandbox-signicat-secret",
            "redirect_url": f"{shop}/back",
            "profile": {
                "custom": {
                    "token_url": f"{idv_sandbox.url}/signicat/auth/open/connect/token",
                    "scope": "signicat-api",
                    "api_base": f"{idv_sandbox.url}/signicat/assure",
                }
            },
            "options": {"development": True},
        }

    with Shop(idv_sandbox, tmp_path / "db", config, support.SIGNICAT_REQUEST) as shop:
        page = shop.page(shop.http.post("/verifications").headers["location"])
        browser = Browser(shop.url)
        browser.open(page.split('href="')[1].split('"')[0].replace("&amp;", "&"))
        back = browser.press("submit")
        assert back and shop.http.get(back).status_code == 303
        assert shop.outcome() == idvkit.Decided(idvkit.Decision.APPROVED)


def test_the_shop_turns_forgeries_away(idv_sandbox: Sandbox, tmp_path: Path) -> None:
    with Shop(idv_sandbox, tmp_path / "db", jumio_config(idv_sandbox), support.JUMIO_REQUEST) as shop:
        place = shop.http.post("/verifications").headers["location"]
        shop.http.get(place)
        assert shop.http.get("/verifications/nobody").status_code == 404
        assert shop.http.post("/callbacks/forged", content=b"x=1").status_code == 400
        reference = shop.http.get("/back?transactionStatus=SUCCESS&transactionReference=11111111-1111-4111-8111-111111111111")
        assert reference.status_code == 404
        assert not shop.acted


def test_a_hint_while_the_page_is_made_is_not_slept_over(idv_sandbox: Sandbox, tmp_path: Path) -> None:
    path = tmp_path / "db"
    with Shop(idv_sandbox, path, jumio_config(idv_sandbox), support.JUMIO_REQUEST) as shop:
        place = shop.http.post("/verifications").headers["location"]
        browser = Browser(shop.url)
        browser.open(frame(shop.page(place)))
        before = rows(path, "SELECT due FROM session")
        back = browser.press("acceptable")
        came: List[int] = []
        shop.meanwhile = lambda: came.append(shop.http.get(str(back)).status_code)
        shop.http.get(place)
        assert came == [303]
        until(lambda: rows(path, "SELECT due FROM session") < before or bool(shop.acted))


def test_a_failure_does_not_end_the_worker(idv_sandbox: Sandbox, tmp_path: Path) -> None:
    path = tmp_path / "db"
    with Shop(idv_sandbox, path, jumio_config(idv_sandbox), support.JUMIO_REQUEST) as shop:
        spoiled = shop.http.post("/verifications").headers["location"]
        shop.page(spoiled)  # at Jumio, the later of two for the same enrollment ends the other
        place = shop.http.post("/verifications").headers["location"]
        page = shop.page(place)
        rows(path, "UPDATE session SET snapshot = '', revision = -1, due = 0 WHERE id = ?", spoiled.split("/")[-1])
        rows(path, "ALTER TABLE session RENAME TO gone")
        time.sleep(0.5)  # some rounds of the worker
        rows(path, "ALTER TABLE gone RENAME TO session")
        browser = Browser(shop.url)
        browser.open(frame(page))
        browser.press("acceptable")
        assert shop.outcome() == idvkit.Decided(idvkit.Decision.APPROVED)
        assert shop.http.get(spoiled).status_code == 500
