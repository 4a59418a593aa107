"""How vectors are run: a register of runners, and a session that is restored before each step."""

from __future__ import annotations

import json
from typing import Any, Callable, Dict, Optional, Tuple

from support import SEED, T0

import idvkit
from idvkit import Account, Reject, Session

RUN: Dict[str, Callable[[str], None]] = {}


def runs(name: str) -> Callable[[Callable[[str], None]], Callable[[str], None]]:
    def register(function: Callable[[str], None]) -> Callable[[str], None]:
        RUN[name] = function
        return function

    return register


class Run:
    """A session fed with a vector's bytes, and its clock."""

    def __init__(self, account: Account, request: Dict[str, Any], now: int = T0) -> None:
        self.account, self.now = account, now
        self.session = Session.open(account, request, SEED, now)

    def next(self) -> Any:
        self.session = Session.restore(self.account, self.session.snapshot())
        return self.session.next(self.now)

    def tell(self, input: Any) -> None:
        self.session.handle(input, self.now)

    def wait(self) -> None:
        """Time passes until something is due."""
        step = self.next()
        assert isinstance(step, (idvkit.Wait, idvkit.Present)) and step.until >= self.now, step
        self.now = step.until

    def due(self, operation: str) -> idvkit.HttpRequest:
        """The request that is due now, or next."""
        while not isinstance(self.next(), idvkit.Send):
            self.wait()
        request: idvkit.HttpRequest = self.next().request
        assert request.operation == operation, request.operation
        return request

    def answer(self, operation: str, status: int, body: Any, headers: Any = ()) -> None:
        """Answers it: with bytes and text as they are, anything else as JSON."""
        request = self.due(operation)
        if not request.repeatable:
            self.tell(idvkit.Sending(request.id))
        self.tell(idvkit.HttpResponse(request.id, status, headers, wire(body)))

    def see(self, seen: Any) -> None:
        step = self.next()
        assert isinstance(step, idvkit.Present), step
        hint = idvkit.read(step.journey, seen)
        assert hint is not None
        self.tell(idvkit.Hint(hint))

    def outcome(self) -> Any:
        step = self.next()
        assert isinstance(step, idvkit.Done), step
        return step.outcome

    def fault(self) -> Optional[Dict[str, Any]]:
        """What the last answer counted as. A short back-off may hide behind the plan's gap, so `next` does not always say."""
        fault: Optional[Dict[str, Any]] = json.loads(self.session.snapshot())["session"]["call"]["fault"]
        return fault


def wire(body: Any) -> bytes:
    if isinstance(body, bytes):
        return body
    return body.encode() if isinstance(body, str) else json.dumps(body).encode()


def examined(subject: str, document: Any) -> Tuple[Optional[Dict[str, Any]], Optional[str]]:
    """What is found, and the code of the refusal."""
    try:
        return idvkit.examine(subject, document), None
    except Reject as reject:
        return None, reject.code


def check_reference(
    account: Account, input: Any, reference: Optional[str], code: Optional[str], case: str
) -> None:
    try:
        assert account.reference_of(input, T0) == reference, case
        assert code is None, case
    except Reject as reject:
        assert reject.code == code, case


def code_of(call: Callable[[], object]) -> Optional[str]:
    try:
        call()
    except Reject as reject:
        return reject.code
    return None
