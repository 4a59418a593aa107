"""Read by mypy and pyright only: what the types promise. Each `ignore` is a mistake that they must find."""

from __future__ import annotations

from typing import List, Optional

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
    Retry,
    Send,
    Session,
    Wait,
    read,
)


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
    session.handle({"type": "retry"}, 1)  # type: ignore
    session.handle(HttpResponse("id", 200, [], "text"), 1)  # type: ignore
    session.handle(Redirect(b"url"), 1)  # type: ignore
    step.request.url = "another"  # type: ignore
    Session.open(account, {}, "seed", 1)  # type: ignore
    read("{}", Retry())  # type: ignore
    evidence = session.evidence()
    evidence.raw  # type: ignore
    if evidence is not None and isinstance(evidence, Evidence):
        raw: bytes = evidence.raw
        del raw
    return session.references


def outcomes(done: Done) -> bool:
    return isinstance(done.outcome, Decided) and done.outcome.decision is Decision.APPROVED
