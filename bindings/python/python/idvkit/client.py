"""Drives verifications with any HTTP client and any store: a loop around `Driver`. `idvkit.aio` has the same for `await`.

    client = Client(account, MemoryStore(), idvkit.httpx.sender(httpx.Client()))
    id = client.begin({"flow": "jumio_authentication", ...}, key="order-7")
    step = client.advance(id)
"""

from __future__ import annotations

import logging
import threading
import time
from secrets import token_bytes
from typing import Callable, Dict, Mapping, Optional, Union

from . import Account, Accounts, Answer, Ask, AskDeliver, AskExchange, AskHeard, AskLoad, AskRest, AskStore, Done
from . import Driver, HttpRequest, Input, Present, Send, Told, ToldDelivered, ToldExchanged, ToldLoaded, ToldStored, Tokens
from . import Verification, Wait
from .config import Plan
from .store import MemoryStore, Store

__all__ = ["Act", "Client", "Clock", "Exchange", "MemoryStore", "Rest", "Store", "system_clock"]

Clock = Callable[[], int]
"""Returns the time in milliseconds since 1970."""
Exchange = Callable[[HttpRequest], Optional[Answer]]
"""Sends a request exactly as it stands, once, without redirects. Returns `None` if no answer came within its time-out."""
Act = Callable[[AskDeliver, Verification], object]
"""Acts on an outcome. It returns when that is done for good, and raises if the outcome shall be delivered again later."""
Rest = Union[Present, Wait, Done]
"""What `advance` returns when everything that could be done is done and stored."""

_log = logging.getLogger("idvkit")


class Client:
    """Drives verifications with an HTTP client and a store. Several threads may use it if they may use those two.

    `accounts` is one account, or a mapping from names that you choose to accounts. With `on_outcome`, the outcome of every
    verification that begins here is passed to that function, at least once for each `delivery.id`; without it, `advance`
    returns the outcome. Every call raises `Reject` if it is refused, and any exception of the store.
    """

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

    def begin(self, plan: Plan, key: str) -> str:
        """Begins a verification and returns its id. If one with this key exists, returns the id of that. Nothing is sent yet."""
        seed, deliver = token_bytes(32), self._act is not None
        return begun(self.run(Driver.begin(self.accounts, plan, seed, key, self.clock(), deliver=deliver)))

    def advance(self, id: str) -> Rest:
        """Does everything that can be done now, and returns `Present`, `Wait` or `Done`."""
        return rest(self.run(Driver.advance(self.accounts, id)))

    def tell(self, id: str, input: Input) -> None:
        """Hands an input to a verification. What follows from it is done by the next `advance`, which a worker calls."""
        self.run(Driver.tell(self.accounts, id, input))

    def hear(self, input: Input, *, account: Optional[str] = None) -> Optional[str]:
        """Hands a `Callback` or `Redirect` to the verification that it belongs to, and returns its id; `None` if the input is
        genuine and belongs to no verification. If each account has its own URL, pass the account's name as `account`."""
        return heard(self.run(Driver.hear(self.accounts, input, self.clock(), account=account)))

    def verification(self, id: str) -> Optional[Verification]:
        """Loads a verification from the store with its evidence, to inspect it; `None` if there is none with this id."""
        driver = Driver.inspect(self.accounts, id)
        self.run(driver)
        return driver.verification()

    def run(self, driver: Driver) -> Ask:
        """Runs a driver: does what it asks until there is nothing more to do."""
        while not isinstance(ask := driver.ask(), (AskRest, AskHeard)):
            driver.told(self._perform(ask, driver), self.clock())
        return ask

    def exchange(self, request: HttpRequest) -> Optional[Answer]:
        """Performs one request once, or answers it from the cache; `None` if no answer came. Use it for requests outside a
        verification, such as an image after a decision."""
        return self._once(request, request.cache.key if request.cache else None)

    def _once(self, request: HttpRequest, exclusive: Optional[str]) -> Optional[Answer]:
        if exclusive is None:
            return self._send(request)
        with self._turns[exclusive]:
            answer = self._tokens.kept(request, self.clock())
            if answer is None and (answer := self._send(request)) is not None:
                self._tokens.keep(request, answer, self.clock())
            return answer

    def _perform(self, ask: Ask, driver: Driver) -> Told:
        if isinstance(ask, AskLoad):
            snapshot, blobs = self.store.load(ask.by, ask.blobs)
            return ToldLoaded(snapshot, tuple(blobs))
        if isinstance(ask, AskStore):
            return ToldStored(self.store.store(ask.row, ask.expected, ask.blobs))
        if isinstance(ask, AskExchange):
            return ToldExchanged(self._once(ask.request, ask.exclusive))
        assert isinstance(ask, AskDeliver), "nothing else is asked for before the end"
        return ToldDelivered(self._deliver(ask, driver.verification()))

    def _deliver(self, ask: AskDeliver, verification: Optional[Verification]) -> bool:
        if self._act is None or verification is None:
            return False
        try:
            self._act(ask, verification)
            return True
        except Exception:
            not_delivered(ask)
            return False


def system_clock() -> int:
    """The time in milliseconds since 1970, by the system's clock."""
    return time.time_ns() // 1_000_000


def begun(ask: Ask) -> str:
    id = heard(ask)
    assert id is not None, "what is begun has an id"
    return id


def heard(ask: Ask) -> Optional[str]:
    assert isinstance(ask, AskHeard), "what is told is heard"
    return ask.id


def rest(ask: Ask) -> Rest:
    assert isinstance(ask, AskRest) and not isinstance(ask.next, Send), "an advance comes to rest"
    return ask.next


def not_delivered(ask: AskDeliver) -> None:
    _log.exception("the outcome of %s could not be acted on; it comes again", ask.id)


class _Turns(Dict[str, threading.Lock]):
    def __missing__(self, key: str) -> threading.Lock:
        return self.setdefault(key, threading.Lock())
