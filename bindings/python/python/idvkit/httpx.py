"""Sends requests over httpx, for `idvkit.client` and `idvkit.aio`. It needs `pip install idvkit[httpx]`.

httpx itself logs each URL at the level INFO of its logger `httpx`: keep that at WARNING.
"""

from __future__ import annotations

import httpx

from . import _httpx, aio, client
from ._exchange import MAX_ANSWER_BYTES

__all__ = ["MAX_ANSWER_BYTES", "async_sender", "sender"]


def sender(http: httpx.Client) -> client.Exchange:
    """A function that sends requests with this client."""
    return _httpx.sender(httpx, http)


def async_sender(http: httpx.AsyncClient) -> aio.Exchange:
    """A function that sends requests with this client, for `await`."""
    return _httpx.async_sender(httpx, http)
