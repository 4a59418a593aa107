"""biometric.kz: metadata, personal numbers, results, webhooks."""

from __future__ import annotations

import json
from typing import Any, Dict, List

from support import SEED, T0, rows
from vectors_common import Run, check_reference, code_of, runs

import idvkit
from idvkit import Account, Reject, Session

SESSION = "3fa85f64-5717-4562-b3fc-2c963f66afa6"


@runs("biometric_kz/webhook")
def webhook(name: str) -> None:
    account = some_biometric_kz(webhook_secrets=["0123456789abcdef"])
    for row in rows(name):
        body = json.dumps(row["body"]).encode()
        input = idvkit.Callback("/idv/0123456789abcdef", [], body)
        check_reference(account, input, row["session_id"], row["code"], row["id"])


@runs("biometric_kz/metadata")
def metadata(name: str) -> None:
    for row in rows(name):
        account = some_biometric_kz(technologies=row["technologies"])
        request = {"flow": "biometric_kz_flow", "metadata": row["metadata"]}
        try:
            session = Session.open(account, request, SEED, T0)
        except Reject as reject:
            assert (reject.code, reject.field) == (row["code"], row["field"]), row["id"]
            continue
        assert row["code"] is None, row["id"]
        step = session.next(T0)
        assert isinstance(step, idvkit.Send) and step.request.body is not None
        assert json.loads(step.request.body).get("metadata") == row["sent"], row["id"]


@runs("biometric_kz/iin")
def iin(name: str) -> None:
    for row in given(name):
        request = {"flow": "biometric_kz_flow", "metadata": {"edocument": {"iin": {"value": row["input"]}}}}
        assert code_of(lambda: Session.open(some_biometric_kz(), request, SEED, T0)) == row["code"], row["id"]


@runs("biometric_kz/phone")
def phone(name: str) -> None:
    for row in given(name):
        request = {"flow": "biometric_kz_flow", "metadata": {"edocument": {"phone": {"value": row["input"]}}}}
        assert code_of(lambda: Session.open(some_biometric_kz(), request, SEED, T0)) == row["code"], row["id"]


def given(name: str) -> List[Dict[str, Any]]:
    """An empty text is no value in metadata."""
    return [row for row in rows(name) if row["input"]]


@runs("biometric_kz/result")
def result(name: str) -> None:
    for row in rows(name):
        request: Dict[str, Any] = {"flow": "biometric_kz_flow"}
        if row["fixed_iin"] is not None:
            request["metadata"] = {"edocument": {"iin": {"value": row["fixed_iin"], "changeable": False}}}
        run = Run(some_biometric_kz(), request, 1_750_000_000_000)
        run.answer("biometric_kz.create_session", 201, {"session_id": SESSION, "technologies": ["LDHP", "ED", "F2F"]})
        run.answer("biometric_kz.fetch_result", 200, row["body"])
        assert came_to(run) == row["outcome"], row["id"]
        if "stage" in row:
            assert run.outcome() == idvkit.Abandoned(row["stage"]), row["id"]
        evidence = run.session.evidence()
        assert (evidence is not None) == (row["outcome"] in list(idvkit.Decision)), row["id"]
        if evidence is None:
            continue
        if "reasons" in row:
            assert [reason.code for reason in evidence.reasons] == row["reasons"], row["id"]
        if "parts" in row:
            assert [[part.name, part.passed, part.score] for part in evidence.parts] == row["parts"], row["id"]
        if "person" in row:
            assert evidence.person is not None
            sources = (evidence.person, evidence.person.document)
            person = {name: next((getattr(one, name) for one in sources if hasattr(one, name)), None) for name in row["person"]}
            assert person == row["person"], row["id"]


def came_to(run: Run) -> str:
    step = run.next()
    if isinstance(step, idvkit.Done):
        outcome = step.outcome
        assert isinstance(outcome, (idvkit.Decided, idvkit.Abandoned)), outcome
        return str(outcome.decision) if isinstance(outcome, idvkit.Decided) else outcome.type
    # A fault keeps the page as it is; which one it was, the snapshot says.
    if isinstance(step, idvkit.Present):
        fault = run.fault()
        return str(fault["code"]) if fault else "open"
    assert isinstance(step, idvkit.Wait) and isinstance(step.why, idvkit.WhyVerdict), step
    return "open_done"


def some_biometric_kz(**more: Any) -> Account:
    return Account(provider="biometric_kz", api_key="TTpme201NiUMBA-a_key_for_tests_0123456789abcdefghijk", **more)
