"""Drives a session over httpx: I/O, and nothing else. Needs `pip install idvkit[httpx]`.

`advance` performs what `next` asks until the user, a wait or the end is reached, and stores every change with
compare-and-swap, so that several workers may drive the same session. It follows no redirects, repeats nothing by itself,
reads at most 32 MiB of an answer, and logs the operation, never a URL.

One caution: httpx itself logs each URL at the level INFO of the logger `httpx`; `advance` keeps that logger at WARNING
unless your program has set its level.
"""

from __future__ import annotations

import asyncio
import json
import logging
import threading
import time
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from contextvars import copy_context
from typing import Callable, Dict, Optional, Protocol, Tuple, Union
from weakref import WeakKeyDictionary

import httpx

from . import (
    Account,
    Cache,
    Done,
    Header,
    HttpFailed,
    HttpRequest,
    HttpResponse,
    Input,
    Present,
    Reject,
    Send,
    Sending,
    Session,
    Wait,
)

__all__ = ["AsyncStore", "Conflict", "MemoryStore", "Rest", "Store", "aadvance", "advance", "atell", "system_clock", "tell"]

MAX_ANSWER_BYTES = 32 * 1024 * 1024
"""The largest answer that is read. Beyond it, the request counts as failed."""

Clock = Callable[[], int]
Rest = Union[Present, Wait, Done]
"""Where `advance` comes to rest: all that is to be sent has been sent."""


class Store(Protocol):
    """One stored session: the row that a worker loads and swaps."""

    def load(self) -> Session:
        """Loads the session as it is stored now."""
        ...

    def swap(self, expected: int, session: Session) -> bool:
        """Replaces it if its stored revision is still `expected`; `False` if another worker was first."""
        ...


class AsyncStore(Protocol):
    """The same, asynchronously."""

    async def load(self) -> Session: ...

    async def swap(self, expected: int, session: Session) -> bool: ...


class Conflict(Exception):
    """Other workers kept changing the session; try again."""


def advance(client: httpx.Client, store: Store, *, clock: Optional[Clock] = None) -> Rest:
    """Performs what the session asks until the user, a wait or the end is reached, and says which.

    A request that must not be sent twice is claimed and stored before it is sent. Access tokens are kept per client,
    and fetched once for all sessions that wait for one. `clock` gives milliseconds since 1970.

    Raises `Reject` with `now_out_of_range` if it gives something else, `Conflict`, and whatever the store raises.
    """
    now = clock or system_clock
    for _ in range(_MAX_CONFLICTS):
        session = store.load()
        step = session.next(now())
        if not isinstance(step, Send):
            return step
        if not step.request.idempotent:
            before = session.revision
            if not _claims(session, step.request, now()) or not store.swap(before, session):
                continue
        answer = _send(client, step.request, now)
        try:
            tell(store, answer, clock=now)
        except Reject as reject:
            _unless(reject, "stale")
    raise Conflict(_CONFLICT)


async def aadvance(client: httpx.AsyncClient, store: AsyncStore, *, clock: Optional[Clock] = None) -> Rest:
    """`advance` for asyncio."""
    now = clock or system_clock
    for _ in range(_MAX_CONFLICTS):
        session = await store.load()
        step = session.next(now())
        if not isinstance(step, Send):
            return step
        if not step.request.idempotent:
            before = session.revision
            if not _claims(session, step.request, now()) or not await store.swap(before, session):
                continue
        answer = await _asend(client, step.request, now)
        try:
            await atell(store, answer, clock=now)
        except Reject as reject:
            _unless(reject, "stale")
    raise Conflict(_CONFLICT)


def tell(store: Store, input: Input, *, clock: Optional[Clock] = None) -> None:
    """Tells the stored session something: loads, handles, swaps, and does it again if another worker was first.

    Raises `Reject` if the session refuses it.
    """
    for _ in range(_MAX_CONFLICTS):
        session = store.load()
        before = session.revision
        session.handle(input, (clock or system_clock)())
        if session.revision == before or store.swap(before, session):
            return
    raise Conflict(_CONFLICT)


async def atell(store: AsyncStore, input: Input, *, clock: Optional[Clock] = None) -> None:
    """`tell` for asyncio."""
    for _ in range(_MAX_CONFLICTS):
        session = await store.load()
        before = session.revision
        session.handle(input, (clock or system_clock)())
        if session.revision == before or await store.swap(before, session):
            return
    raise Conflict(_CONFLICT)


class MemoryStore:
    """A store in memory, for tests and programs that live as long as their session. It keeps the snapshot's text, as a
    database would."""

    def __init__(self, account: Account, session: Session) -> None:
        self._account = account
        self._lock = threading.Lock()
        self._row = (session.revision, session.snapshot())

    def load(self) -> Session:
        return Session.restore(self._account, self._row[1])

    def swap(self, expected: int, session: Session) -> bool:
        with self._lock:
            first = self._row[0] == expected
            if first:
                self._row = (session.revision, session.snapshot())
            return first


def system_clock() -> int:
    """Milliseconds since 1970, by the system's clock."""
    return time.time_ns() // 1_000_000


# Each lost swap means that another worker got on.
_MAX_CONFLICTS = 100
_CONFLICT = "other workers kept changing the session; try again"
# A refresh is answered with a token that was fetched less than so many milliseconds ago.
_REFRESH_ONCE_MS = 5_000
_log = logging.getLogger("idvkit")
_httpx_log = logging.getLogger("httpx")
_AnyClient = Union[httpx.Client, httpx.AsyncClient]
# What is kept, by client, then by the key that the session names.
_slots: WeakKeyDictionary[_AnyClient, Dict[str, _Slot]] = WeakKeyDictionary()
_slots_lock = threading.Lock()


def _claims(session: Session, request: HttpRequest, now: int) -> bool:
    try:
        session.handle(Sending(request.id), now)
    except Reject as reject:
        _unless(reject, "stale", "claimed")
        return False
    return True


def _unless(reject: Reject, *codes: str) -> None:
    """Another worker was first, so that ours is not needed; all else is raised."""
    if reject.code not in codes:
        raise reject


def _send(client: httpx.Client, request: HttpRequest, now: Clock) -> Input:
    if request.cache is None:
        return _fetch(client, request)
    slot = _slot(client, request.cache)
    with slot.lock:
        return slot.recall(request, now()) or slot.keep(request, _fetch(client, request), now())


async def _asend(client: httpx.AsyncClient, request: HttpRequest, now: Clock) -> Input:
    if request.cache is None:
        return await _afetch(client, request)
    slot = _slot(client, request.cache)
    async with slot.turn():
        return slot.recall(request, now()) or slot.keep(request, await _afetch(client, request), now())


def _fetch(client: httpx.Client, request: HttpRequest) -> Input:
    try:
        _quiet()
        return _answered(request, _exchange(client, request))
    except (httpx.HTTPError, httpx.InvalidURL, _Refused) as error:
        return _failed(request, error)


async def _afetch(client: httpx.AsyncClient, request: HttpRequest) -> Input:
    try:
        _quiet()
        return _answered(request, await asyncio.wait_for(_aexchange(client, request), request.timeout_ms / 1000))
    except (httpx.HTTPError, httpx.InvalidURL, _Refused, asyncio.TimeoutError) as error:
        return _failed(request, error)


def _exchange(client: httpx.Client, request: HttpRequest) -> HttpResponse:
    """httpx limits each read, not all of them together: so another thread reads, and this one keeps the time. An exchange
    that is given up ends at the next part of the body, or when headers stop for as long as the time-out."""
    done: Future[HttpResponse] = Future()
    given_up = threading.Event()

    def perform() -> None:
        try:
            done.set_result(_read(client, request, given_up))
        except BaseException as error:  # whatever it is, it is the caller's
            done.set_exception(error)

    threading.Thread(target=copy_context().run, args=(perform,), name="idvkit-exchange", daemon=True).start()
    try:
        return done.result(request.timeout_ms / 1000)
    except FutureTimeout:
        raise _Refused("time-out") from None
    finally:
        given_up.set()


def _read(client: httpx.Client, request: HttpRequest, given_up: threading.Event) -> HttpResponse:
    response = client.send(_built(request), stream=True, auth=None, follow_redirects=False)
    try:
        body = bytearray()
        for chunk in response.iter_bytes():
            if given_up.is_set():
                raise _Refused("time-out")
            _take(body, chunk)
        return _response(request, response, body)
    finally:
        response.close()


async def _aexchange(client: httpx.AsyncClient, request: HttpRequest) -> HttpResponse:
    response = await client.send(_built(request), stream=True, auth=None, follow_redirects=False)
    try:
        body = bytearray()
        async for chunk in response.aiter_bytes():
            _take(body, chunk)
        return _response(request, response, body)
    finally:
        await response.aclose()


class _Refused(Exception):
    pass


def _built(request: HttpRequest) -> httpx.Request:
    """Not by way of the client, which would add headers and cookies of its own."""
    timeout = httpx.Timeout(request.timeout_ms / 1000).as_dict()
    headers = [(header.name, header.value) for header in request.headers]
    return httpx.Request(
        request.method.value, request.url, headers=headers, content=request.body, extensions={"timeout": timeout}
    )


def _take(body: bytearray, chunk: bytes) -> None:
    if len(body) + len(chunk) > MAX_ANSWER_BYTES:
        raise _Refused("answer too large")
    body += chunk


def _response(request: HttpRequest, response: httpx.Response, body: bytearray) -> HttpResponse:
    headers = [Header(name, value) for name, value in response.headers.multi_items()]
    return HttpResponse(request.id, response.status_code, headers, bytes(body))


def _answered(request: HttpRequest, answer: HttpResponse) -> HttpResponse:
    _log.info("%s answered %d", request.operation, answer.status)
    return answer


def _failed(request: HttpRequest, error: Exception) -> HttpFailed:
    # The class only: the text of httpx may hold the URL.
    _log.warning("%s got no answer: %s", request.operation, type(error).__name__)
    return HttpFailed(request.id)


def _quiet() -> None:
    if _httpx_log.level == logging.NOTSET:
        _httpx_log.setLevel(logging.WARNING)


class _Slot:
    """A kept answer: an access token. Who fetches it holds the lock, and others wait for what comes."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self._turn: Optional[Tuple[asyncio.AbstractEventLoop, asyncio.Lock]] = None
        self._since = self._until = 0
        self._answer: Optional[HttpResponse] = None

    def turn(self) -> asyncio.Lock:
        """The lock for asyncio: one for each loop, as a lock cannot leave its own."""
        loop = asyncio.get_running_loop()
        if self._turn is None or self._turn[0] is not loop:
            self._turn = (loop, asyncio.Lock())
        return self._turn[1]

    def recall(self, request: HttpRequest, now: int) -> Optional[HttpResponse]:
        """A refused token makes every waiting session ask for a new one: the first of them fetches it for all."""
        answer, cache = self._answer, request.cache
        if answer is None or cache is None or now >= self._until:
            return None
        if cache.refused is not None and now - self._since >= _REFRESH_ONCE_MS:
            return None
        return HttpResponse(request.id, answer.status, answer.headers, answer.body)

    def keep(self, request: HttpRequest, answer: Input, now: int) -> Input:
        self._answer = None
        if request.cache and isinstance(answer, HttpResponse) and 200 <= answer.status < 300:
            self._answer, self._since, self._until = answer, now, now + _life(request.cache, answer)
        return answer


def _slot(client: _AnyClient, cache: Cache) -> _Slot:
    with _slots_lock:
        return _slots.setdefault(client, {}).setdefault(cache.key, _Slot())


def _life(cache: Cache, answer: HttpResponse) -> int:
    """`expires_in` of an OAuth 2.0 token answer, in milliseconds, if that is shorter."""
    try:
        seconds = json.loads(bytes(answer.body))["expires_in"]
        return min(int(seconds) * 1000, cache.max_age_ms)
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError):  # infinity, and nested beyond measure
        return cache.max_age_ms
