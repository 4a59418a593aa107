"""Sends requests over httpx2, for `idvkit.client` and `idvkit.aio`. It needs `pip install idvkit[httpx2]`.

httpx2 itself logs each URL at the level INFO of its logger `httpx2`: keep that at WARNING.
"""

from __future__ import annotations

import httpx2

from . import HttpRequest, aio, client
from ._exchange import MAX_ANSWER_BYTES, AsyncBegun, Begun, async_exchange, exchange

__all__ = ["MAX_ANSWER_BYTES", "async_sender", "sender"]


def sender(http: httpx2.Client) -> client.Exchange:
    """A function that sends requests with this client."""

    def begin(request: HttpRequest) -> Begun:
        answer = http.send(_built(request), stream=True, auth=None, follow_redirects=False)
        return Begun(answer.status_code, answer.headers.multi_items(), answer.iter_bytes(), answer.close)

    return exchange(begin, httpx2.HTTPError, httpx2.InvalidURL)


def async_sender(http: httpx2.AsyncClient) -> aio.Exchange:
    """A function that sends requests with this client, for `await`."""

    async def begin(request: HttpRequest) -> AsyncBegun:
        answer = await http.send(_built(request), stream=True, auth=None, follow_redirects=False)
        return AsyncBegun(answer.status_code, answer.headers.multi_items(), answer.aiter_bytes(), answer.aclose)

    return async_exchange(begin, httpx2.HTTPError, httpx2.InvalidURL)


def _built(request: HttpRequest) -> httpx2.Request:
    """Not by way of the client, which would add headers and cookies of its own."""
    headers = [(header.name, header.value) for header in request.headers]
    timeout = {"timeout": httpx2.Timeout(request.timeout_ms / 1000).as_dict()}
    return httpx2.Request(request.method.value, request.url, headers=headers, content=request.body, extensions=timeout)
