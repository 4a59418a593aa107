"""What the kit does, written once for `await`: blocking and other hosts bring their I/O."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass, field
from inspect import isawaitable
from secrets import token_bytes
from typing import Any, AsyncContextManager, AsyncIterator, Awaitable, Callable, Dict, List, Mapping, Optional, Sequence, Union

from .. import Accounts, AskHeard, Driver, Erase, Input, Journey, Outcome, Present, Redirect, Callback, Reject, Row, Tokens
from .. import Done, Verification, aio
from ..client import Clock, Rest, begun, rest
from ..config import Plan
from . import _events as events
from ._drive import Drive, Ledger
from ._tables import At, Tables
from ._telemetry import Telemetry

__all__ = ["Heard", "Kit", "Observer", "Options", "Pause", "State", "World"]

Observer = Callable[[Mapping[str, Any]], object]
"""Gets every event, with `verification` and `at`. An exception of it is logged."""
Pause = Callable[[float], Awaitable[object]]
"""Waits for some seconds."""

KEEP_ALIVE_SECONDS = 15
_log = logging.getLogger("idvkit")


@dataclass(frozen=True)
class World:
    """The I/O of a host. What a blocking host awaits here never suspends."""

    send: aio.Exchange
    act: aio.Act
    clock: Clock
    turns: Mapping[str, AsyncContextManager[object]]
    """A lock for each key."""
    pause: Pause


@dataclass(frozen=True)
class Options:
    """The options that the call `Verifications` has."""

    page: Optional[Callable[[str], str]] = None
    origins: Sequence[str] = ()
    retention: Optional[int] = None
    observer: Optional[Observer] = None
    telemetry: bool = False


@dataclass(frozen=True)
class State:
    """What the user has to see now."""

    id: str
    state: str
    """`journey`: show it. `waiting`: the provider decides. `done`: it has ended."""
    journey: Optional[Journey] = None
    until: Optional[int] = None
    """For `journey` and `waiting`: when the server looks again at the latest, in milliseconds since 1970."""
    outcome: Optional[Outcome] = None

    def to_json(self) -> str:
        """The state as the route `state` answers it."""
        members = [f'"id":{json.dumps(self.id)},"state":"{self.state}"']
        if self.journey is not None:
            members.append(f'"journey":{self.journey.to_json()}')
        if self.until is not None:
            members.append(f'"until":{self.until}')
        if self.outcome is not None:
            members.append(f'"outcome":{self.outcome.to_json()}')
        return f"{{{','.join(members)}}}"


@dataclass(frozen=True)
class Heard:
    """What came of a callback or redirect."""

    id: Optional[str]
    """The verification that it belongs to, also if it was refused there."""
    reject: Optional[Reject] = None


@dataclass
class Kit:
    """Accounts, tables and a host's I/O."""

    accounts: Accounts
    tables: Tables
    world: World
    options: Options
    tokens: Tokens = field(default_factory=Tokens)
    telemetry: Optional[Telemetry] = None
    wakers: List[Callable[[], object]] = field(default_factory=lambda: [])
    """Called when a row is due now."""

    def __post_init__(self) -> None:
        if self.options.telemetry:
            self.telemetry = Telemetry()

    def now(self) -> int:
        return self.world.clock()

    async def begin(self, plan: Plan, key: str, subject: str) -> str:
        drive = self._drive({"subject": subject})
        driver = Driver.begin(self.accounts, plan, token_bytes(32), key, self.now(), deliver=True)
        return begun(await drive.run(driver))

    async def advance(self, id: str) -> Rest:
        return rest(await self._drive().run(Driver.advance(self.accounts, id)))

    async def state(self, id: str) -> State:
        step = await self.advance(id)
        if isinstance(step, Present):
            return State(id, "journey", step.journey, step.until)
        if isinstance(step, Done):
            return State(id, "done", outcome=step.outcome)
        return State(id, "waiting", until=step.until)

    async def changes(self, id: str) -> AsyncIterator[Optional[State]]:
        """The state at once and after each change, until it is done; `None` where nothing happened for a while."""
        shown, silence = None, 0
        while True:
            state = await self.state(id)
            if state != shown:
                shown, silence = state, 0
                yield state
            elif silence >= KEEP_ALIVE_SECONDS:
                silence = 0
                yield None
            if state.state == "done":
                return
            await self.world.pause(1)
            silence += 1

    async def tell(self, id: str, input: Input) -> None:
        await self._drive().told(Driver.tell(self.accounts, id, input), events.told(input))

    async def erase(self, id: str, at_provider: bool, by: str) -> None:
        ledger = Ledger(self, {"erased": self.now()})
        input = Erase(at_provider)
        await Drive(self, ledger).told(Driver.tell(self.accounts, id, input), events.told(input), events.erased(by))

    async def hear(self, input: Union[Redirect, Callback], account: Optional[str] = None) -> Heard:
        ledger = Ledger(self)
        try:
            driver = Driver.hear(self.accounts, input, self.now(), account=account)
            ask = await Drive(self, ledger).told(driver, events.told(input))
        except Reject as reject:
            return Heard(ledger.id, reject)
        return Heard(ask.id if isinstance(ask, AskHeard) else None)

    async def verification(self, id: str) -> Optional[Verification]:
        return await self._drive().verification(id)

    async def work_off(self, id: str) -> None:
        """Advances a verification that this worker has taken. If that fails, the lease stays: it is tried again later."""
        driver = Driver.advance(self.accounts, id)
        try:
            await self._drive().run(driver)
            if (verification := driver.verification()) is not None:
                await self.tables.release(id, verification.revision)
        except Exception:
            _log.exception("the verification %s could not be advanced; it is tried again", id)

    async def take(self, limit: int) -> List[str]:
        """Takes what is due; nothing if the store fails."""
        try:
            return await self.tables.take_due(self.now(), limit)
        except Exception:
            _log.exception("the store could not be asked for what is due; it is asked again")
            return []

    async def sweep(self) -> None:
        """Erases what is older than the retention."""
        if self.options.retention is None:
            return
        try:
            now = self.now()
            for id in await self.tables.take_old(now, now - self.options.retention):
                await self._forget(id)
        except Exception:
            _log.exception("the store could not be asked for what is to be erased; it is asked again")

    async def seen(self, row: Row, noted: Sequence[At]) -> None:
        """A change was stored."""
        await self.observe(row.id, noted)
        if row.due is not None and row.due <= self.now():
            self.wake()

    def wake(self) -> None:
        for waker in self.wakers:
            waker()

    async def observe(self, id: str, noted: Sequence[At]) -> None:
        for one in noted:
            if self.telemetry is not None:
                self.telemetry.count(one.event)
            if self.options.observer is not None:
                await self._observed({"verification": id, "at": one.at, **one.event})

    async def _observed(self, event: Dict[str, Any]) -> None:
        try:
            seen = self.options.observer(event) if self.options.observer else None
            if isawaitable(seen):
                await seen
        except Exception:
            _log.exception("the observer failed")

    async def _forget(self, id: str) -> None:
        try:
            await self.erase(id, at_provider=True, by="retention")
        except Exception:
            _log.exception("the verification %s could not be erased; it is tried again", id)

    def _drive(self, more: Optional[Dict[str, Any]] = None) -> Drive:
        return Drive(self, Ledger(self, more))
