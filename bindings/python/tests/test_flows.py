"""Whole flows of all four providers against the sandbox, over httpx, and what a client does when others are at it as well."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import logging
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Callable, Dict, Iterator, List, Optional

import httpx
import idvkit.jumio
import idvkit.signicat
import pytest
import support
import trio
from idvkit_sandbox import Sandbox
from support import T0, Browser

from idvkit import Account, Decided, Decision, Done, Input, Present, Wait, aio
from idvkit.client import Client, MemoryStore, Rest
from idvkit.httpx import MAX_ANSWER_BYTES, async_sender, sender


def client(account: Any, clock: Callable[[], int] = lambda: T0, store: Any = None, **more: Any) -> Client:
    return Client(account, store or MemoryStore(), sender(httpx.Client(trust_env=False)), clock=clock, **more)


class Run:
    """A merchant: a client, a store, one verification, and the sandbox's clock."""

    def __init__(self, sandbox: Sandbox, accounts: Any, plan: Any, **more: Any) -> None:
        self.sandbox, self.store = sandbox, MemoryStore()
        self.client = client(accounts, sandbox.now, self.store, **more)
        self.id = self.client.begin(plan, "order-7")

    def verification(self) -> idvkit.Verification:
        stored = self.client.verification(self.id)
        assert stored is not None
        return stored

    def tell(self, input: Input) -> None:
        self.client.tell(self.id, input)

    def journey(self) -> idvkit.Journey:
        step = self.client.advance(self.id)
        assert isinstance(step, Present)
        return idvkit.Journey.from_json(step.journey.to_json())

    def outcome(self) -> idvkit.Outcome:
        for _ in range(200):
            step = self.client.advance(self.id)
            if isinstance(step, Done):
                return step.outcome
            assert self.store.row(self.id).due == step.until
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
        with contextlib.suppress(OSError):
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
    assert back and run.client.hear(idvkit.Redirect(back)) == run.id


def through_attestr(run: Run) -> None:
    journey = run.journey()
    script = way(journey, idvkit.WayScript)
    options = {param.name: param.value for param in script.options}
    handshake = run.verification().references[0].reference
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
    assert run.client.verification(run.id).technologies
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
    assert back and run.client.hear(idvkit.Redirect(back), account="signicat") == run.id


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
    assert run.outcome() == Decided(decision) == run.store.row(run.id).outcome
    evidence = run.verification().evidence()
    assert evidence is not None and evidence.raw and not evidence.source.production
    assert evidence.source.provider == provider
    assert run.verification().references == run.store.row(run.id).references


def test_images_after_a_decision(idv_sandbox: Sandbox) -> None:
    account = support.jumio(idv_sandbox.url)
    run = Run(idv_sandbox, account, support.JUMIO_REQUEST)
    through_jumio(run)
    run.outcome()
    evidence = run.verification().evidence()
    assert evidence is not None
    urls = [image["href"] for image in json.loads(evidence.raw)["images"]]
    for url in urls:
        image = run.client.exchange(idvkit.jumio.image_request(account, url))
        assert image is not None and image.status == 200 and image.body.startswith((b"\x89PNG", b"\xff\xd8"))
    assert urls
    for one, url, code in (
        (account, "https://elsewhere.example/face", "image_url_foreign"),
        (support.signicat(idv_sandbox.url), urls[0], "request_of_other_provider"),
    ):
        with pytest.raises(idvkit.Reject) as refused:
            idvkit.jumio.image_request(one, url)
        assert refused.value.code == code


def test_a_dossier_after_a_decision(idv_sandbox: Sandbox) -> None:
    account = support.signicat(idv_sandbox.url)
    run = Run(idv_sandbox, account, support.SIGNICAT_REQUEST)
    through_signicat(run)
    run.outcome()
    evidence = run.verification().evidence()
    assert evidence is not None
    process = json.loads(evidence.raw)["processId"]
    dossier = run.verification().references[0].reference
    token = run.client.exchange(idvkit.signicat.token_request(account))
    assert token is not None
    result = run.client.exchange(idvkit.signicat.download_request(account, dossier, process, token))
    assert result is not None and result.status == 200 and result.body.startswith(b"PK")
    operations = [entry["operation"] for entry in idv_sandbox.log()]
    assert operations.count("signicat.token") == 1, "that of the session is kept"
    for one, ids, answer, code in (
        (account, ("../x", process), token, "reference_invalid"),
        (account, (dossier, process), idvkit.Answer(200, (), b"{}"), "token_malformed"),
        (support.jumio(idv_sandbox.url), (dossier, process), token, "request_of_other_provider"),
    ):
        with pytest.raises(idvkit.Reject) as refused:
            idvkit.signicat.download_request(one, *ids, answer)
        assert refused.value.code == code


def test_a_refusal_is_declined(idv_sandbox: Sandbox) -> None:
    idv_sandbox.script("jumio", outcome="FAILED")
    run = Run(idv_sandbox, support.jumio(idv_sandbox.url), support.JUMIO_REQUEST)
    through_jumio(run)
    assert run.outcome() == Decided(Decision.DECLINED)


def test_another_provider_is_tried_as_the_plan_says(idv_sandbox: Sandbox) -> None:
    """The first one refuses the account, the second one decides, and the outcome is handed over until it is acted on."""
    acted: List[idvkit.AskDeliver] = []

    def act(ended: idvkit.AskDeliver, verification: idvkit.Verification) -> None:
        acted.append(ended)
        if len(acted) == 1:
            raise OSError("the shop's own database is away")
        assert [one.decides for one in verification.attempts] == [False, True]
        assert verification.evidence() is not None

    accounts = {"us": support.jumio(idv_sandbox.url, api_secret="wrong"), "kz": support.biometric_kz(idv_sandbox.url)}
    plan: Any = [{"request": support.JUMIO_REQUEST}, {"request": support.BIOMETRIC_KZ_REQUEST, "when": ["failed"]}]
    run = Run(idv_sandbox, accounts, plan, on_outcome=act)
    through_biometric_kz(run)
    assert run.outcome() == Decided(Decision.APPROVED)
    assert (run.store.row(run.id).account, run.verification().key, len(acted)) == ("kz", "order-7", 1)
    row = run.store.row(run.id)
    assert row.due is not None and row.delivery is not None and row.delivery.failures == 1
    idv_sandbox.advance(row.due - idv_sandbox.now())
    assert run.store.due(idv_sandbox.now()) == [run.id]
    run.client.advance(run.id)
    run.client.advance(run.id)
    assert len(acted) == 2 and acted[0].delivery.id == acted[1].delivery.id and acted[1].key == "order-7"
    assert run.store.row(run.id).due is None


def test_a_key_is_begun_once(server: Server) -> None:
    one = client(support.jumio(server.url))
    id = one.begin(support.JUMIO_REQUEST, "order-7")
    assert one.begin(support.JUMIO_REQUEST, "order-7") == id != one.begin(support.JUMIO_REQUEST, "order-8")
    assert one.verification("0" * 32) is None
    for refused, code in ((lambda: one.advance("0" * 32), "verification_unknown"), (lambda: one.begin([], " "), "plan_malformed")):
        with pytest.raises(idvkit.Reject) as caught:
            refused()
        assert caught.value.code == code
    assert not server.seen


def test_a_request_is_sent_as_it_stands(server: Server) -> None:
    """No header of the client's own, no cookie, no redirect followed, no authentication of the client's."""
    server.answer = lambda _: (302, {"location": f"{server.url}/elsewhere", "set-cookie": "a=b"}, b"")
    own = {"auth": ("x", "y"), "headers": {"x-own": "1"}, "cookies": {"c": "d"}}
    with httpx.Client(trust_env=False, follow_redirects=True, **own) as http:  # type: ignore[arg-type]
        one = Client(support.jumio(server.url), MemoryStore(), sender(http), clock=lambda: T0)
        id = one.begin(support.JUMIO_REQUEST, "order-7")
        stored = one.verification(id)
        first = stored.next(T0) if stored else None
        assert isinstance(first, idvkit.Send)
        step = one.advance(id)
    assert isinstance(step, Done) and isinstance(step.outcome, idvkit.Failed) and step.outcome.fault.status == 302
    (seen,) = server.seen
    sent = {name.lower(): value for name, value in seen["headers"] if name.lower() not in ("host", "content-length")}
    assert sent == {header.name.lower(): header.value for header in first.request.headers}
    assert seen["body"] == first.request.body


class Both:
    """One verification that is driven by both flavours, over one store."""

    def __init__(self, account: Account, clock: Callable[[], int] = lambda: T0, store: Optional[MemoryStore] = None) -> None:
        self.account, self.clock, self.store = account, clock, store or MemoryStore()
        self.id = client(account, store=self.store).begin(support.JUMIO_REQUEST, "order-7")

    def runs(self) -> List[Callable[[], Rest]]:
        async def waited() -> Rest:
            rows = aio.MemoryStore()
            rows.rows = self.store
            async with httpx.AsyncClient(trust_env=False) as http:
                return await aio.Client(self.account, rows, async_sender(http), clock=self.clock).advance(self.id)

        plain = client(self.account, self.clock, self.store)
        return [lambda: plain.advance(self.id), lambda: asyncio.run(waited()), lambda: trio.run(waited)]


def test_a_claimed_request_is_not_sent_twice(server: Server) -> None:
    """A worker that died with a request under way: nobody knows whether it was sent."""
    both = Both(support.jumio(server.url))
    driver = idvkit.Driver.advance(idvkit.Accounts(support.jumio(server.url)), both.id)
    store = both.store
    while not isinstance(ask := driver.ask(), idvkit.AskExchange):
        if isinstance(ask, idvkit.AskLoad):
            driver.told(idvkit.ToldLoaded(store.load(ask.by, ask.blobs)[0], ()), T0)
        else:
            assert isinstance(ask, idvkit.AskStore)
            driver.told(idvkit.ToldStored(store.store(ask.row, ask.expected, ask.blobs)), T0)
    for run in both.runs():
        assert run() == Wait(T0 + 60_000, idvkit.WhyInFlight())
    assert not server.seen


def test_two_workers_send_a_creation_once(server: Server) -> None:
    body = b'{"timestamp":"2026-01-01T00:00:00.000Z","transactionReference":"11111111-1111-4111-8111-111111111111",' \
        b'"redirectUrl":"%s/jumio/us/web/v4/app?authorizationToken=t&locale=en"}' % server.url.encode()

    both, came = Both(support.jumio(server.url)), []

    def slow(_: str) -> Any:
        """Until the others have been told to wait."""
        until = time.monotonic() + 10
        while len(came) < 2 and time.monotonic() < until:
            time.sleep(0.01)
        return 200, {"content-type": "application/json"}, body

    server.answer = slow
    workers = [threading.Thread(target=lambda run=run: came.append(run())) for run in both.runs()]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(server.seen) == 1
    assert sorted(type(step).__name__ for step in came) == ["Present", "Wait", "Wait"]
    assert all(isinstance(run(), Present) for run in both.runs()) and len(server.seen) == 1


def test_a_lost_answer_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        nobody = f"http://127.0.0.1:{free.getsockname()[1]}"
    for turn in range(3):
        step = Both(support.jumio(nobody)).runs()[turn]()
        assert isinstance(step, Wait) and isinstance(step.why, idvkit.WhyBackoff)
        assert step.why.fault.code is idvkit.FaultCode.NO_ANSWER


def test_an_answer_without_end_counts_as_none(server: Server) -> None:
    server.answer = lambda _: (200, {}, b"x" * (MAX_ANSWER_BYTES + 1))
    for turn in range(3):
        step = Both(support.jumio(server.url)).runs()[turn]()
        assert isinstance(step, Wait) and isinstance(step.why, idvkit.WhyBackoff)
        assert step.why.fault.code is idvkit.FaultCode.NO_ANSWER


def test_a_clock_in_seconds_is_refused(server: Server) -> None:
    asked = itertools.count()

    def seconds() -> int:
        assert next(asked) < 1_000, "it goes round and round"
        return T0 // 1000

    for run in Both(support.jumio(server.url), seconds).runs():
        with pytest.raises(idvkit.Reject) as refused:
            run()
        assert refused.value.code == "now_out_of_range"
    assert not server.seen


def test_a_store_that_never_stores_is_a_conflict(server: Server) -> None:
    class Losing(MemoryStore):
        lost = 0

        def store(self, row: idvkit.Row, expected: Optional[int], blobs: Any) -> bool:
            if expected is None:
                return super().store(row, expected, blobs)
            self.lost += 1
            assert self.lost < 1_000, "it goes round and round"
            return False

    for run in Both(support.jumio(server.url), store=Losing()).runs():
        with pytest.raises(idvkit.Reject) as refused:
            run()
        assert refused.value.code == "conflict"
    assert not server.seen


@pytest.mark.parametrize("flavour", range(3))
def test_the_time_out_covers_a_slow_answer(flavour: int) -> None:
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
        base = f"http://127.0.0.1:{server.getsockname()[1]}"
        options = {"development": True, "api_base": f"{base}/jumio/us", "timeout_ms": 1_000}
        step = Both(support.jumio(base, options=options)).runs()[flavour]()
        assert not sent_all.is_set()
        assert isinstance(step, Wait) and isinstance(step.why, idvkit.WhyBackoff)
        assert step.why.fault.code is idvkit.FaultCode.NO_ANSWER


class Tokens:
    """Gives tokens out, each another, and refuses those of `revoked`. Counts what was asked for."""

    def __init__(self, server: Server, expires_in: str = "600") -> None:
        self.fetched, self.expires_in, self.server = 0, expires_in, server
        self.revoked = ["t1"]
        server.answer = self.answer
        self.account = support.signicat(server.url)

    def answer(self, path: str) -> Any:
        if path.endswith("/token"):
            self.fetched += 1
            time.sleep(0.1)
            token = f'{{"access_token": "t{self.fetched}", "token_type": "Bearer", "expires_in": {self.expires_in}}}'
            return 200, {"content-type": "application/json"}, token.encode()
        sent = dict(self.server.seen[-1]["headers"])
        return (401 if sent["Authorization"].split()[-1] in self.revoked else 503), {}, b""


class Moment:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = T0

    def __call__(self) -> int:
        return self.now


def begun(one: Client, number: int) -> str:
    return one.begin(support.SIGNICAT_REQUEST, f"order-{number}")


def test_a_token_is_fetched_once_for_all_that_wait(server: Server) -> None:
    tokens = Tokens(server)
    tokens.revoked = []
    one = client(tokens.account)
    ids = [begun(one, number) for number in range(4)]
    workers = [threading.Thread(target=one.advance, args=(id,)) for id in ids]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert tokens.fetched == 1


def test_a_token_is_fetched_once_for_all_that_wait_in_asyncio(server: Server) -> None:
    tokens = Tokens(server)
    tokens.revoked = []

    async def together() -> None:
        async with httpx.AsyncClient(trust_env=False) as http:
            one = aio.Client(tokens.account, aio.MemoryStore(), async_sender(http), clock=lambda: T0)
            ids = [await one.begin(support.SIGNICAT_REQUEST, f"order-{number}") for number in range(4)]
            await asyncio.gather(*map(one.advance, ids))

    asyncio.run(together())
    assert tokens.fetched == 1


def test_a_token_that_was_revoked_at_once_is_fetched_anew(server: Server) -> None:
    """Within the same millisecond: what counts is which token was refused, not how old it is."""
    tokens = Tokens(server)
    one = client(tokens.account)
    step = one.advance(begun(one, 1))
    assert isinstance(step, Wait) and isinstance(step.why, idvkit.WhyBackoff) and step.why.fault.status == 503
    assert tokens.fetched == 2
    one.advance(begun(one, 2))
    assert tokens.fetched == 2, "the second one serves all"


def test_a_token_from_the_future_is_not_used(server: Server) -> None:
    """A clock that went back, as that of a sandbox that was reset does: how old the token is cannot be known."""
    tokens, clock = Tokens(server), Moment()
    tokens.revoked = []
    one = client(tokens.account, clock)
    one.advance(begun(one, 1))
    clock.now -= 60_000
    one.advance(begun(one, 2))
    assert tokens.fetched == 2
    clock.now += 599_000
    one.advance(begun(one, 3))
    assert tokens.fetched == 3, "it has run out"


@pytest.mark.parametrize("expires_in", ["1e999", "-1e999", '"soon"', "null", "[" * 100_000 + "]" * 100_000])
def test_a_life_without_sense_is_no_error(server: Server, expires_in: str) -> None:
    tokens = Tokens(server, expires_in)
    one = client(tokens.account)
    one.advance(begun(one, 1))
    assert tokens.fetched


def test_the_log_has_operations_and_nothing_else(server: Server, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="idvkit"):
        for run in Both(support.jumio(server.url)).runs():
            run()
    ours = [record.getMessage() for record in caplog.records if record.name == "idvkit"]
    assert ours == ["jumio.initiate answered 500"]
    assert logging.getLogger("httpx").level == logging.NOTSET, "another library's logger is its own"


@pytest.mark.parametrize("runner", [lambda run: asyncio.run(run()), trio.run])
def test_the_asynchronous_flavour(idv_sandbox: Sandbox, runner: Any) -> None:
    acted: List[idvkit.Outcome] = []

    async def act(ended: idvkit.AskDeliver, _: idvkit.Verification) -> None:
        acted.append(ended.outcome)

    async def run() -> None:
        async with httpx.AsyncClient(trust_env=False) as http:
            account, store = support.jumio(idv_sandbox.url), aio.MemoryStore()
            one = aio.Client(account, store, async_sender(http), clock=idv_sandbox.now, on_outcome=act)
            id = await one.begin(support.JUMIO_REQUEST, "order-7")
            step = await one.advance(id)
            assert isinstance(step, Present)
            browser = Browser()
            browser.open(way(step.journey, idvkit.WayRedirect).url)
            assert await one.hear(idvkit.Redirect(str(browser.press("acceptable")))) == id
            with pytest.raises(idvkit.Reject):
                await one.tell(id, idvkit.Hint("x"))
            while not isinstance(step := await one.advance(id), Done):
                idv_sandbox.advance(step.until - idv_sandbox.now())
            stored = await one.verification(id)
            assert stored is not None and stored.evidence() is not None
            assert acted == [step.outcome] == [Decided(Decision.APPROVED)]

    runner(run)
