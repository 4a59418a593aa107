"""How vectors are run: a register of runners, and a session that is restored before each step."""

from __future__ import annotations

import base64
import json
from typing import Any, Callable, Dict, Optional

from support import SEED, T0, body_of

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
        before = self.session
        self.session = Session.restore(self.account, before.snapshot())
        for blob in before.blobs():
            assert self.session.supply(blob.bytes)
        return self.session.next(self.now)

    def tell(self, input: Any) -> None:
        self.session.handle(input, self.now)

    def wait(self) -> None:
        """Time passes until something is due."""
        step = self.next()
        assert isinstance(step, (idvkit.Wait, idvkit.Present)) and step.until >= self.now, step
        self.now = step.until

    def due(self) -> idvkit.HttpRequest:
        """The request that is due now, or next."""
        while not isinstance(step := self.next(), idvkit.Send):
            self.wait()
        return step.request

    def answer(self, operation: str, status: int, body: Any, headers: Any = ()) -> None:
        """Answers it: with bytes and text as they are, anything else as JSON."""
        request = self.due()
        assert request.operation == operation, request.operation
        if not request.idempotent:
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


def to_input(wire: Dict[str, Any], first: str = "") -> Any:
    """The classes are called as the wire says: the tag is the name of the class. `first` stands for `$id`."""
    members = {name: value for name, value in wire.items() if name != "type"}
    if members.get("id") == "$id":
        members["id"] = first
    if "body" in members:
        members["body"] = body_of(members["body"])
    if "images" in members:
        members["images"] = [idvkit.Image(one["slot"], body_of(one["bytes"])) for one in members["images"]]
    return getattr(idvkit, "".join(word.capitalize() for word in wire["type"].split("_")))(**members)


def to_wire(value: Any) -> Any:
    """The form of transcripts: classes as objects, bytes as text or base64."""
    if isinstance(value, bytes):
        try:
            return {"text": value.decode()}
        except UnicodeDecodeError:
            return {"base64": base64.b64encode(value).decode()}
    if isinstance(value, (idvkit.Header, idvkit.Reference)):
        return [getattr(value, name) for name in value.__slots__]
    if isinstance(value, tuple):
        return [to_wire(one) for one in value]
    if isinstance(value, str):
        return str(value)
    if hasattr(value, "__slots__"):
        members = {name.rstrip("_"): to_wire(getattr(value, name)) for name in value.__slots__}
        return {"type": value.type, **members} if hasattr(value, "type") else members
    return value


def check_reference(account: Account, input: Any, reference: Optional[str], code: Optional[str], case: str) -> None:
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
