"""Signicat: orders, requests, tokens, processes, redirects and callbacks."""

from __future__ import annotations

import json
import struct
from typing import Any, Dict, Optional

from support import SEED, T0, rows
from vectors_common import Run, check_reference, code_of, runs, wire

import idvkit
from idvkit import Account, Session

DOSSIER = "33333333-3333-4333-8333-333333333333"
PROCESS = "44444444-4444-4444-8444-444444444444"
TOKEN = {"access_token": "tok-1", "expires_in": 600, "token_type": "Bearer"}
PAPER = {"flow": "signicat_document_verification", "provider": "signicatpaper"}


@runs("signicat/orders")
def orders(name: str) -> None:
    for row in rows(name):
        options = {"allow_unknown_provider": row.get("allow_unknown_provider", False)}
        account = some_signicat(options=options, redirect_url=None)
        ((flow, request),) = row["flow"].items()
        request = {"flow": f"signicat_{flow}", **request}
        assert code_of(lambda: Session.open(account, request, SEED, T0)) == row["error"], row["id"]


@runs("signicat/requests")
def requests(name: str) -> None:
    for row in rows(name):
        account = some_signicat(**(NOTIFICATION if row.get("notification") else {}))
        ((flow, request),) = row["flow"].items()
        session = Session.open(account, {"flow": f"signicat_{flow}", **request}, SEED, T0)
        for _ in range(4):
            step = session.next(T0)
            assert isinstance(step, idvkit.Send)
            if step.request.operation == row["operation"]:
                break
            answer = {"access_token": "tok-1", "expires_in": 600, "token_type": "Bearer"}
            if step.request.operation == "signicat.create_dossier":
                answer = {"dossierId": "33333333-3333-4333-8333-333333333333"}
            session.handle(idvkit.HttpResponse(step.request.id, 200, [], json.dumps(answer).encode()), T0)
        sent = step.request
        assert (sent.method, sent.url) == (row["method"], "https://api.signicat.com" + row["path"]), row["id"]
        assert sent.body is not None and json.loads(sent.body) == row["body"], row["id"]


@runs("signicat/redirect")
def redirect(name: str) -> None:
    for row in rows(name):
        input = idvkit.Redirect(row["url"])
        check_reference(some_signicat(), input, row.get("dossier"), row.get("error"), row["id"])


@runs("signicat/callback")
def signicat_callback(name: str) -> None:
    account = some_signicat(**NOTIFICATION)
    for row in rows(name):
        headers = [] if row["authorization"] is None else [("AUTHORIZATION", row["authorization"])]
        input = idvkit.Callback("/n", headers, row["body"].encode())
        check_reference(account, input, row.get("reference"), row.get("error"), row["id"])


NOTIFICATION: Dict[str, Any] = {
    "notification": {
        "url": "https://merchant.example/n",
        "authorization_header": "Bearer abc",
        "previous_authorization_headers": ["Bearer old"],
    }
}


@runs("signicat/token")
def token(name: str) -> None:
    for row in rows(name):
        kinds = {"request": token_request, "refusal": token_refusal, "life": token_life}
        if row["kind"] != "answer":  # it has no call of its own yet
            kinds[row["kind"]](row)


def token_request(row: Dict[str, Any]) -> None:
    request = Run(some_signicat(profile=row["profile"]), PAPER).due()
    sent = {header.name: header.value for header in request.headers}
    assert (request.url, request.body) == (row["url"], row["form"].encode()), row["id"]
    assert sent.get("Authorization") == row["authorization"], row["id"]
    assert request.cache is not None and (request.cache.refused, request.cache.max_age_ms) == (None, 570_000), row["id"]


def token_refusal(row: Dict[str, Any]) -> None:
    run = Run(some_signicat(), PAPER)
    run.answer("signicat.token", row["status"], row["body"])
    outcome = run.outcome()
    assert isinstance(outcome, idvkit.Failed), row["id"]
    assert outcome.fault.provider_code == row["provider_code"] and not outcome.fault.retryable, row["id"]
    assert outcome.fault.class_ is idvkit.FaultClass.AUTHORIZATION, row["id"]


def token_life(row: Dict[str, Any]) -> None:
    """The last moment at which a token is used for another request, and the first at which a new one is asked for."""
    for at, operation in ((row["usable_ms"] - 1, "signicat.create_process"), (row["usable_ms"], "signicat.token")):
        if at < 0:
            continue
        run = Run(some_signicat(options={"token_skew_ms": row["skew_ms"]}), PAPER)
        run.answer("signicat.token", 200, {"access_token": "t", "expires_in": row["expires_in"]})
        request = run.due()
        run.now += at
        run.tell(idvkit.HttpResponse(request.id, 201, [], wire({"dossierId": DOSSIER})))
        assert run.next().request.operation == operation, (row["id"], at)


@runs("signicat/process")
def process(name: str) -> None:
    for row in rows(name):
        run = verified(row["body"])
        assert came_to(run) == row["outcome"], row["id"]
        evidence = run.session.evidence()
        assert (evidence is not None) == row["final"], row["id"]
        if evidence is None:
            continue
        assert (evidence.person is None) == (row["person"] is None), row["id"]
        if evidence.person is not None:
            person, document = evidence.person, evidence.person.document
            found = {"nationality": (person.nationalities or (None,))[0], "kind": document and document.kind}
            found["issuer_country"] = document and document.issuer_country
            found.update({name: getattr(person, name) for name in ("given_name", "family_name", "birthdate")})
            assert {name: found[name] for name in row["person"]} == row["person"], row["id"]


def verified(answer: Any) -> Run:
    """A session whose process says this at the first look."""
    run = Run(some_signicat(), PAPER)
    serve(run, "create_dossier", 201, {"dossierId": DOSSIER})
    serve(run, "create_process", 201, {"processId": PROCESS, "provider": "signicatpaper", "status": "pending"})
    png = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR" + struct.pack(">II", 10, 10) + bytes((8, 2, 0, 0, 0))
    run.tell(idvkit.Images([idvkit.Image("front", png)]))
    serve(run, "set_images", 200, b"")
    serve(run, "start", 200, b"")
    serve(run, "get_process", 200, answer)
    return run


def serve(run: Run, operation: str, status: int, body: Any) -> None:
    """Answers this; tokens on the way, as a host with a cache would."""
    while run.due().operation == "signicat.token":
        run.answer("signicat.token", 200, TOKEN)
    run.answer(f"signicat.{operation}", status, body)


def came_to(run: Run) -> Optional[str]:
    step = run.next()
    if isinstance(step, idvkit.Wait):
        return None
    assert isinstance(step, idvkit.Done), step
    outcome = step.outcome
    if isinstance(outcome, idvkit.Failed):
        assert outcome.fault.code == "process_failed"
    return str(outcome.decision) if isinstance(outcome, idvkit.Decided) else outcome.type


def some_signicat(**more: Any) -> Account:
    config = {"client_id": "client", "client_secret": "secret", "redirect_url": "https://merchant.example/back"}
    return Account(config, provider="signicat", **more)
