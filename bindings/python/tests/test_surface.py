"""What the package promises besides the flows: types, refusals, threads, and that nothing secret is printed."""

from __future__ import annotations

import contextlib
import copy
import dataclasses
import datetime
import enum
import importlib
import inspect
import json
import pickle
import pydoc
import re
import subprocess
import sys
import threading
import time
import uuid
import weakref
from pathlib import Path
from typing import Any, Callable, Dict, List, Optional, get_args, get_type_hints

import idvkit
import pytest
import support

from idvkit import Reject, Session

PLANTED = "planted-secret-"


def session(**more: Any) -> Session:
    account = support.jumio("http://127.0.0.1:1", **more)
    return Session.open(account, support.JUMIO_REQUEST, support.SEED, support.T0)


def first(one: Session) -> idvkit.HttpRequest:
    step = one.next(support.T0)
    assert isinstance(step, idvkit.Send)
    return step.request


def test_text_is_refused_where_bytes_are_meant() -> None:
    one = session()
    for wrong in ("{}", 7, None, [1, 2]):
        with pytest.raises(TypeError, match="takes bytes"):
            one.handle(idvkit.HttpResponse(first(one).id, 200, [], wrong), support.T0)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="not str: signatures cover the bytes"):
        one.handle(idvkit.Callback("/", [], "text"), support.T0)  # type: ignore[arg-type]
    assert one.revision == 0
    with pytest.raises(TypeError, match="seed takes bytes, not str"):
        Session.open(support.jumio("http://127.0.0.1:1"), support.JUMIO_REQUEST, "0" * 32, support.T0)  # type: ignore


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_any_kind_of_bytes_will_do(kind: Any) -> None:
    body = b'{"timestamp":"2026-01-01T00:00:00.000Z","transactionReference":"11111111-1111-4111-8111-111111111111",' \
        b'"redirectUrl":"http://127.0.0.1:1/jumio/us/web/v4/app?authorizationToken=t&locale=en"}'
    one = session()
    one.handle(idvkit.HttpResponse(first(one).id, 200, {}, kind(body)), support.T0)
    assert one.references == ["11111111-1111-4111-8111-111111111111"]


def test_an_input_comes_from_its_classes_only() -> None:
    class Forged(idvkit.Retry):
        pass

    for wrong in ({"type": "retry"}, '{"type":"retry"}', None, Forged(), idvkit.SeenClosed()):
        with pytest.raises(TypeError, match="an input is one of"):
            session().handle(wrong, support.T0)  # type: ignore[arg-type]


def test_headers_in_every_form() -> None:
    for headers in (
        [("Retry-After", "9")],
        {"Retry-After": "9"},
        [idvkit.Header("retry-after", "9")],
        (("retry-after", "9"),),
        {"x-none": None, "retry-after": ["9"]},
        [("retry-after", ("9",)), ("x-none", None), ("x-no-line", [])],
    ):
        one = session()
        one.handle(idvkit.HttpResponse(first(one).id, 429, headers, b""), support.T0)  # type: ignore[arg-type]
        step = one.next(support.T0)
        assert isinstance(step, idvkit.Wait) and step.until == support.T0 + 9_000
    one = session()
    one.handle(idvkit.HttpResponse(first(one).id, 429, None, b""), support.T0)
    for wrong in ("Retry-After: 9", [("a",)], [("a", 1)], [("a", [1])], {"a": [None]}, {"a": {"b"}}, ["ab"], 7):
        with pytest.raises(TypeError):
            one.handle(idvkit.HttpResponse("x", 429, wrong, b""), support.T0)  # type: ignore[arg-type]


def test_a_gateway_s_headers_prove_a_sender() -> None:
    """Each name with a list of values, or with none."""
    account = idvkit.Account(
        provider="attestr", auth_token="t", client_key="00", client_secrets=["0" * 48], webhook_tokens=["planted"]
    )
    payload = {"_id": "DS02zfeuv6n4gkq51hvw6", "tag": "user-7", "result": {}, "resultSignature": "0" * 64}
    body = json.dumps({"event": "flowx.completed", "payload": payload}).encode()
    sent: Dict[str, Any] = {"authorization": ["Basic planted"], "x-trace": ["1", "2"], "x-none": None}
    assert account.reference_of(idvkit.Callback("/", sent, body), support.T0) == payload["_id"]
    with pytest.raises(Reject) as refused:
        account.reference_of(idvkit.Callback("/", {**sent, "authorization": None}, body), support.T0)
    assert refused.value.blame is idvkit.Blame.SIGNATURE


def test_a_reject_says_all() -> None:
    with pytest.raises(Reject) as caught:
        session().handle(idvkit.HttpFailed("other"), support.T0)
    reject = caught.value
    assert (reject.code, reject.blame, reject.field) == ("stale", idvkit.Blame.CALLER, "id")
    assert reject.message in str(reject) and "[stale]" in str(reject)
    again = pickle.loads(pickle.dumps(reject))
    assert (again.code, again.blame, str(again)) == (reject.code, reject.blame, str(reject))
    with pytest.raises(Reject, match="seconds"):
        Session.open(support.jumio("http://127.0.0.1:1"), support.JUMIO_REQUEST, support.SEED, support.T0 // 1000)


def test_a_configuration_in_every_form() -> None:
    members = {"region": "us", "api_token": "t", "api_secret": "s", "user_agent": "A B/1", "callback": "portal"}
    for account in (
        idvkit.Account({"provider": "jumio", **members}),
        idvkit.Account(provider="jumio", **members),
        idvkit.Account({"provider": "attestr", **members}, provider="jumio"),
    ):
        assert account.provider is idvkit.ProviderId.JUMIO
    loop: List[Any] = []
    loop.append(loop)
    for wrong in ({"provider": b"jumio"}, {"provider": object()}, {1: 2}, {"provider": loop}, {"provider": 1 << 70}):
        with pytest.raises(TypeError):
            idvkit.Account(wrong)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        idvkit.Account()
    with pytest.raises(Reject) as caught:
        idvkit.Account(provider="jumio", **members, api_tokn=PLANTED)
    assert "api_tokn" in str(caught.value) and PLANTED not in str(caught.value)


def test_an_account_is_its_own_copy_and_stays_in_its_process() -> None:
    account = support.jumio("http://127.0.0.1:1")
    for one in (account, idvkit.Accounts(account)):
        settings = {"idv": [one]}
        assert copy.copy(one) is one and copy.deepcopy(settings)["idv"][0] is one
        assert weakref.ref(one)() is one and weakref.WeakKeyDictionary({one: 1})[one] == 1
        with pytest.raises(TypeError, match="read the settings in each process and build it there"):
            pickle.dumps(settings)


def test_what_is_wrong_in_a_configuration_is_named() -> None:
    with pytest.raises(Reject) as caught:
        support.jumio("http://127.0.0.1:1", region=PLANTED)
    assert (caught.value.code, caught.value.field) == ("config_malformed", "config.region")
    assert caught.value.message == "must be one of `us`, `eu`, `sgp`" and PLANTED not in str(caught.value)
    with pytest.raises(Reject, match="request.callback: must be `portal` or `url`"):
        Session.open(support.jumio("http://127.0.0.1:1"), {**support.JUMIO_REQUEST, "callback": PLANTED}, support.SEED, 0)


class Secret:
    """As pydantic has it."""

    def get_secret_value(self) -> str:
        return PLANTED


@dataclasses.dataclass
class Options:
    development: bool = True


@pytest.mark.parametrize(
    ("value", "fix"),
    [
        (uuid.UUID(int=7), "UUID.*str(value)"),
        (Path(PLANTED), "Path.*str(value)"),
        (PLANTED.encode(), "bytes.*value.decode()"),
        (datetime.date(2026, 1, 1), "date.*value.isoformat()"),
        (Secret(), "Secret.*value.get_secret_value()"),
        (Options(), "Options.*dataclasses.asdict(value)"),
        ({PLANTED}, "set.*list(value)"),
        (enum.Enum("Region", {"US": PLANTED}).US, "Region.*value.value"),  # type: ignore[attr-defined]
        (idvkit.Hint(PLANTED), "Hint.*may hold credentials"),
    ],
)
def test_a_wrong_type_is_named_with_its_place_and_the_fix(value: Any, fix: str) -> None:
    fix = re.escape(fix).replace(re.escape(".*"), ".*")
    at = {
        "config.options.api_base": lambda: support.jumio("http://127.0.0.1:1", options={"api_base": value}),
        "config.api_token": lambda: support.jumio("http://127.0.0.1:1", api_token=value),
        "request.enrollment_transaction_reference": lambda: session_of({"enrollment_transaction_reference": value}),
        "request.variables.names\\[1\\]": lambda: session_of({"variables": {"names": ["x", value]}}),
        "plan\\[1\\].request.locale": lambda: client_of([{"request": support.JUMIO_REQUEST}, {"request": {"locale": value}}]),
    }
    for place, call in at.items():
        with pytest.raises(TypeError, match=f"^{place} is an? .*{fix}") as caught:
            call()
        assert PLANTED not in str(caught.value)


def session_of(request: Dict[str, Any]) -> Session:
    account = support.jumio("http://127.0.0.1:1")
    return Session.open(account, {**support.JUMIO_REQUEST, **request}, support.SEED, support.T0)


def client_of(plan: Any) -> idvkit.Driver:
    accounts = idvkit.Accounts(support.jumio("http://127.0.0.1:1"))
    return idvkit.Driver.begin(accounts, plan, support.SEED, "order-7", support.T0)


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
def test_a_number_that_json_has_no_word_for_is_refused(number: float) -> None:
    """As `null` it would mean "not set"."""
    with pytest.raises(TypeError, match="options.timeout_ms must be a finite number"):
        support.jumio("http://127.0.0.1:1", options={"timeout_ms": number})
    request = {**support.ATTESTR_REQUEST, "variables": {"amounts": [1.5, number]}}
    with pytest.raises(TypeError, match=r"request.variables.amounts\[1\] must be a finite number"):
        Session.open(support.attestr("http://127.0.0.1:1"), request, support.SEED, support.T0)


@pytest.mark.parametrize("work", ["verify", "signed_member"])
def test_a_long_body_lets_other_threads_run(work: str) -> None:
    body = b'{"result":"' + b"a" * 50_000_000 + b'"}'
    calls: Dict[str, Callable[[], object]] = {
        "verify": lambda: idvkit.verify(body, "0" * 64, ["secret"]),
        "signed_member": lambda: idvkit.signed_member(body, "other"),
    }
    ticks: List[float] = []
    done = threading.Event()

    def tick() -> None:
        while not done.is_set():
            ticks.append(time.perf_counter())
            time.sleep(0.0005)

    beside = threading.Thread(target=tick)
    beside.start()
    during = 0
    # A busy machine may leave no core for the other thread, but not for ever.
    for _ in range(20):
        begun = time.perf_counter()
        with contextlib.suppress(Reject):
            calls[work]()
        ended = time.perf_counter()
        middle = (begun + (ended - begun) / 4, ended - (ended - begun) / 4)
        during += sum(middle[0] < tick < middle[1] for tick in ticks)
        if during:
            break
    done.set()
    beside.join()
    assert during, "nothing else ran while it worked"


def test_the_forms_of_configurations_are_there_at_run_time() -> None:
    from idvkit import config

    for name in config.__all__:
        assert getattr(config, name) is not None
    form: config.JumioAuthenticationRequest = {"flow": "jumio_authentication", "enrollment_transaction_reference": "x"}
    Session.open(support.jumio("http://127.0.0.1:1"), form, support.SEED, support.T0)
    assert set(get_args(config.Config)) >= {config.AttestrConfig, config.SignicatConfig}


def classes_of(module: Any) -> List[Any]:
    return [one for one in map(module.__dict__.get, module.__all__) if isinstance(one, type)]


def test_the_hints_of_every_export_can_be_read() -> None:
    """As frameworks read them: FastAPI, pydantic, cattrs, a REPL."""
    names = ["", ".aio", ".client", ".config", ".store", ".aiohttp", ".httpx", ".requests", ".urllib3"]
    names += [".httpx2"] if sys.version_info >= (3, 11) else []
    seen = 0
    for module in (importlib.import_module(f"idvkit{name}") for name in names):
        for one in classes_of(module):
            hints = get_type_hints(one)
            if idvkit._base.Value in one.__mro__:  # type: ignore[attr-defined]
                assert set(one.__slots__) <= set(hints), one
            for member in vars(one).values():
                if inspect.isfunction(member):
                    get_type_hints(member)
            seen += len(hints)
    assert seen > 400
    hints = get_type_hints(idvkit.Fault)
    assert hints["code"] is idvkit.FaultCode and hints["status"] == Optional[int] and hints["cause"] == Optional[idvkit.Cause]
    assert get_type_hints(idvkit.Present)["until"] is int and get_type_hints(idvkit.Done)["outcome"] == idvkit.Outcome
    assert get_type_hints(Reject)["code"] == idvkit.RejectCode


def test_what_may_be_left_out_is_known_at_run_time() -> None:
    from idvkit import config

    jumio = config.JumioAuthenticationRequest
    assert jumio.__required_keys__ == {"flow", "enrollment_transaction_reference"}
    assert jumio.__optional_keys__ > {"locale", "success_url"} and set(get_type_hints(jumio)) > jumio.__optional_keys__
    assert config.Step.__required_keys__ == {"request"} and config.AttestrOptions.__required_keys__ == set()


def test_the_signature_of_an_account_names_its_members() -> None:
    from idvkit import config

    signature = inspect.signature(idvkit.Account)
    members = {name for form in get_args(config.Config) for name in get_type_hints(form)}
    assert list(signature.parameters)[:2] == ["config", "provider"] and set(signature.parameters) == {"config", *members}
    assert set(get_args(signature.parameters["region"].annotation)) == {"us", "eu", "sgp"}
    assert "Literal['attestr']" in str(signature) and "api_secret: str" in str(signature)
    signature.bind({"provider": "jumio"}, region="us")
    with pytest.raises(TypeError):
        signature.bind(regio="us")
    assert inspect.signature(Session.open).parameters.keys() == {"account", "request", "seed", "now"}
    assert "region" in pydoc.render_doc(idvkit.Account)


def test_catalogs_are_typed() -> None:
    for provider in idvkit.ProviderId:
        catalog = idvkit.catalog(provider)
        assert catalog.provider is provider and catalog.errors
        assert all(isinstance(error, idvkit.ErrorCode) and error.meaning for error in catalog.errors)
    with pytest.raises(ValueError):
        idvkit.catalog("nobody")


@pytest.mark.skipif(sys.version_info < (3, 10), reason="the statement `match` is of 3.10")
def test_class_patterns() -> None:
    scope: dict[str, Any] = {"step": session().next(support.T0), "idvkit": idvkit}
    exec(
        "match step:\n"
        "    case idvkit.Send(idvkit.HttpRequest(id, operation, idvkit.Method.POST, idempotent=False)):\n"
        "        found = operation\n",
        scope,
    )
    assert scope["found"] == "jumio.initiate"


def test_words_are_their_text() -> None:
    method = first(session()).method
    assert method == "POST" and f"{method}" == str(method) == "POST" and json.dumps([method]) == '["POST"]'
    assert idvkit.Decision("approved") is idvkit.Decision.APPROVED


def test_values_are_frozen_and_sealed_ones_stay_here() -> None:
    request = first(session())
    done = idvkit.Done(idvkit.Decided(idvkit.Decision.APPROVED), None)
    assert pickle.loads(pickle.dumps(done)) == done == copy.deepcopy(done) and hash(done)
    assert json.loads(done.outcome.to_json()) == {"type": "decided", "decision": "approved"}
    for frozen, name in ((request, "url"), (done, "outcome"), (idvkit.Hint("x"), "text")):
        with pytest.raises(AttributeError):
            setattr(frozen, name, "")
        with pytest.raises((AttributeError, TypeError)):
            frozen.more = 1  # type: ignore
    for spill in (pickle.dumps, dataclasses.asdict, json.dumps, vars, idvkit._types.CLASSES.__getitem__):
        with pytest.raises((TypeError, KeyError)):
            spill(request)  # type: ignore
    with pytest.raises(TypeError, match="no JSON form"):
        idvkit._idvkit.to_json(request)  # type: ignore
    assert request == first(session()) and request in {first(session())}


def test_an_outcome_comes_back_from_its_json() -> None:
    one = session()
    one.handle(idvkit.HttpResponse(first(one).id, 403, {"x-request-id": "t"}, b"{}"), support.T0)
    failed = one.next(support.T0)
    assert isinstance(failed, idvkit.Done) and isinstance(failed.outcome, idvkit.Failed)
    decided = [idvkit.Decided(decision) for decision in idvkit.Decision]
    for outcome in (failed.outcome, idvkit.Abandoned(None), idvkit.Abandoned("FS1"), idvkit.Expired(), *decided):
        assert idvkit.outcome_from_json(outcome.to_json()) == outcome
    for text in ("", "[]", '{"type":"decided"}', f'{{"type":"{PLANTED}"}}', '{"type":"decided","decision":"perhaps"}'):
        with pytest.raises(Reject, match="outcome: .*snapshot_malformed") as refused:
            idvkit.outcome_from_json(text)
        assert PLANTED not in str(refused.value)


def test_nothing_secret_is_printed() -> None:
    account = support.jumio("http://127.0.0.1:1", administration_token=PLANTED + "1", administration_secret=PLANTED + "2")
    one = Session.open(account, {**support.JUMIO_REQUEST, "user_reference": PLANTED + "3"}, support.SEED, support.T0)
    body = json.dumps({
        "timestamp": "2026-01-01T00:00:00.000Z", "transactionReference": "11111111-1111-4111-8111-111111111111",
        "redirectUrl": f"http://127.0.0.1:1/jumio/us/web/v4/app?authorizationToken={PLANTED}4&locale=en",
    }).encode()
    printed = [repr(account), repr(one), repr(first(one)), repr(first(one).headers), str(one.next(support.T0))]
    inputs = [
        idvkit.HttpResponse(first(one).id, 200, [("x", PLANTED + "5")], body), idvkit.Hint(PLANTED),
        idvkit.Redirect(PLANTED), idvkit.Callback(PLANTED, {"x": PLANTED}, PLANTED.encode()),
        idvkit.Images([idvkit.Image("front", PLANTED.encode())]), idvkit.Image("front", PLANTED.encode()),
    ]
    printed += map(repr, inputs)
    for input in inputs[:4]:
        try:
            one.handle(input, support.T0)  # type: ignore[arg-type]
        except Reject as reject:
            printed += [str(reject), repr(reject)]
    step = one.next(support.T0)
    assert isinstance(step, idvkit.Present) and PLANTED in step.journey.to_json()
    printed += [repr(step), repr(step.journey), repr(step.journey.ways), repr(one)]
    printed += [repr(idvkit.SeenMessage("https://a.example", PLANTED)), repr(idvkit.SeenNavigation(PLANTED))]
    none = dict.fromkeys(idvkit.Person.__slots__)
    printed.append(repr(idvkit.Person(**{**none, "given_name": PLANTED, "nationalities": ()})))  # type: ignore
    for text in printed:
        assert PLANTED not in text and "sandbox-jumio-secret" not in text
        assert "Basic " not in text and "authorizationToken" not in text, text


def test_unknown_ways() -> None:
    journey = idvkit.Journey.from_json(
        '{"id":"j","provider":"jumio","expires":null,"ways":[{"type":"hologram","url":"x"},'
        '{"type":"redirect","url":"https://a.example/?a=1&b=\\"2\\"","shareable":false,"finish":[]}]}'
    )
    assert len(journey.ways) == 1
    assert journey.ways[0] == idvkit.WayRedirect('https://a.example/?a=1&b="2"', False, ())
    with pytest.raises(Reject) as caught:
        idvkit.Journey.from_json("{}")
    assert caught.value.code == "journey_malformed"


def test_what_a_page_posted_may_be_anything() -> None:
    journey = idvkit.Journey("j", idvkit.ProviderId.JUMIO, None, (), ())
    assert idvkit.read(journey, '{"type":"closed"}') == idvkit.read(journey, idvkit.SeenClosed()) is not None
    for text in ("", "[]", '{"type":"retry"}', "null", '{"type":"navigation"}', "x" * 1_000_000):
        assert idvkit.read(journey, text) is None
    with pytest.raises(TypeError):
        idvkit.read(journey, idvkit.Retry())  # type: ignore[arg-type]


def test_threads_share_a_session() -> None:
    one = session()
    failures: List[BaseException] = []
    large = b"x" * (256 * 1024)

    def work(number: int) -> None:
        try:
            for turn in range(50):
                step = one.next(support.T0 + turn)
                if isinstance(step, idvkit.Send):
                    try:
                        one.handle(idvkit.HttpResponse(step.request.id, 500, [], large), support.T0 + turn)
                    except Reject as reject:
                        assert reject.code == "stale"
                assert Session.restore(support.jumio("http://127.0.0.1:1"), one.snapshot()).revision <= one.revision
        except BaseException as error:  # noqa: BLE001
            failures.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
        assert not thread.is_alive(), "a deadlock"
    assert not failures, failures
    assert one.revision >= 1


def test_other_threads_run_during_work_on_a_large_body() -> None:
    account = support.attestr("http://127.0.0.1:1")
    body = b'{"result": {"a": "' + b"x" * 400_000 + b'"}}'
    ticks = 0
    done = threading.Event()

    def diagnose() -> None:
        idvkit.diagnose(account, body, "0" * 64)
        done.set()

    thread = threading.Thread(target=diagnose)
    thread.start()
    while not done.is_set():
        ticks += 1
        done.wait(0.001)
    thread.join()
    assert ticks > 5, "the interpreter stood still"


IN_AN_INTERPRETER = """
try:
    import idvkit
except ImportError as error:
    print(error)
else:
    try:
        idvkit.Account(provider="jumio")
    except idvkit.Reject:
        print("caught")
"""
IN_TWO_INTERPRETERS = """
import sys
try:
    import _interpreters
    made = [_interpreters.create("legacy") for _ in range(2)]
except ImportError:
    import _xxsubinterpreters as _interpreters
    made = [_interpreters.create() for _ in range(2)]
for one in made + made[:1]:
    _interpreters.run_string(one, f"import sys; sys.path[:] = {sys.path!r}" + sys.argv[1])
"""


def test_a_second_interpreter_is_told_the_remedy() -> None:
    """As in mod_wsgi. The only one that uses it may be a sub-interpreter, and may import it again."""
    command = [sys.executable, "-c", IN_TWO_INTERPRETERS, IN_AN_INTERPRETER]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    first, second, again = done.stdout.splitlines()
    assert first == again == "caught" and "WSGIApplicationGroup %{GLOBAL}" in second, done


def test_every_public_name_is_documented() -> None:
    for name in idvkit.__all__:
        value = getattr(idvkit, name)
        if isinstance(value, type):
            assert value.__doc__ and not value.__doc__.startswith(f"{name}("), name
    for owner in (idvkit.Account, idvkit.Accounts, idvkit.Driver, idvkit.Session, idvkit.Tokens, idvkit.Verification):
        for name in vars(owner):
            if not name.startswith("_"):
                assert getattr(owner, name).__doc__, name


def test_the_readme_is_the_example() -> None:
    here = Path(__file__).resolve().parents[1]
    example = (here / "examples/quick_start.py").read_text()
    for part in ("quick start", "in the sandbox"):
        snippet = example.split(f"# [{part}]\n")[1].split(f"# [/{part}]")[0].strip()
        assert f"```python\n{snippet}\n```" in (here / "README.md").read_text(), part


@pytest.mark.parametrize("name", ["idvkit", "idvkit-sandbox"])
def test_a_wheel_has_its_licences_and_its_version(name: str) -> None:
    from importlib.metadata import distribution

    wheel = distribution(name)
    held = {file.name for file in wheel.files or []}
    assert {"LICENSE-MIT", "LICENSE-APACHE", "py.typed"} <= held
    assert wheel.version == idvkit.__version__


def test_the_readmes_examples_of_values() -> None:
    here = Path(__file__).resolve().parents[1]
    example = (here / "examples/values.py").read_text()
    snippet = example.split("# [values]\n")[1].split("# [/values]")[0].strip()
    assert f"```python\n{snippet}\n```" in (here / "README.md").read_text()

    made: Dict[str, Any] = {}
    exec(compile(example, "values.py", "exec"), made)
    assert made["about_url"]("https://shop.example/cb") == "fit, of at most 222 characters"
    assert made["about_url"]("http://shop.example/cb").startswith("url_scheme: it must begin with `https://`")
    assert made["still_asked"]("000101500001", "77011234567") == ["phone_fixed"]
    vectors = json.loads((support.VECTORS / "attestr/result.json").read_bytes())
    case, secret = vectors["cases"][0], vectors["config"]["client_secrets"][0]
    assert made["is_authentic"](case["body"].encode(), secret, case["claim"])
    assert not made["is_authentic"](case["body"].encode(), secret, "0" * 64)


def test_arguments_of_values() -> None:
    """What is no such argument is a TypeError that names it; what is within one, a Reject. Neither repeats the value."""
    untyped: Any = idvkit
    jumio, biometric_kz, signicat = (importlib.import_module(f"idvkit.{name}") for name in ("jumio", "biometric_kz", "signicat"))
    for call, words in (
        (lambda: jumio.url(7, purpose="callback"), "text takes str, not int"),
        (lambda: jumio.url("https://a.example/"), "purpose"),
        (lambda: jumio.token_lifetime("5"), "minutes takes an int of 64 bits, not str"),
        (lambda: jumio.token_lifetime(True), "minutes takes int, not bool"),
        (lambda: jumio.best_locale("en"), "tags takes a list of str, not str"),
        (lambda: jumio.best_locale([7]), "tags takes str, not int"),
        (lambda: jumio.transaction("{}"), "body takes bytes"),
        (lambda: jumio.colour("en", configured=[], account_default=1), "account_default takes bool, not int"),
        (lambda: biometric_kz.plan({"edocument": {"iin": {"value": Path("leak")}}}), r"metadata.edocument.iin.value is a"),
    ):
        with pytest.raises(TypeError, match=words) as caught:
            call()
        assert "leak" not in str(caught.value)
    with pytest.raises(ValueError, match="^purpose is one of callback, success, error$"):
        jumio.url("https://a.example/", purpose="leak")
    with pytest.raises(untyped.Reject) as refused:
        biometric_kz.plan({"edocument": {"iin": {"value": 7}}})
    assert (refused.value.code, refused.value.field) == ("input_malformed", "metadata.edocument.iin.value")
    assert signicat.images(front=None).missing == ("front",)


def test_answers_of_values_print_no_personal_data() -> None:
    biometric_kz = importlib.import_module("idvkit.biometric_kz")
    answer = biometric_kz.iin("000101500001")
    assert repr(answer) == "BiometricKzIin(..)" and answer.birth_date == "2000-01-01" and answer.sex == "male"
    with pytest.raises(AttributeError, match="frozen"):
        answer.iin = "x"
    with pytest.raises(TypeError, match="cannot be pickled"):
        pickle.dumps(answer)
