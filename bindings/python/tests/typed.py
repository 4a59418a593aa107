"""Read by mypy and pyright only: what the types promise. Each `ignore` is a mistake that they must find."""

from __future__ import annotations

from typing import Any, List, Optional

import idvkit.host.aio as host_aio
from idvkit import (
    Account,
    Decided,
    Decision,
    Done,
    Evidence,
    HttpResponse,
    Next,
    Present,
    Redirect,
    Reject,
    Retry,
    Send,
    Session,
    Wait,
    aio,
    biometric_kz,
    host,
    jumio,
    read,
    signicat,
    verify,
)
from idvkit.client import Client
from idvkit.config import JumioAuthenticationRequest


def every_step_is_narrowed(step: Next) -> str:
    if isinstance(step, Send):
        return step.request.operation
    if isinstance(step, Present):
        return step.journey.id
    if isinstance(step, Wait):
        return step.why.type
    # Nothing else is left: the attribute would not be found otherwise.
    return step.outcome.to_json()


def the_tag_narrows_as_well(step: Next) -> Optional[int]:
    return step.until if step.type == "present" or step.type == "wait" else None


def use(account: Account, session: Session, step: Send) -> List[str]:
    session.handle(Retry(), 1)
    session.handle(HttpResponse("id", 200, {"a": "b"}, bytearray()), 1)
    session.handle(HttpResponse("id", 200, [("a", "b")], b""), 1)
    session.handle(HttpResponse("id", 200, {"a": ["b", "c"], "d": None}, b""), 1)
    session.handle(HttpResponse("id", 200, {"a": 1}, b""), 1)  # type: ignore
    session.handle({"type": "retry"}, 1)  # type: ignore
    session.handle(HttpResponse("id", 200, [], "text"), 1)  # type: ignore
    session.handle(Redirect(b"url"), 1)  # type: ignore
    step.request.url = "another"  # type: ignore
    Session.open(account, REQUEST, "seed", 1)  # type: ignore
    read("{}", Retry())  # type: ignore
    evidence = session.evidence()
    evidence.raw  # type: ignore
    if evidence is not None and isinstance(evidence, Evidence):
        raw: bytes = evidence.raw
        del raw
    return session.references


REQUEST: JumioAuthenticationRequest = {"flow": "jumio_authentication", "enrollment_transaction_reference": "x"}


def configurations(account: Account, read: Any) -> None:
    Account(provider="jumio", region="us", api_token="t", api_secret="s", user_agent="A B/1", callback={"url": "u"})
    Account({"provider": "signicat", "client_id": "c", "client_secret": "s", "profile": "legacy"})
    Account(read)
    Account({"region": "us"}, provider="jumio", api_secret="s")
    Account(provider="jumio", region="moon", api_token="t", api_secret="s", user_agent="A B/1")  # type: ignore
    Account(provider="jumio", region="us", api_token="t", api_secret="s")  # type: ignore
    Account({"provider": "signicat", "client_id": "c", "client_secrt": "s"})  # type: ignore
    Account(provider="nobody")  # type: ignore


def requests(account: Account) -> None:
    Session.open(account, {"flow": "attestr_flowx", "flow_id": "FX1", "tag": "t", "variables": {"a": "b"}}, b"", 1)
    Session.open(account, {"flow": "signicat_capture_flow", "providers": [{"provider": "p"}], "need": "any"}, b"", 1)
    Session.open(account, {"flow": "signicat_capture_flow", "need": "some"}, b"", 1)  # type: ignore
    Session.open(account, {"flow": "jumio_authentication"}, b"", 1)  # type: ignore
    Session.open(account, {"flow": "jumio"}, b"", 1)  # type: ignore


def clients(client: Client, store: aio.Store) -> None:
    client.begin([{"request": REQUEST}, {"request": REQUEST, "when": ["failed"]}], "order-7")
    client.begin(REQUEST, 7)  # type: ignore
    client.begin([{"request": REQUEST, "when": ["sometimes"]}], "order-7")  # type: ignore
    client.begin({"flow": "jumio"}, "order-7")  # type: ignore
    client.hear({"type": "retry"})  # type: ignore
    step = client.advance("id")
    if not isinstance(step, Done):
        until: int = step.until
        del until
    Client({}, store, client.exchange)  # type: ignore


def hosts(account: Account) -> None:
    verifications = host.Verifications(account, host.Database("sqlite:///idv.sqlite"), lambda ended, verification: None)
    verifications.begin(REQUEST, key="order-7", subject="user-7")
    verifications.begin(REQUEST, key="order-7")  # type: ignore
    verifications.begin({"flow": "jumio"}, key="order-7", subject="user-7")  # type: ignore
    verifications.routes(lambda environ: environ["REMOTE_USER"])
    listed: Optional[int] = verifications.list()[0].ended
    host.Verifications(account, host_aio.Database("sqlite:///idv.sqlite"), print)  # type: ignore
    host_aio.Verifications(account, host_aio.Database("sqlite:///idv.sqlite"), lambda ended, verification: None)  # type: ignore
    del listed


def a_code(reject: Reject) -> bool:
    if reject.code == "stail":  # type: ignore
        return False
    return reject.code == "stale"


def outcomes(done: Done) -> bool:
    return isinstance(done.outcome, Decided) and done.outcome.decision is Decision.APPROVED


def values(body: bytes) -> Optional[str]:
    limit: int = jumio.url("https://shop.example/cb", purpose="callback", plain=True).limit
    jumio.url("https://shop.example/cb", purpose="webhook")  # type: ignore
    jumio.url("https://shop.example/cb", "callback")  # type: ignore
    jumio.transaction("{}")  # type: ignore
    plan = biometric_kz.plan({"edocument": {"skip_input": True}}, technologies=["ED"])
    biometric_kz.plan({"edocument": {"skip": True}})  # type: ignore
    plan.input = biometric_kz.BiometricKzInput.SHOWN  # type: ignore
    problem = signicat.problem(body)
    problem.code  # type: ignore
    verify(body, "t", ["text", body, bytearray(body)], key="hex_decoded")
    verify(body, "t", [7])  # type: ignore
    del limit
    return None if problem is None else problem.trace_id
