"""One call of the driver, with what it leads to recorded in the same transactions."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Dict, List, Optional, Sequence, Tuple

from .. import Answer, Ask, AskDeliver, Blob, By, Driver, HttpRequest, Reject, Row, Told, ToldDelivered, aio
from . import _events as events
from ._tables import At

if TYPE_CHECKING:
    from ._kit import Kit

__all__ = ["Drive", "Ledger", "StoreFailed"]


class StoreFailed(Exception):
    """The store raised an exception, which is the cause of this one."""


class Ledger:
    """The kit's tables as one call of the driver sees them, and what is to be recorded with its next change."""

    def __init__(self, kit: Kit, more: Optional[Dict[str, Any]] = None) -> None:
        self.id: Optional[str] = None
        """The verification that was loaded or stored."""
        self._kit, self._more = kit, more or {}
        self._delivery: Optional[str] = None
        self._noted: List[At] = []

    def note(self, event: events.Event) -> None:
        self._noted.append(At(self._kit.now(), event))

    def refused(self, reject: Reject) -> None:
        """What was to be told is told with the reason why it was not taken."""
        self._noted = [At(one.at, {**one.event, "reject": reject.code}) for one in self._noted if one.event["kind"] == "told"]

    async def load(self, by: By, blobs: Sequence[str]) -> Tuple[Optional[str], Sequence[Blob]]:
        try:
            loaded = await self._kit.tables.load(by, blobs)
        except Exception as error:
            raise StoreFailed from error
        if loaded is None:
            return None, ()
        self.id, self._delivery = loaded.id, loaded.delivery
        if loaded.erased:
            self._noted = [one for one in self._noted if one.event["kind"] != "erased"]
        return loaded.snapshot, loaded.blobs

    async def store(self, row: Row, expected: Optional[int], blobs: Sequence[Blob]) -> bool:
        now, delivery = self._kit.now(), row.delivery.id if row.delivery else None
        noted = [*self._noted]
        if expected is None:
            noted.insert(0, At(now, events.begun(row)))
        if row.outcome is not None and delivery != self._delivery:
            noted.append(At(now, events.outcome(row, row.outcome)))
        try:
            stored = await self._kit.tables.store(row, expected, blobs, noted, {"now": now, **self._more})
        except Exception as error:
            raise StoreFailed from error
        if stored:
            self._noted, self.id, self._delivery = [], row.id, delivery
            await self._kit.seen(row, noted)
        return stored

    async def close(self) -> None:
        """Records what no change took along."""
        noted, self._noted = self._noted, []
        if noted and self.id is not None:
            try:
                await self._kit.tables.record(self.id, noted)
            except Exception as error:
                raise StoreFailed from error
            await self._kit.observe(self.id, noted)


class Drive(aio.Client):
    """A client for one call."""

    def __init__(self, kit: Kit, ledger: Ledger) -> None:
        world = kit.world
        super().__init__(kit.accounts, ledger, self._measured, clock=kit.now, on_outcome=world.act)
        self._tokens, self._turns = kit.tokens, world.turns
        self._kit, self._ledger = kit, ledger

    async def run(self, driver: Driver) -> Ask:
        try:
            return await super().run(driver)
        finally:
            await self._ledger.close()

    async def told(self, driver: Driver, *notes: events.Event) -> Ask:
        """Runs a driver that hands in an input; the first note says which."""
        for note in notes:
            self._ledger.note(note)
        try:
            return await super().run(driver)
        except Reject as reject:
            self._ledger.refused(reject)
            raise
        finally:
            await self._ledger.close()

    async def _measured(self, request: HttpRequest) -> Optional[Answer]:
        begun, telemetry = time.monotonic(), self._kit.telemetry
        if telemetry is None:
            answer = await self._kit.world.send(request)
        else:
            with telemetry.exchange(request) as answered:
                answer = await self._kit.world.send(request)
                answered(answer)
        self._ledger.note(events.exchange(request, answer, round((time.monotonic() - begun) * 1000)))
        return answer

    async def _perform(self, ask: Ask, driver: Driver) -> Told:
        told = await super()._perform(ask, driver)
        if isinstance(ask, AskDeliver) and isinstance(told, ToldDelivered):
            self._ledger.note(events.delivered(ask, told.delivered))
        return told
