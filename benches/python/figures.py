"""What a call from Python costs, beside the same job with the standard library. Ratios within one run count.

`cargo xtask python` runs it on the wheel that it built and installed; by hand, `python benches/python/figures.py` with
`pip install idvkit pydantic`. It fails where an aim is missed by far, and prints all figures.
"""

from __future__ import annotations

import hmac
import json
import os
import subprocess
import sys
import timeit
from typing import Any, Callable

import idvkit
import idvkit.biometric_kz
import idvkit.jumio

NOW = 1_767_225_600_000
SEED = bytes(range(32))
SECRET = "0123456789abcdef0123456789abcdef0123456789abcdef"


def main() -> None:
    print(f"Python {sys.version.split()[0]}, best of 5")
    print(f"  {'import idvkit, new interpreter':42} {importing():8.2f} ms")
    print(f"  {'the same, with enum and typing there':42} {importing(', enum, typing'):8.2f} ms")
    sessions()
    callbacks()
    validation()
    values()


def sessions() -> None:
    session = opened()
    show("next, with a request inside", lambda: session.next(NOW))
    show("open", opened)
    show("snapshot", session.snapshot)
    text = session.snapshot()
    account = jumio()
    show("restore", lambda: idvkit.Session.restore(account, text))
    show("a whole flow (6 steps, restored before each)", lambda: flow(account))


def callbacks() -> None:
    """A webhook of 4 KiB: authentic by its token, and its reference found. Beside it: compare, parse, look up."""
    body = json.dumps({
        "event": "flowx.completed",
        "payload": {"_id": "DS02zfeuv6n4gkq51hvw6", "tag": "user-7", "result": {"FS1": {"output": {"name": "x" * 3900}}},
                    "resultSignature": "0" * 64},
    }).encode()
    account = attestr()
    input = idvkit.Callback("/webhook", [("Authorization", "Basic planted-webhook")], body)
    ours = show("reference_of a 4 KiB webhook", lambda: account.reference_of(input, NOW))

    def theirs() -> Any:
        assert hmac.compare_digest("Basic planted-webhook", "Basic planted-webhook")
        return json.loads(body)["payload"]["_id"]

    peer("hmac.compare_digest + json.loads", theirs, ours)
    session = opened()
    first = session.next(NOW)
    assert isinstance(first, idvkit.Send)
    stale = idvkit.HttpResponse("another", 200, [("Content-Type", "application/json")], body)

    def refused() -> None:
        try:
            session.handle(stale, NOW)
        except idvkit.Reject:
            pass

    show("handle a 4 KiB answer, refused as stale", refused)
    webhook = attestr_session(account).snapshot()

    def told() -> idvkit.Session:
        live = idvkit.Session.restore(account, webhook)
        live.handle(input, NOW)
        return live

    assert told().revision > idvkit.Session.restore(account, webhook).revision
    took = best(told) - best(lambda: idvkit.Session.restore(account, webhook))
    print(f"  {'handle the 4 KiB webhook (restore taken off)':42} {took:8.2f} us")
    verify()


def verify() -> None:
    """1 KiB under a signature: only the check, then cut out of its answer and checked, then as a session does it all."""
    result = json.dumps({"FS02zfeuv3tcnkq2mond2": {"input": {"pan": "ABCPE1234F"}, "output": {"name": "x" * 940}}})
    message, key = result.encode(), SECRET.encode()
    tag = hmac.new(key, message, "sha256").hexdigest()
    secrets = [SECRET]
    ours = show("verify 1 KiB", lambda: idvkit.verify(message, tag, secrets))
    only = min(
        peer("hmac.new + compare_digest", lambda: hmac.compare_digest(hmac.new(key, message, "sha256").hexdigest(), tag), ours),
        peer("hmac.digest + compare_digest", lambda: hmac.compare_digest(hmac.digest(key, message, "sha256").hex(), tag), ours),
    )

    body = f'{{"_id":"DS02zfeuv6n4gkq51hvw6","tag":"user-7","result":{result},"resultSignature":"{tag}"}}'.encode()

    def sliced() -> None:
        signed = idvkit.signed_member(body, "result")
        assert signed is not None
        idvkit.verify(signed, tag, secrets)

    def by_hand() -> bool:
        # What people write; it also parses and prints anew, where a slice would be right.
        signed = json.dumps(json.loads(body)["result"]).encode()
        return hmac.compare_digest(hmac.new(key, signed, "sha256").hexdigest(), tag)

    assert by_hand()
    ours = show("signed_member and verify, answer of 1 KiB", sliced)
    answer = peer("json + hmac by hand", by_hand, ours)
    # Said, not asserted: machines differ, and may be busy.
    print(f"  verify of 1 KiB: {only:.1f} times as fast as the standard library, {answer:.1f} with its answer (aim: 1.5)")
    decide(body, tag, by_hand)


def decide(body: bytes, tag: str, by_hand: Callable[[], object]) -> None:
    account = attestr()
    waiting = claimed(account, tag).snapshot()
    step = idvkit.Session.restore(account, waiting).next(NOW)
    assert isinstance(step, idvkit.Send)
    answer = idvkit.HttpResponse(step.request.id, 200, [], body)

    def handled() -> idvkit.Session:
        session = idvkit.Session.restore(account, waiting)
        session.handle(answer, NOW)
        return session

    assert isinstance(handled().next(NOW), idvkit.Done)
    ours = show("restore, handle and verify the same answer", handled)
    peer("json + hmac by hand", by_hand, ours)


def validation() -> None:
    request = {
        "flow": "jumio_authentication", "enrollment_transaction_reference": "22222222-2222-4222-8222-222222222222",
        "success_url": "https://merchant.example/ok", "error_url": "https://merchant.example/no", "locale": "en-GB",
        "user_reference": "customer-4711", "token_lifetime_minutes": 30,
    }
    account = jumio()
    ours = show("open with seven members, all checked", lambda: idvkit.Session.open(account, request, SEED, NOW))
    try:
        from pydantic import BaseModel, Field, HttpUrl
    except ImportError:
        return

    class Request(BaseModel):
        flow: str
        enrollment_transaction_reference: str = Field(max_length=36)
        success_url: HttpUrl
        error_url: HttpUrl
        locale: str = Field(pattern="^[a-z]{2}(-[A-Z]{2})?$")
        user_reference: str = Field(max_length=100)
        token_lifetime_minutes: int = Field(ge=5, le=86400)

    globals()["Request"] = Request
    peer("pydantic: the same members, no session made", lambda: Request(**request), ours)


TRANSACTION = json.dumps({
    "timestamp": "2026-01-02T03:04:05.678Z", "transactionReference": "11111111-1111-4111-8111-111111111111",
    "enrollmentTransactionReference": "22222222-2222-4222-8222-222222222222", "transactionResult": "PASSED",
    "transactionDate": "2026-01-02T03:04:05.678Z", "scanSource": "WEB",
    "images": [{"classifier": "face", "href": "https://netverify.com/api/images/face"}],
    "livenessImages": [f"https://netverify.com/api/images/liveness/{n}" for n in range(7)],
}).encode()
METADATA = {
    "edocument": {
        "iin": {"value": "000101500001", "changeable": False}, "phone": {"value": "77011234567", "changeable": False},
        "skip_input": True,
    }
}


def values() -> None:
    """Calls on values, beside pydantic models that check what these calls check and hold what they answer."""
    callback = "https://merchant.example/idv/callback"
    ours = [
        show("jumio.url", lambda: idvkit.jumio.url(callback, purpose="callback")),
        show("jumio.transaction, 1 KiB", lambda: idvkit.jumio.transaction(TRANSACTION)),
        show("biometric_kz.iin", lambda: idvkit.biometric_kz.iin("000101500001")),
        show("biometric_kz.plan", lambda: idvkit.biometric_kz.plan(METADATA, technologies=["LDHP", "ED"])),
    ]
    try:
        import peers_of_values as peers
    except ImportError:
        return
    theirs: list[tuple[str, Callable[[], object]]] = [
        ("pydantic: the same URL rules", lambda: peers.Url(url=callback)),
        ("pydantic: the same members", lambda: peers.Transaction.model_validate_json(TRANSACTION)),
        ("pydantic: the same check digit", lambda: peers.Iin(iin="000101500001")),
        ("pydantic: the same metadata", lambda: peers.Metadata(**METADATA).plan(["LDHP", "ED"])),
    ]
    ratios = [peer(name, call, took) for (name, call), took in zip(theirs, ours)]
    url, transaction, iin, plan = ratios
    print(f"  values: {min(url, iin):.1f} times as fast as pydantic at least (aim: 2)")
    # A document is read leniently where it decides nothing, and by its flaws' places: pydantic's own reader does neither.
    print(f"  documents: {transaction:.1f} times as fast as pydantic, metadata {plan:.1f} times (aim: 2)")
    assert min(url, iin) > 2, "a call on a value takes more than half as long as pydantic"


def flow(account: idvkit.Account) -> None:
    session = opened(account)
    step = session.next(NOW)
    assert isinstance(step, idvkit.Send)
    answers = [
        {"timestamp": "2026-01-01T00:00:00.000Z", "transactionReference": "11111111-1111-4111-8111-111111111111",
         "redirectUrl": "https://netverify.com/web/v4/app?authorizationToken=t&locale=de"},
        {"transactionReference": "11111111-1111-4111-8111-111111111111",
         "enrollmentTransactionReference": "22222222-2222-4222-8222-222222222222", "transactionResult": "PASSED"},
    ]
    session.handle(idvkit.Sending(step.request.id), NOW)
    session = idvkit.Session.restore(account, session.snapshot())
    session.handle(idvkit.HttpResponse(step.request.id, 200, [], json.dumps(answers[0]).encode()), NOW)
    session = idvkit.Session.restore(account, session.snapshot())
    back = "https://merchant.example/ok?transactionStatus=SUCCESS&transactionReference=11111111-1111-4111-8111-111111111111"
    session.handle(idvkit.Redirect(back), NOW)
    later = NOW + 3_600_000
    session = idvkit.Session.restore(account, session.snapshot())
    step = session.next(later)
    assert isinstance(step, idvkit.Send), step
    session.handle(idvkit.HttpResponse(step.request.id, 200, [], json.dumps(answers[1]).encode()), later)
    assert isinstance(idvkit.Session.restore(account, session.snapshot()).next(later), idvkit.Done)


def attestr_session(account: idvkit.Account) -> idvkit.Session:
    """A session whose page is shown."""
    request: Any = {"flow": "attestr_flowx", "flow_id": "FX02zfeuvcj36knhn06us", "tag": "user-7", "webhook": True}
    session = idvkit.Session.open(account, request, SEED, NOW)
    step = session.next(NOW)
    assert isinstance(step, idvkit.Send)
    created = b'{"_id":"DS02zfeuv6n4gkq51hvw6","number":"3804-324489-8469","digest":"d"}'
    session.handle(idvkit.HttpResponse(step.request.id, 200, [], created), NOW)
    return session


def claimed(account: idvkit.Account, tag: str) -> idvkit.Session:
    """A session at the point where the result is to be fetched."""
    session = attestr_session(account)
    shown = session.next(NOW)
    assert isinstance(shown, idvkit.Present)
    hint = {"journey": shown.journey.id, "kind": "success", "data": {"signature": tag}}
    session.handle(idvkit.Hint(json.dumps(hint)), NOW)
    return session


def opened(account: idvkit.Account | None = None) -> idvkit.Session:
    request = {"flow": "jumio_authentication", "enrollment_transaction_reference": "22222222-2222-4222-8222-222222222222"}
    return idvkit.Session.open(account or ACCOUNT, request, SEED, NOW)


def jumio() -> idvkit.Account:
    return idvkit.Account(
        provider="jumio", region="us", api_token="token", api_secret="secret", user_agent="Example Corp App/1.0",
        callback={"url": "https://merchant.example/callback"}, success_url="https://merchant.example/ok",
    )


def attestr() -> idvkit.Account:
    return idvkit.Account(
        provider="attestr", auth_token="t", client_key="00", client_secrets=[SECRET], webhook_tokens=["planted-webhook"]
    )


def importing(before: str = "") -> float:
    """The least of many: what else the machine does only adds to it."""
    code = f"import time{before}; t = time.perf_counter(); import idvkit; print(time.perf_counter() - t)"
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    took = (subprocess.check_output([sys.executable, "-c", code], env=environment) for _ in range(15))
    return min(map(float, took)) * 1000


def show(name: str, call: Callable[[], object]) -> float:
    took = best(call)
    print(f"  {name:42} {took:8.2f} us")
    return took


def peer(name: str, call: Callable[[], object], ours: float) -> float:
    took = best(call)
    print(f"    beside: {name:33} {took:8.2f} us   {took / ours:.1f} times ours")
    return took / ours


def best(call: Callable[[], object]) -> float:
    timer = timeit.Timer(call)
    count = max(1, int(0.02 / max(timer.timeit(3) / 3, 1e-7)))
    return min(timer.repeat(5, count)) / count * 1e6


ACCOUNT = jumio()

if __name__ == "__main__":
    main()
