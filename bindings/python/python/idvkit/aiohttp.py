"""Sends requests over aiohttp, for `idvkit.aio` on asyncio. It needs `pip install idvkit[aiohttp]`."""

from __future__ import annotations

import aiohttp
from yarl import URL

from . import HttpRequest, aio
from ._exchange import CHUNK_BYTES, MAX_ANSWER_BYTES, AsyncBegun, async_exchange

__all__ = ["MAX_ANSWER_BYTES", "async_sender"]

_ADDED = ("Accept", "Accept-Encoding", "Content-Type", "User-Agent")
"""Headers that aiohttp adds to what is sent, unless told not to."""


def async_sender(http: aiohttp.ClientSession) -> aio.Exchange:
    """A function that sends requests over this session's connections, for `await`."""

    async def begin(request: HttpRequest) -> AsyncBegun:
        # A session of its own on the same connections: the caller's would add headers, cookies and authentication.
        own = aiohttp.ClientSession(
            connector=http.connector,
            connector_owner=False,
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=http.trust_env,
            skip_auto_headers=_ADDED,
            timeout=aiohttp.ClientTimeout(total=request.timeout_ms / 1000),
        )
        headers = [(header.name, header.value) for header in request.headers]
        url = URL(request.url, encoded=True)
        try:
            answer = await own.request(
                request.method.value, url, headers=headers, data=request.body, allow_redirects=False
            )
        except BaseException:
            await own.close()
            raise

        async def close() -> None:
            answer.close()
            await own.close()

        return AsyncBegun(answer.status, answer.headers.items(), answer.content.iter_chunked(CHUNK_BYTES), close)

    return async_exchange(begin, aiohttp.ClientError, OSError)
