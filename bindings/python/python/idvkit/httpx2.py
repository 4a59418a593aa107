"""Sends requests over httpx2, for `idvkit.client` and `idvkit.aio`. It needs `pip install idvkit[httpx2]`.

httpx2 itself logs each URL at the level INFO of its logger `httpx2`: keep that at WARNING.
"""

from __future__ import annotations

import httpx2

from . import _httpx, aio, client
from ._exchange import MAX_ANSWER_BYTES

__all__ = ["MAX_ANSWER_BYTES", "async_sender", "sender"]


def sender(http: httpx2.Client) -> client.Exchange:
    """A function that sends requests with this client."""
    return _httpx.sender(httpx2, http)


def async_sender(http: httpx2.AsyncClient) -> aio.Exchange:
    """A function that sends requests with this client, for `await`."""
    return _httpx.async_sender(httpx2, http)
