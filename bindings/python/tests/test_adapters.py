"""Every adapter of an HTTP client: what it sends, what it reads, how it gives up, and what it leaves alone."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import sys
import threading
import time
from typing import Any, Callable, Dict, List

import pytest
import trio

import idvkit
import support
from idvkit import Account, Decided, Decision, Done, Present, Wait, aio
from idvkit.client import Client, MemoryStore, Rest
from idvkit_sandbox import Sandbox
from support import T0, Browser
from test_flows import Server, server, way  # noqa: F401  one is a fixture

Drive = Callable[[Account, MemoryStore, str, Callable[[], int]], Rest]
"""Takes one verification as far as it goes."""

# What a client may have of its own, and what must not reach a provider.
OWN: Dict[str, Any] = {"auth": ("x", "y"), "headers": {"x-own": "1"}, "cookies": {"c": "d"}}


def plainly(make: Callable[[], Any]) -> Drive:
    return lambda account, store, id, clock: Client(account, store, make(), clock=clock).advance(id)


def waiting(run: Callable[[Any], Rest], opened: Callable[[], Any]) -> Drive:
    def drive(account: Account, store: MemoryStore, id: str, clock: Callable[[], int]) -> Rest:
        async def whole() -> Rest:
            rows = aio.MemoryStore()
            rows.rows = store
            async with opened() as sender:
                return await aio.Client(account, rows, sender, clock=clock).advance(id)

        return run(whole)

    return drive


def in_asyncio(whole: Callable[[], Any]) -> Any:
    return asyncio.run(whole())


def of_httpx(name: str) -> Dict[str, Drive]:
    """httpx and httpx2 are alike."""
    library = pytest.importorskip(name)
    adapter: Any = __import__(f"idvkit.{name}", fromlist=["sender"])

    @contextlib.asynccontextmanager
    async def opened() -> Any:
        async with library.AsyncClient(trust_env=False, follow_redirects=True, **OWN) as http:
            yield adapter.async_sender(http)

    return {
        name: plainly(lambda: adapter.sender(library.Client(trust_env=False, follow_redirects=True, **OWN))),
        f"{name}-asyncio": waiting(in_asyncio, opened),
        f"{name}-trio": waiting(trio.run, opened),
    }


def of_requests() -> Any:
    import idvkit.requests
    import requests

    http = requests.Session()
    http.trust_env = False
    http.auth, http.headers["x-own"] = OWN["auth"], "1"
    http.cookies.set("c", "d")
    return idvkit.requests.sender(http)


def of_urllib3() -> Any:
    import idvkit.urllib3
    import urllib3

    return idvkit.urllib3.sender(urllib3.PoolManager(headers=OWN["headers"]))


@contextlib.asynccontextmanager
async def of_aiohttp() -> Any:
    import aiohttp
    import idvkit.aiohttp

    async with aiohttp.ClientSession(headers={**OWN["headers"], "authorization": "Basic eDp5"}, cookies=OWN["cookies"]) as http:
        yield idvkit.aiohttp.async_sender(http)


ADAPTERS: Dict[str, Drive] = {
    **of_httpx("httpx"),
    **(of_httpx("httpx2") if sys.version_info >= (3, 11) else {}),
    "requests": plainly(of_requests),
    "urllib3": plainly(of_urllib3),
    "aiohttp": waiting(in_asyncio, of_aiohttp),
}
every_adapter = pytest.mark.parametrize("drive", ADAPTERS.values(), ids=ADAPTERS.keys())


def begun(account: Account) -> "tuple[MemoryStore, str]":
    store = MemoryStore()
    return store, Client(account, store, lambda _: None, clock=lambda: T0).begin(support.JUMIO_REQUEST, "order-7")


def no_answer(step: Rest) -> None:
    assert isinstance(step, Wait) and isinstance(step.why, idvkit.WhyBackoff)
    assert step.why.fault.code is idvkit.FaultCode.NO_ANSWER


@every_adapter
def test_a_whole_flow(idv_sandbox: Sandbox, drive: Drive) -> None:
    account = support.jumio(idv_sandbox.url)
    store, id = begun(account)
    step = drive(account, store, id, idv_sandbox.now)
    assert isinstance(step, Present)
    browser = Browser()
    browser.open(way(step.journey, idvkit.WayRedirect).url)
    browser.press("acceptable")
    while not isinstance(step, Done):
        idv_sandbox.advance(step.until - idv_sandbox.now())
        step = drive(account, store, id, idv_sandbox.now)
    assert step.outcome == Decided(Decision.APPROVED)


@every_adapter
def test_a_request_is_sent_as_it_stands(server: Server, drive: Drive) -> None:  # noqa: F811
    """No header of the client's own, no cookie, no redirect followed, no authentication of the client's."""
    server.answer = lambda _: (302, {"location": f"{server.url}/elsewhere", "set-cookie": "a=b"}, b"")
    account = support.jumio(server.url)
    store, id = begun(account)
    stored = Client(account, store, lambda _: None).verification(id)
    first = stored.next(T0) if stored else None
    assert isinstance(first, idvkit.Send)
    step = drive(account, store, id, lambda: T0)
    assert isinstance(step, Done) and isinstance(step.outcome, idvkit.Failed) and step.outcome.fault.status == 302
    (seen,) = server.seen
    unseen = ("host", "content-length", "connection")
    sent = {name.lower(): value for name, value in seen["headers"] if name.lower() not in unseen}
    assert sent == {header.name.lower(): header.value for header in first.request.headers}
    assert seen["body"] == first.request.body


@every_adapter
def test_nobody_there_and_too_much_are_no_answer(server: Server, drive: Drive) -> None:  # noqa: F811
    with socket.create_server(("127.0.0.1", 0)) as free:
        nobody = f"http://127.0.0.1:{free.getsockname()[1]}"
    server.answer = lambda _: (200, {}, b"x" * (32 * 1024 * 1024 + 1))
    for url in (nobody, server.url):
        account = support.jumio(url)
        no_answer(drive(account, *begun(account), lambda: T0))


@every_adapter
def test_the_time_out_covers_a_slow_answer(drive: Drive) -> None:
    """A body that comes byte by byte: each read is quick, all of them together are not."""
    sent_all = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def drip() -> None:
            connection = listening.accept()[0]
            with connection, contextlib.suppress(OSError):
                connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 60\r\n\r\n")
                for _ in range(60):
                    connection.sendall(b"a")
                    time.sleep(0.1)
                sent_all.set()

        threading.Thread(target=drip, daemon=True).start()
        base = f"http://127.0.0.1:{listening.getsockname()[1]}"
        account = support.jumio(base, options={"development": True, "api_base": f"{base}/jumio/us", "timeout_ms": 1_000})
        no_answer(drive(account, *begun(account), lambda: T0))
        assert not sent_all.is_set()


@every_adapter
def test_the_log_has_operations_and_nothing_else(server: Server, drive: Drive, caplog: pytest.LogCaptureFixture) -> None:  # noqa: F811
    account = support.jumio(server.url)
    with caplog.at_level(logging.INFO, logger="idvkit"):
        drive(account, *begun(account), lambda: T0)
    ours: List[str] = [record.getMessage() for record in caplog.records if record.name == "idvkit"]
    assert ours == ["jumio.initiate answered 500"]
    for other in ("httpx", "httpx2", "httpcore", "urllib3", "requests", "aiohttp.client"):
        logger = logging.getLogger(other)
        assert (logger.level, logger.filters, logger.propagate) == (logging.NOTSET, [], True), "another library's logger is its own"
