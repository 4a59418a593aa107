"""What the adapters of httpx and of its successor httpx2 share: both have the same names. `library` is one of them, and `http` a
client of it; the adapters have their types."""

from __future__ import annotations

from typing import Any

from . import HttpRequest, aio, client
from ._exchange import AsyncBegun, Begun, async_exchange, exchange


def sender(library: Any, http: Any) -> client.Exchange:
    def begin(request: HttpRequest) -> Begun:
        answer = http.send(_built(library, request), stream=True, auth=None, follow_redirects=False)
        return Begun(answer.status_code, answer.headers.multi_items(), answer.iter_bytes(), answer.close)

    return exchange(begin, library.HTTPError, library.InvalidURL)


def async_sender(library: Any, http: Any) -> aio.Exchange:
    async def begin(request: HttpRequest) -> AsyncBegun:
        answer = await http.send(_built(library, request), stream=True, auth=None, follow_redirects=False)
        return AsyncBegun(answer.status_code, answer.headers.multi_items(), answer.aiter_bytes(), answer.aclose)

    return async_exchange(begin, library.HTTPError, library.InvalidURL)


def _built(library: Any, request: HttpRequest) -> Any:
    """Not by way of the client, which would add headers and cookies of its own."""
    headers = [(header.name, header.value) for header in request.headers]
    timeout = {"timeout": library.Timeout(request.timeout_ms / 1000).as_dict()}
    return library.Request(request.method.value, request.url, headers=headers, content=request.body, extensions=timeout)
