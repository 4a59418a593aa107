"""Whole flows of all four providers against the sandbox, over httpx."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import secrets
import socket
import threading
import time
from typing import Any, Callable, Dict, List

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


def test_a_request_is_sent_as_it_stands(idv_sandbox: Sandbox) -> None:
    """No header of the client's own, no cookie, no redirect followed, no authentication of the client's."""
    seen = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(302, headers={"location": "https://elsewhere.example/", "set-cookie": "a=b"})

    transport = httpx.MockTransport(answer)
    account = support.jumio(idv_sandbox.url)
    session = Session.open(account, support.JUMIO_REQUEST, support.SEED, support.T0)
    first = session.next(support.T0)
    assert isinstance(first, idvkit.Send)
    client = httpx.Client(
        transport=transport, follow_redirects=True, auth=("x", "y"), headers={"x-own": "1"}, cookies={"c": "d"}
    )
    step = advance(client, MemoryStore(account, session), clock=lambda: support.T0)
    assert isinstance(step, Done) and isinstance(step.outcome, idvkit.Failed) and step.outcome.fault.status == 302
    assert len(seen) == 1
    sent = {name: value for name, value in seen[0].headers.items() if name not in ("host", "content-length")}
    assert sent == {header.name.lower(): header.value for header in first.request.headers}
    assert seen[0].content == first.request.body


def test_a_lost_claim_does_not_send(idv_sandbox: Sandbox) -> None:
    account = support.jumio(idv_sandbox.url)
    store = MemoryStore(account, Session.open(account, support.JUMIO_REQUEST, support.SEED, support.T0))
    first = store.load().next(support.T0)
    assert isinstance(first, idvkit.Send)
    tell(store, idvkit.Sending(first.request.id), clock=lambda: support.T0)
    client = httpx.Client(transport=httpx.MockTransport(lambda _: pytest.fail("sent twice")))
    assert advance(client, store, clock=lambda: support.T0) == Wait(support.T0 + 60_000, idvkit.WhyInFlight())


def test_no_answer_is_told(idv_sandbox: Sandbox) -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("no", request=request)

    account = support.jumio(idv_sandbox.url)
    store = MemoryStore(account, Session.open(account, support.JUMIO_REQUEST, support.SEED, support.T0))
    step = advance(httpx.Client(transport=httpx.MockTransport(refuse)), store, clock=lambda: support.T0)
    match = isinstance(step, Wait) and isinstance(step.why, idvkit.WhyBackoff)
    assert match and step.why.fault.code == "no_answer"


def test_an_access_token_is_kept(idv_sandbox: Sandbox) -> None:
    run = Run(idv_sandbox, support.signicat(idv_sandbox.url), support.SIGNICAT_REQUEST)
    through_signicat(run)
    run.outcome()
    operations = [entry["operation"] for entry in idv_sandbox.log()]
    assert operations.count("signicat.token") == 1, operations


def fresh(base: str = "http://127.0.0.1:1", **options: Any) -> MemoryStore:
    """A store with a new session. Nobody is at `base` unless a test is."""
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


def both(store: Any, answer: Callable[[httpx.Request], httpx.Response], clock: Callable[[], int]) -> List[Callable[[], Rest]]:
    """`advance` and its twin, each with a client of its own."""
    transport = httpx.MockTransport(answer)
    return [
        lambda: advance(httpx.Client(transport=transport), store, clock=clock),
        lambda: asyncio.run(aadvance(httpx.AsyncClient(transport=transport), Rows(store), clock=clock)),
    ]


def nobody(request: httpx.Request) -> httpx.Response:
    raise AssertionError(f"{request.method} was sent")


def test_a_clock_in_seconds_is_refused() -> None:
    asked = itertools.count()

    def seconds() -> int:
        assert next(asked) < 1_000, "it goes round and round"
        return support.T0 // 1000

    for run in both(fresh(), nobody, seconds):
        with pytest.raises(idvkit.Reject) as refused:
            run()
        assert refused.value.code == "now_out_of_range"


def test_a_store_that_never_swaps_is_a_conflict() -> None:
    class Losing(MemoryStore):
        swaps = 0

        def swap(self, expected: int, session: Session) -> bool:
            self.swaps += 1
            assert self.swaps < 1_000, "it goes round and round"
            return False

    account = support.jumio("http://127.0.0.1:1")
    losing = Losing(account, Session.open(account, support.JUMIO_REQUEST, support.SEED, support.T0))
    for run in both(losing, nobody, lambda: support.T0):
        with pytest.raises(Conflict):
            run()


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


def test_a_token_is_fetched_once_for_all_that_wait() -> None:
    account = support.signicat("http://127.0.0.1:1")
    fetched: List[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        if not request.url.path.endswith("/token"):
            return httpx.Response(401)
        fetched.append("token")
        time.sleep(0.1)
        return httpx.Response(200, json={"access_token": "t", "expires_in": 600, "token_type": "Bearer"})

    def store(now: int) -> MemoryStore:
        return MemoryStore(account, Session.open(account, support.SIGNICAT_REQUEST, secrets.token_bytes(32), now))

    client = httpx.Client(transport=httpx.MockTransport(answer))
    workers = [threading.Thread(target=advance, args=(client, store(support.T0)), kwargs={"clock": lambda: support.T0}) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(fetched) == 1, "the refused one is new: nobody fetches another"
    later = support.T0 + 6_000
    advance(client, store(later), clock=lambda: later)
    assert len(fetched) == 2, "a refused one that is older is fetched anew"

    async def together() -> None:
        async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as client:
            await asyncio.gather(*(aadvance(client, Rows(store(support.T0)), clock=lambda: support.T0) for _ in range(4)))

    fetched.clear()
    asyncio.run(together())
    assert len(fetched) == 1


def test_asyncio(idv_sandbox: Sandbox) -> None:
    account = support.jumio(idv_sandbox.url)
    inner = MemoryStore(account, Session.open(account, support.JUMIO_REQUEST, support.SEED, idv_sandbox.now()))

    async def run() -> Rest:
        async with httpx.AsyncClient(trust_env=False) as client:
            return await aadvance(client, Rows(inner), clock=idv_sandbox.now)

    assert isinstance(asyncio.run(run()), Present)
