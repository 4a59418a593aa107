"""What every adapter of an HTTP client shares: the time-out of a whole exchange, the limit of an answer, and what is logged.

A request is sent exactly as it stands, once, and without redirects, also if the client's settings differ. The logger `idvkit` logs
the operation, never a URL. No other library's logger is touched.
"""

from __future__ import annotations

import logging
import threading
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from contextvars import copy_context
from typing import AsyncIterable, Awaitable, Callable, Iterable, NamedTuple, Optional, Tuple, Type

from . import Answer, Header, HttpRequest, aio, client

MAX_ANSWER_BYTES = 32 * 1024 * 1024
"""The largest answer that is read, in bytes. A request with a larger answer counts as failed."""
CHUNK_BYTES = 64 * 1024

_log = logging.getLogger("idvkit")
Headers = Iterable[Tuple[str, str]]


class Begun(NamedTuple):
    """An answer whose headers are here, and whose body is still to be read."""

    status: int
    headers: Headers
    parts: Iterable[bytes]
    close: Callable[[], object]


class AsyncBegun(NamedTuple):
    """The same for `await`."""

    status: int
    headers: Headers
    parts: AsyncIterable[bytes]
    close: Callable[[], Awaitable[object]]


class NoAnswer(Exception):
    """There was one, but too late or too large."""


def exchange(begin: Callable[[HttpRequest], Begun], *failures: Type[BaseException]) -> client.Exchange:
    """Sends by `begin`, which raises one of `failures` if no answer comes."""
    failing: Tuple[Type[BaseException], ...] = (*failures, TimeoutError, NoAnswer)

    def send(request: HttpRequest) -> Optional[Answer]:
        try:
            return _answered(request, _bounded(begin, request))
        except failing as error:
            _failed(request, error)
            return None

    return send


def async_exchange(begin: Callable[[HttpRequest], Awaitable[AsyncBegun]], *failures: Type[BaseException]) -> aio.Exchange:
    """The same for `await`."""
    from anyio import fail_after

    failing: Tuple[Type[BaseException], ...] = (*failures, TimeoutError, NoAnswer)

    async def send(request: HttpRequest) -> Optional[Answer]:
        try:
            with fail_after(request.timeout_ms / 1000):
                begun = await begin(request)
                try:
                    body = bytearray()
                    async for part in begun.parts:
                        _take(body, part)
                finally:
                    await begun.close()
            return _answered(request, _answer(begun.status, begun.headers, body))
        except failing as error:
            _failed(request, error)
            return None

    return send


def _bounded(begin: Callable[[HttpRequest], Begun], request: HttpRequest) -> Answer:
    """Clients limit each read, not all of them together: so another thread reads, and this one keeps the time. An exchange
    that is given up ends at the next part of the body, or when headers stop for as long as the time-out.

    A thread of its own costs 0.1 ms (0.12 ms on a busy machine), an exchange over TLS tens of milliseconds. A pool would save
    little, and one that is full of exchanges that hang would hold up all others."""
    done: Future[Answer] = Future()
    given_up = threading.Event()

    def perform() -> None:
        try:
            done.set_result(_read(begin(request), given_up))
        except BaseException as error:  # whatever it is, it is the caller's
            done.set_exception(error)

    threading.Thread(target=copy_context().run, args=(perform,), name="idvkit-exchange", daemon=True).start()
    try:
        return done.result(request.timeout_ms / 1000)
    except FutureTimeout:
        raise NoAnswer from None
    finally:
        given_up.set()


def _read(begun: Begun, given_up: threading.Event) -> Answer:
    try:
        body = bytearray()
        for part in begun.parts:
            if given_up.is_set():
                raise NoAnswer
            _take(body, part)
        return _answer(begun.status, begun.headers, body)
    finally:
        begun.close()


def _take(body: bytearray, part: bytes) -> None:
    if len(body) + len(part) > MAX_ANSWER_BYTES:
        raise NoAnswer
    body += part


def _answer(status: int, headers: Headers, body: bytearray) -> Answer:
    return Answer(status, tuple(Header(name, value) for name, value in headers), bytes(body))


def _answered(request: HttpRequest, answer: Answer) -> Answer:
    _log.info("%s answered %d", request.operation, answer.status)
    return answer


def _failed(request: HttpRequest, error: BaseException) -> None:
    # The class only: the text of a client's error may hold the URL.
    _log.warning("%s got no answer: %s", request.operation, type(error).__name__)
