"""`idvkit.client` for `await`, on asyncio and trio. It needs anyio, which httpx and most web frameworks depend on.

    client = Client(account, MemoryStore(), idvkit.httpx.async_sender(httpx.AsyncClient()))
    id = await client.begin({"flow": "jumio_authentication", ...}, key="order-7")
    step = await client.advance(id)
"""

from __future__ import annotations

from secrets import token_bytes
from typing import AsyncContextManager, Awaitable, Callable, Dict, Mapping, Optional, Protocol, Sequence, Tuple, Union

import anyio

from . import Account, Accounts, Answer, Ask, AskDeliver, AskExchange, AskHeard, AskLoad, AskRest, AskStore, Blob, By
from . import Driver, HttpRequest, Input, Row, Told, ToldDelivered, ToldExchanged, ToldLoaded, ToldStored, Tokens
from . import Verification, store
from .client import Clock, Rest, begun, heard, not_delivered, rest, system_clock
from .config import Plan

__all__ = ["Act", "Client", "Clock", "Exchange", "MemoryStore", "Rest", "Store", "system_clock"]

Exchange = Callable[[HttpRequest], Awaitable[Optional[Answer]]]
"""Sends a request exactly as it stands, once, without redirects. Returns `None` if no answer came within its time-out."""
Act = Callable[[AskDeliver, Verification], Awaitable[object]]
"""Acts on an outcome. It returns when that is done for good, and raises if the outcome shall be delivered again later."""


class Store(Protocol):
    """`idvkit.store.Store` for `await`."""

    async def load(self, by: By, blobs: Sequence[str]) -> Tuple[Optional[str], Sequence[Blob]]: ...

    async def store(self, row: Row, expected: Optional[int], blobs: Sequence[Blob]) -> bool: ...


class MemoryStore:
    """`idvkit.store.MemoryStore` for `await`."""

    def __init__(self) -> None:
        self.rows = store.MemoryStore()
        """The rows, to inspect them."""

    async def load(self, by: By, blobs: Sequence[str]) -> Tuple[Optional[str], Sequence[Blob]]:
        return self.rows.load(by, blobs)

    async def store(self, row: Row, expected: Optional[int], blobs: Sequence[Blob]) -> bool:
        return self.rows.store(row, expected, blobs)


class Client:
    """`idvkit.client.Client` for `await`. All tasks of one event loop may use it."""

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
        self._tokens = Tokens()
        self._turns: Mapping[str, AsyncContextManager[object]] = _Turns()

    async def begin(self, plan: Plan, key: str) -> str:
        """Begins a verification and returns its id. If one with this key exists, returns the id of that. Nothing is sent yet."""
        seed, deliver = token_bytes(32), self._act is not None
        return begun(await self.run(Driver.begin(self.accounts, plan, seed, key, self.clock(), deliver=deliver)))

    async def advance(self, id: str) -> Rest:
        """Does everything that can be done now, and returns `Present`, `Wait` or `Done`."""
        return rest(await self.run(Driver.advance(self.accounts, id)))

    async def tell(self, id: str, input: Input) -> None:
        """Hands an input to a verification. What follows from it is done by the next `advance`, which a worker calls."""
        await self.run(Driver.tell(self.accounts, id, input))

    async def hear(self, input: Input, *, account: Optional[str] = None) -> Optional[str]:
        """Hands a `Callback` or `Redirect` to the verification that it belongs to, and returns its id; `None` if the input is
        genuine and belongs to no verification. If each account has its own URL, pass the account's name as `account`."""
        return heard(await self.run(Driver.hear(self.accounts, input, self.clock(), account=account)))

    async def verification(self, id: str) -> Optional[Verification]:
        """Loads a verification from the store with its evidence, to inspect it; `None` if there is none with this id."""
        driver = Driver.inspect(self.accounts, id)
        await self.run(driver)
        return driver.verification()

    async def run(self, driver: Driver) -> Ask:
        """Runs a driver: does what it asks until there is nothing more to do."""
        while not isinstance(ask := driver.ask(), (AskRest, AskHeard)):
            driver.told(await self._perform(ask, driver), self.clock())
        return ask

    async def exchange(self, request: HttpRequest) -> Optional[Answer]:
        """Performs one request once, or answers it from the cache; `None` if no answer came. Use it for requests outside a
        verification, such as an image after a decision."""
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
