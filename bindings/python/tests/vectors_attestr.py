"""Attestr: handshakes, results, what the page's handlers say, webhooks."""

from __future__ import annotations

import json
from typing import Any, Dict, Optional

from support import SEED, rows, vector
from vectors_common import Run, check_reference, runs, to_wire

import idvkit
from idvkit import Account, Reject, Session

START = 1_750_000_000_000
HANDSHAKE = "DS02zfeuv6n4gkq51hvw6"


def live(file: Dict[str, Any]) -> Run:
    """A session whose handshake exists."""
    request = {"flow": "attestr_flowx", "flow_id": "FX02zfeuvcj36knhn06us", "tag": "TAG567822"}
    run = Run(Account(file["config"], provider="attestr"), {**request, "variables": {"pan": "ABCPE1234F"}}, START)
    run.answer("attestr.create_handshake", 200, {"_id": HANDSHAKE, "number": "3804-324489-8469", "digest": "x"})
    return run


@runs("attestr/handshake")
def handshake(name: str) -> None:
    file = vector(name)
    account = Account(file["config"], provider="attestr")
    for case in rows(name):
        try:
            session = Session.open(account, {"flow": "attestr_flowx", **case["request"]}, SEED, file["now"])
        except Reject as reject:
            assert (reject.code, reject.field) == (case.get("code"), case.get("field")), case["id"]
            continue
        assert "code" not in case, case["id"]
        step = session.next(file["now"])
        assert isinstance(step, idvkit.Send) and step.request.body is not None
        assert json.loads(step.request.body) == case["body"], case["id"]


@runs("attestr/webhook")
def attestr_webhook(name: str) -> None:
    account = Account(vector(name)["config"], provider="attestr")
    for case in rows(name):
        headers = [] if case["authorization"] is None else [("Authorization", case["authorization"])]
        input = idvkit.Callback("/", headers, case["body"].encode())
        check_reference(account, input, case.get("reference"), case.get("code"), case["id"])


@runs("attestr/result")
def result(name: str) -> None:
    file = vector(name)
    for case in rows(name):
        run, place, expect = live(file), case["id"], case["expect"]
        run.see(idvkit.SeenEvent("onFlowxSuccess", json.dumps({"signature": case["claim"]})))
        run.answer("attestr.fetch_result", case["status"], case["body"])
        step = run.next()
        if isinstance(step, idvkit.Done) and isinstance(step.outcome, idvkit.Decided):
            assert (expect, step.outcome.decision) == ("completed", idvkit.Decision.COMPLETED), place
        elif isinstance(step, idvkit.Done):
            assert isinstance(step.outcome, idvkit.Failed) and step.outcome.fault.code == expect, place
        else:
            fault = run.fault()
            assert isinstance(step, idvkit.Wait) and (fault["code"] if fault else "not_yet") == expect, (place, step)
        evidence = run.session.evidence()
        assert (evidence is not None) == (expect == "completed"), place
        if evidence is not None:
            assert isinstance(evidence.basis, idvkit.BasisSigned) and evidence.basis.form == case["form"], place
            assert evidence.raw.decode() == case["raw"], place
            assert [[part.name, part.status] for part in evidence.parts] == case["parts"], place


@runs("attestr/launch")
def launch(name: str) -> None:
    file = vector(name)
    for case in rows(name):
        expected, place = case["outcome"], case["id"]
        run = live(file)
        run.see(idvkit.SeenEvent(case["handler"], case["data"]))
        if "claims" in expected:
            assert isinstance(run.next(), idvkit.Send) == expected["claims"], place
            continue
        outcome = settled(run)
        if isinstance(outcome, idvkit.Abandoned):
            assert expected["abandoned"] and outcome.stage == expected["stage"], place
            continue
        assert isinstance(outcome, idvkit.Failed), place
        fault = to_wire(outcome.fault)
        assert {name: fault.get(name) for name in expected["fault"]} == expected["fault"], place
        assert left_at(file, case) == expected["stage"], place


def settled(run: Run) -> Any:
    """Lets the settle time pass; the fetches bring nothing."""
    while not isinstance(step := run.next(), idvkit.Done):
        if isinstance(step, idvkit.Send):
            run.answer("attestr.fetch_result", 200, {"_id": HANDSHAKE})
        else:
            run.wait()
    return step.outcome


def left_at(file: Dict[str, Any], case: Dict[str, Any]) -> Optional[str]:
    """The stage at which a session is erased after the same words: an error's outcome itself has none."""
    run = live(file)
    run.see(idvkit.SeenEvent(case["handler"], case["data"]))
    run.tell(idvkit.Erase(False))
    outcome = run.outcome()
    assert isinstance(outcome, idvkit.Abandoned)
    return outcome.stage
