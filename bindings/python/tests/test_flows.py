"""Whole flows of all four providers against the sandbox, over httpx."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import secrets
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Callable, Dict, Iterator, List

import httpx
import idvkit
import pytest
import support
from idvkit_sandbox import Sandbox
from support import Browser

from idvkit import Account, Decided, Decision, Done, Input, Present, Session, Wait
from idvkit.httpx import Conflict, MemoryStore, Rest, aadvance, advance, tell


class Run:
    """A merchant: an account, a stored session, an HTTP client, and the sandbox's clock."""

    def __init__(self, sandbox: Sandbox, account: Account, request: Dict[str, Any]) -> None:
        self.sandbox = sandbox
        self.client = httpx.Client(trust_env=False)
        session = Session.open(account, request, secrets.token_bytes(32), sandbox.now())
        self.store = MemoryStore(account, session)

    def advance(self) -> Rest:
        return advance(self.client, self.store, clock=self.sandbox.now)

    def tell(self, input: Input) -> None:
        tell(self.store, input, clock=self.sandbox.now)

    def journey(self) -> idvkit.Journey:
        step = self.advance()
        assert isinstance(step, Present)
        return idvkit.Journey.from_json(step.journey.to_json())

    def outcome(self) -> idvkit.Outcome:
        for _ in range(200):
            step = self.advance()
            if isinstance(step, Done):
                return step.outcome
            assert isinstance(step, (Wait, Present))
            self.sandbox.advance(step.until - self.sandbox.now())
        raise AssertionError("no end")


class Server(ThreadingHTTPServer):
    """A provider on a port of its own. A test says what it answers (status, headers, body), and it keeps what was sent."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.seen: List[Dict[str, Any]] = []
        self.answer: Callable[[str], Any] = lambda path: (500, {}, b"")


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        self.server.seen.append({"path": self.path, "headers": self.headers.items(), "body": body})
        status, headers, answer = self.server.answer(self.path)
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer)

    do_GET = do_POST

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server
        server.shutdown()


def way(journey: idvkit.Journey, kind: type) -> Any:
    return next(one for one in journey.ways if isinstance(one, kind))


def through_jumio(run: Run) -> None:
    browser = Browser()
    browser.open(way(run.journey(), idvkit.WayRedirect).url)
    back = browser.press("acceptable")
    assert back
    run.tell(idvkit.Redirect(back))


def through_attestr(run: Run) -> None:
    journey = run.journey()
    script = way(journey, idvkit.WayScript)
    options = {param.name: param.value for param in script.options}
    handshake = run.store.load().references[0]
    assert any(getattr(value, "value", None) == handshake for value in options.values())
    browser = Browser()
    browser.open(f"{run.sandbox.url}/attestr/flow/{handshake}?cl=00112233445566778899aabbccddeeff&lc=en")
    browser.press("begin")
    browser.press("submit", pan="ABCPE1234F")
    browser.press("send_code", mobile="9876543210")
    code = browser.html.split('data-otp="')[1][:6]
    browser.press("submit", otp=code)
    browser.press("submit")
    ((handler, data),) = browser.data("data-handler")
    hint = idvkit.read(journey, idvkit.SeenEvent(handler, data))
    assert hint is not None
    run.tell(idvkit.Hint(hint))


def through_biometric_kz(run: Run) -> None:
    journey = run.journey()
    view = way(journey, idvkit.WayWebView)
    browser = Browser()
    browser.open(view.url)
    for _ in range(10):
        if "<form" not in browser.html:
            break
        browser.press("begin" if 'value="begin"' in browser.html else "submit")
    hint = idvkit.read(journey, idvkit.SeenNavigation(browser.url))
    assert hint is not None, browser.url
    run.tell(idvkit.Hint(hint))


def through_signicat(run: Run) -> None:
    browser = Browser()
    browser.open(way(run.journey(), idvkit.WayRedirect).url)
    back = browser.press("submit")
    assert back
    run.tell(idvkit.Redirect(back))


FLOWS: Dict[str, Any] = {
    "jumio": (support.jumio, support.JUMIO_REQUEST, through_jumio, Decision.APPROVED),
    "attestr": (support.attestr, support.ATTESTR_REQUEST, through_attestr, Decision.COMPLETED),
    "biometric_kz": (support.biometric_kz, support.BIOMETRIC_KZ_REQUEST, through_biometric_kz, Decision.APPROVED),
    "signicat": (support.signicat, support.SIGNICAT_REQUEST, through_signicat, Decision.APPROVED),
}


@pytest.mark.parametrize("provider", FLOWS)
def test_a_whole_flow(provider: str, idv_sandbox: Sandbox) -> None:
    account, request, user, decision = FLOWS[provider]
    run = Run(idv_sandbox, account(idv_sandbox.url), request)
    user(run)
    assert run.outcome() == Decided(decision)
    evidence = run.store.load().evidence()
    assert evidence is not None and evidence.raw and not evidence.source.production
    assert evidence.source.provider == provider
    assert run.store.load().references


def test_a_refusal_is_declined(idv_sandbox: Sandbox) -> None:
    idv_sandbox.script("jumio", outcome="FAILED")
    run = Run(idv_sandbox, support.jumio(idv_sandbox.url), support.JUMIO_REQUEST)
    through_jumio(run)
    assert run.outcome() == Decided(Decision.DECLINED)


def test_a_request_is_sent_as_it_stands(server: Server) -> None:
    """No header of the client's own, no cookie, no redirect followed, no authentication of the client's."""
    server.answer = lambda _: (302, {"location": f"{server.url}/elsewhere", "set-cookie": "a=b"}, b"")
    store = fresh(server.url)
    first = store.load().next(support.T0)
    assert isinstance(first, idvkit.Send)
    own = {"auth": ("x", "y"), "headers": {"x-own": "1"}, "cookies": {"c": "d"}}
    with httpx.Client(trust_env=False, follow_redirects=True, **own) as client:  # type: ignore[arg-type]
        step = advance(client, store, clock=lambda: support.T0)
    assert isinstance(step, Done) and isinstance(step.outcome, idvkit.Failed) and step.outcome.fault.status == 302
    (seen,) = server.seen
    sent = {name.lower(): value for name, value in seen["headers"] if name.lower() not in ("host", "content-length")}
    assert sent == {header.name.lower(): header.value for header in first.request.headers}
    assert seen["body"] == first.request.body


def test_a_lost_claim_does_not_send(server: Server) -> None:
    store = fresh(server.url)
    first = store.load().next(support.T0)
    assert isinstance(first, idvkit.Send)
    tell(store, idvkit.Sending(first.request.id), clock=lambda: support.T0)
    for run in both(store, lambda: support.T0):
        assert run() == Wait(support.T0 + 60_000, idvkit.WhyInFlight())
    assert not server.seen


def test_no_answer_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        nobody = f"http://127.0.0.1:{free.getsockname()[1]}"
    step = advance(httpx.Client(trust_env=False), fresh(nobody), clock=lambda: support.T0)
    match = isinstance(step, Wait) and isinstance(step.why, idvkit.WhyBackoff)
    assert match and step.why.fault.code == "no_answer"


def test_an_access_token_is_kept(idv_sandbox: Sandbox) -> None:
    run = Run(idv_sandbox, support.signicat(idv_sandbox.url), support.SIGNICAT_REQUEST)
    through_signicat(run)
    run.outcome()
    operations = [entry["operation"] for entry in idv_sandbox.log()]
    assert operations.count("signicat.token") == 1, operations


def fresh(base: str, **options: Any) -> MemoryStore:
    """A store with a new session, whose provider is at `base`."""
    account = support.jumio(base, options={"development": True, "api_base": f"{base}/jumio/us", **options})
    return MemoryStore(account, Session.open(account, support.JUMIO_REQUEST, support.SEED, support.T0))


class Rows:
    """The same, asynchronously."""

    def __init__(self, inner: Any) -> None:
        self.inner = inner

    async def load(self) -> Session:
        session: Session = self.inner.load()
        return session

    async def swap(self, expected: int, session: Session) -> bool:
        done: bool = self.inner.swap(expected, session)
        return done


def both(store: Any, clock: Callable[[], int]) -> List[Callable[[], Rest]]:
    """`advance` and its twin, each with a client of its own."""
    return [
        lambda: advance(httpx.Client(trust_env=False), store, clock=clock),
        lambda: asyncio.run(aadvance(httpx.AsyncClient(trust_env=False), Rows(store), clock=clock)),
    ]


def test_a_clock_in_seconds_is_refused(server: Server) -> None:
    asked = itertools.count()

    def seconds() -> int:
        assert next(asked) < 1_000, "it goes round and round"
        return support.T0 // 1000

    for run in both(fresh(server.url), seconds):
        with pytest.raises(idvkit.Reject) as refused:
            run()
        assert refused.value.code == "now_out_of_range"
    assert not server.seen


def test_a_store_that_never_swaps_is_a_conflict(server: Server) -> None:
    class Losing(MemoryStore):
        swaps = 0

        def swap(self, expected: int, session: Session) -> bool:
            self.swaps += 1
            assert self.swaps < 1_000, "it goes round and round"
            return False

    account = support.jumio(server.url)
    losing = Losing(account, Session.open(account, support.JUMIO_REQUEST, support.SEED, support.T0))
    for run in both(losing, lambda: support.T0):
        with pytest.raises(Conflict):
            run()
    assert not server.seen


def test_the_time_out_covers_a_slow_answer() -> None:
    """Headers that come byte by byte: each read is quick, all of them together are not."""
    sent_all = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def drip() -> None:
            connection = server.accept()[0]
            with connection, contextlib.suppress(OSError):
                for byte in b"HTTP/1.1 200 OK\r\nx-slow: " + b"a" * 60:
                    connection.sendall(bytes([byte]))
                    time.sleep(0.1)
                sent_all.set()

        threading.Thread(target=drip, daemon=True).start()
        store = fresh(f"http://127.0.0.1:{server.getsockname()[1]}", timeout_ms=1_000)
        step = advance(httpx.Client(trust_env=False), store, clock=lambda: support.T0)
        assert not sent_all.is_set()
        assert isinstance(step, Wait) and isinstance(step.why, idvkit.WhyBackoff) and step.why.fault.code == "no_answer"


class Tokens:
    """Gives tokens out, and refuses them. Counts what was asked for."""

    def __init__(self, server: Server, expires_in: str = "600") -> None:
        self.fetched, self.expires_in, self.account = 0, expires_in, support.signicat(server.url)
        server.answer = self.answer

    def answer(self, path: str) -> Any:
        if not path.endswith("/token"):
            return 401, {}, b""
        self.fetched += 1
        time.sleep(0.1)
        token = f'{{"access_token": "t", "token_type": "Bearer", "expires_in": {self.expires_in}}}'
        return 200, {"content-type": "application/json"}, token.encode()

    def store(self, now: int) -> MemoryStore:
        return MemoryStore(
            self.account, Session.open(self.account, support.SIGNICAT_REQUEST, secrets.token_bytes(32), now)
        )


def test_a_token_is_fetched_once_for_all_that_wait(server: Server) -> None:
    tokens = Tokens(server)

    def work(client: httpx.Client, now: int) -> None:
        advance(client, tokens.store(now), clock=lambda: now)

    with httpx.Client(trust_env=False) as client:
        workers = [threading.Thread(target=work, args=(client, support.T0)) for _ in range(4)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        assert tokens.fetched == 1, "the refused one is new: nobody fetches another"
        work(client, support.T0 + 6_000)
        assert tokens.fetched == 2, "a refused one that is older is fetched anew"


def test_a_token_is_fetched_once_for_all_that_wait_in_asyncio(server: Server) -> None:
    tokens = Tokens(server)

    async def together() -> None:
        async with httpx.AsyncClient(trust_env=False) as client:
            stores = [Rows(tokens.store(support.T0)) for _ in range(4)]
            await asyncio.gather(*(aadvance(client, store, clock=lambda: support.T0) for store in stores))

    asyncio.run(together())
    assert tokens.fetched == 1


@pytest.mark.parametrize("expires_in", ["1e999", "-1e999", '"soon"', "null", "[" * 100_000 + "]" * 100_000])
def test_a_life_without_sense_is_no_error(server: Server, expires_in: str) -> None:
    tokens = Tokens(server, expires_in)
    with httpx.Client(trust_env=False) as client:
        advance(client, tokens.store(support.T0), clock=lambda: support.T0)
    assert tokens.fetched


def test_asyncio(idv_sandbox: Sandbox) -> None:
    account = support.jumio(idv_sandbox.url)
    inner = MemoryStore(account, Session.open(account, support.JUMIO_REQUEST, support.SEED, idv_sandbox.now()))

    async def run() -> Rest:
        async with httpx.AsyncClient(trust_env=False) as client:
            return await aadvance(client, Rows(inner), clock=idv_sandbox.now)

    assert isinstance(asyncio.run(run()), Present)
