"""Sends requests over httpx, for `idvkit.client` and `idvkit.aio`. It needs `pip install idvkit[httpx]`.

A request is sent exactly as it stands, once, and without redirects, also if the client's settings differ. At most 32 MiB of an
answer are read. The logger `idvkit` logs the operation, never a URL; the logger `httpx` logs each URL at the level INFO, so
keep that at WARNING.
"""

from __future__ import annotations

import logging
import threading
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from contextvars import copy_context
from typing import Optional

import anyio
import httpx

from . import Answer, Header, HttpRequest, aio, client

__all__ = ["MAX_ANSWER_BYTES", "async_sender", "sender"]

MAX_ANSWER_BYTES = 32 * 1024 * 1024
"""The largest answer that is read, in bytes. A request with a larger answer counts as failed."""

_log = logging.getLogger("idvkit")


class _NoAnswer(Exception):
    """There was one, but too late or too large."""


_FAILURES = (httpx.HTTPError, httpx.InvalidURL, TimeoutError, _NoAnswer)


def sender(http: httpx.Client) -> client.Exchange:
    """A function that sends requests with this client."""

    def send(request: HttpRequest) -> Optional[Answer]:
        try:
            return _answered(request, _bounded(http, request))
        except _FAILURES as error:
            _failed(request, error)
            return None

    return send


def async_sender(http: httpx.AsyncClient) -> aio.Exchange:
    """A function that sends requests with this client, for `await`."""

    async def send(request: HttpRequest) -> Optional[Answer]:
        try:
            with anyio.fail_after(request.timeout_ms / 1000):
                response = await http.send(_built(request), stream=True, auth=None, follow_redirects=False)
                try:
                    body = bytearray()
                    async for chunk in response.aiter_bytes():
                        _take(body, chunk)
                finally:
                    await response.aclose()
                return _answered(request, _answer(response, body))
        except _FAILURES as error:
            _failed(request, error)
            return None

    return send


def _bounded(http: httpx.Client, request: HttpRequest) -> Answer:
    """httpx limits each read, not all of them together: so another thread reads, and this one keeps the time. An exchange
    that is given up ends at the next part of the body, or when headers stop for as long as the time-out."""
    done: Future[Answer] = Future()
    given_up = threading.Event()

    def perform() -> None:
        try:
            done.set_result(_read(http, request, given_up))
        except BaseException as error:  # whatever it is, it is the caller's
            done.set_exception(error)

    threading.Thread(target=copy_context().run, args=(perform,), name="idvkit-exchange", daemon=True).start()
    try:
        return done.result(request.timeout_ms / 1000)
    except FutureTimeout:
        raise _NoAnswer from None
    finally:
        given_up.set()


def _read(http: httpx.Client, request: HttpRequest, given_up: threading.Event) -> Answer:
    response = http.send(_built(request), stream=True, auth=None, follow_redirects=False)
    try:
        body = bytearray()
        for chunk in response.iter_bytes():
            if given_up.is_set():
                raise _NoAnswer
            _take(body, chunk)
        return _answer(response, body)
    finally:
        response.close()


def _built(request: HttpRequest) -> httpx.Request:
    """Not by way of the client, which would add headers and cookies of its own."""
    timeout = httpx.Timeout(request.timeout_ms / 1000).as_dict()
    headers = [(header.name, header.value) for header in request.headers]
    return httpx.Request(
        request.method.value, request.url, headers=headers, content=request.body, extensions={"timeout": timeout}
    )


def _take(body: bytearray, chunk: bytes) -> None:
    if len(body) + len(chunk) > MAX_ANSWER_BYTES:
        raise _NoAnswer
    body += chunk


def _answer(response: httpx.Response, body: bytearray) -> Answer:
    headers = tuple(Header(name, value) for name, value in response.headers.multi_items())
    return Answer(response.status_code, headers, bytes(body))


def _answered(request: HttpRequest, answer: Answer) -> Answer:
    _log.info("%s answered %d", request.operation, answer.status)
    return answer


def _failed(request: HttpRequest, error: Exception) -> None:
    # The class only: the text of httpx may hold the URL.
    _log.warning("%s got no answer: %s", request.operation, type(error).__name__)
