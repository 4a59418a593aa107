"""`idvkit.client` for `await`, on asyncio and trio. Needs anyio, which httpx and most web frameworks bring along.

    client = Client(account, MemoryStore(), idvkit.httpx.async_sender(httpx.AsyncClient()))
    id = await client.begin({"flow": "jumio_authentication", ...}, key="order-7")
    step = await client.advance(id)
"""

from __future__ import annotations

from secrets import token_bytes
from typing import Awaitable, Callable, Dict, Mapping, Optional, Protocol, Sequence, Tuple, Union

import anyio

from . import Account, Accounts, Answer, Ask, AskDeliver, AskExchange, AskHeard, AskLoad, AskRest, AskStore, Blob, By
from . import ById, Driver, HttpRequest, Input, Row, Told, ToldDelivered, ToldExchanged, ToldLoaded, ToldStored, Tokens
from . import Verification, store
from .client import Clock, Rest, begun, heard, not_delivered, rest, system_clock
from .config import Plan

__all__ = ["Act", "Client", "Clock", "Exchange", "MemoryStore", "Rest", "Store", "system_clock"]

Exchange = Callable[[HttpRequest], Awaitable[Optional[Answer]]]
"""Sends a request exactly as it stands, once, and follows no redirect. `None` if no answer came within its time-out."""
Act = Callable[[AskDeliver, Verification], Awaitable[object]]
"""Acts on an outcome: returns when that is done for good, raises if it is to come again later."""


class Store(Protocol):
    """`idvkit.store.Store` for `await`."""

    async def load(self, by: By, blobs: Sequence[str]) -> Tuple[Optional[str], Sequence[Blob]]: ...

    async def store(self, row: Row, expected: Optional[int], blobs: Sequence[Blob]) -> bool: ...


class MemoryStore:
    """`idvkit.store.MemoryStore` for `await`."""

    def __init__(self) -> None:
        self.rows = store.MemoryStore()
        """The rows themselves, to look at."""

    async def load(self, by: By, blobs: Sequence[str]) -> Tuple[Optional[str], Sequence[Blob]]:
        return self.rows.load(by, blobs)

    async def store(self, row: Row, expected: Optional[int], blobs: Sequence[Blob]) -> bool:
        return self.rows.store(row, expected, blobs)


class Client:
    """`idvkit.client.Client` for `await`. It may be used from all tasks of one event loop."""

    def __init__(
        self,
        accounts: Union[Account, Mapping[str, Account], Accounts],
        store: Store,
        exchange: Exchange,
        *,
        clock: Optional[Clock] = None,
        on_outcome: Optional[Act] = None,
    ) -> None:
        self.accounts, self.store, self.clock = Accounts(accounts), store, clock or system_clock
        self._send, self._act = exchange, on_outcome
        self._tokens, self._turns = Tokens(), _Turns()

    async def begin(self, plan: Plan, key: str) -> str:
        """Begins a verification, unless there is one of this key; gives the id of the one or the other. Nothing is sent yet."""
        seed, deliver = token_bytes(32), self._act is not None
        return begun(await self.run(Driver.begin(self.accounts, plan, seed, key, self.clock(), deliver=deliver)))

    async def advance(self, id: str) -> Rest:
        """Does what can be done now, until the user, a wait or the end is reached, and says which."""
        return rest(await self.run(Driver.advance(self.accounts, id)))

    async def tell(self, id: str, input: Input) -> None:
        """Tells a verification something. A worker sees to what follows from it."""
        await self.run(Driver.tell(self.accounts, id, input))

    async def hear(self, input: Input, *, account: Optional[str] = None) -> Optional[str]:
        """Tells a `Callback` or `Redirect` to the verification that it is about, and gives its id; `None` if it is nobody's.
        `account` names the one that it can be from, if the URL at which it came says so."""
        return heard(await self.run(Driver.hear(self.accounts, input, self.clock(), account=account)))

    async def verification(self, id: str) -> Optional[Verification]:
        """A verification as it is stored, to look at it; `None` if there is none."""
        snapshot, _ = await self.store.load(ById(id), ())
        return None if snapshot is None else Verification.restore(self.accounts, snapshot)

    async def run(self, driver: Driver) -> Ask:
        """The loop: does what a driver asks, until it asks for nothing more."""
        while not isinstance(ask := driver.ask(), (AskRest, AskHeard)):
            driver.told(await self._perform(ask, driver), self.clock())
        return ask

    async def exchange(self, request: HttpRequest) -> Optional[Answer]:
        """Performs one request, once, or gives what is kept; `None` if no answer came. For what no verification asks for, such
        as an image after a decision."""
        return await self._once(request, request.cache.key if request.cache else None)

    async def _once(self, request: HttpRequest, exclusive: Optional[str]) -> Optional[Answer]:
        if exclusive is None:
            return await self._send(request)
        async with self._turns[exclusive]:
            answer = self._tokens.kept(request, self.clock())
            if answer is None and (answer := await self._send(request)) is not None:
                self._tokens.keep(request, answer, self.clock())
            return answer

    async def _perform(self, ask: Ask, driver: Driver) -> Told:
        if isinstance(ask, AskLoad):
            snapshot, blobs = await self.store.load(ask.by, ask.blobs)
            return ToldLoaded(snapshot, tuple(blobs))
        if isinstance(ask, AskStore):
            return ToldStored(await self.store.store(ask.row, ask.expected, ask.blobs))
        if isinstance(ask, AskExchange):
            return ToldExchanged(await self._once(ask.request, ask.exclusive))
        assert isinstance(ask, AskDeliver), "nothing else is asked for before the end"
        return ToldDelivered(await self._deliver(ask, driver.verification()))

    async def _deliver(self, ask: AskDeliver, verification: Optional[Verification]) -> bool:
        if self._act is None or verification is None:
            return False
        try:
            await self._act(ask, verification)
            return True
        except Exception:
            not_delivered(ask)
            return False


class _Turns(Dict[str, anyio.Lock]):
    def __missing__(self, key: str) -> anyio.Lock:
        return self.setdefault(key, anyio.Lock())
