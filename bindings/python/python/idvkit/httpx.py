"""Sends requests over httpx, for `idvkit.client` and `idvkit.aio`. It needs `pip install idvkit[httpx]`.

httpx itself logs each URL at the level INFO of its logger `httpx`: keep that at WARNING.
"""

from __future__ import annotations

import httpx

from . import HttpRequest, aio, client
from ._exchange import MAX_ANSWER_BYTES, AsyncBegun, Begun, async_exchange, exchange

__all__ = ["MAX_ANSWER_BYTES", "async_sender", "sender"]


def sender(http: httpx.Client) -> client.Exchange:
    """A function that sends requests with this client."""

    def begin(request: HttpRequest) -> Begun:
        answer = http.send(_built(request), stream=True, auth=None, follow_redirects=False)
        return Begun(answer.status_code, answer.headers.multi_items(), answer.iter_bytes(), answer.close)

    return exchange(begin, httpx.HTTPError, httpx.InvalidURL)


def async_sender(http: httpx.AsyncClient) -> aio.Exchange:
    """A function that sends requests with this client, for `await`."""

    async def begin(request: HttpRequest) -> AsyncBegun:
        answer = await http.send(_built(request), stream=True, auth=None, follow_redirects=False)
        return AsyncBegun(answer.status_code, answer.headers.multi_items(), answer.aiter_bytes(), answer.aclose)

    return async_exchange(begin, httpx.HTTPError, httpx.InvalidURL)


def _built(request: HttpRequest) -> httpx.Request:
    """Not by way of the client, which would add headers and cookies of its own."""
    headers = [(header.name, header.value) for header in request.headers]
    timeout = {"timeout": httpx.Timeout(request.timeout_ms / 1000).as_dict()}
    return httpx.Request(request.method.value, request.url, headers=headers, content=request.body, extensions=timeout)
