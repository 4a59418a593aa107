"""What happened to a verification, as its timeline and the observer have it: never a URL, a body, a secret."""

from __future__ import annotations

from typing import Dict, Mapping, Optional

from .. import Answer, AskDeliver, Decided, Failed, HttpRequest, Input, Outcome, Row

__all__ = ["Event", "begun", "delivered", "erased", "exchange", "outcome", "provider_of", "told", "word_of"]

Event = Mapping[str, object]


def begun(row: Row) -> Event:
    return {"kind": "begun", "provider": str(row.provider), "account": row.account}


def told(input: Input, reject: Optional[str] = None) -> Event:
    return _without_none({"kind": "told", "input": input.type, "reject": reject})


def exchange(request: HttpRequest, answer: Optional[Answer], duration_ms: int) -> Event:
    status = None if answer is None else answer.status
    about = {"kind": "exchange", "provider": provider_of(request), "operation": request.operation}
    return _without_none({**about, "status": status, "duration": duration_ms})


def outcome(row: Row, ended: Outcome) -> Event:
    code = str(ended.fault.code) if isinstance(ended, Failed) else None
    replaces = row.delivery.replaces if row.delivery else None
    return _without_none({"kind": "outcome", "outcome": word_of(ended), "code": code, "replaces": replaces})


def delivered(ask: AskDeliver, done: bool) -> Event:
    """`failures`: how many attempts had failed before."""
    return {"kind": "delivered", "delivery": ask.delivery.id, "failures": ask.delivery.failures, "done": done}


def erased(by: str) -> Event:
    return {"kind": "erased", "by": by}


def provider_of(request: HttpRequest) -> str:
    return request.operation.partition(".")[0]


def word_of(ended: Outcome) -> str:
    return str(ended.decision) if isinstance(ended, Decided) else ended.type


def _without_none(event: Dict[str, object]) -> Event:
    return {name: value for name, value in event.items() if value is not None}
