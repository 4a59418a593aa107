"""Sends requests over urllib3, for `idvkit.client`. It needs `pip install idvkit[urllib3]`.

urllib3 itself logs each path at the level DEBUG of its logger `urllib3`: keep that above.
"""

from __future__ import annotations

from typing import Dict

import urllib3
from urllib3.util import SKIP_HEADER

from . import HttpRequest, client
from ._exchange import CHUNK_BYTES, MAX_ANSWER_BYTES, Begun, exchange

__all__ = ["MAX_ANSWER_BYTES", "sender"]


def sender(http: urllib3.PoolManager) -> client.Exchange:
    """A function that sends requests with this pool."""

    def begin(request: HttpRequest) -> Begun:
        answer = http.urlopen(
            request.method.value,
            request.url,
            body=request.body,
            headers=headers_of(request),
            timeout=request.timeout_ms / 1000,
            redirect=False,
            retries=False,
            preload_content=False,
        )
        return Begun(answer.status, answer.headers.items(), answer.stream(CHUNK_BYTES), answer.close)

    return exchange(begin, urllib3.exceptions.HTTPError, OSError)


def headers_of(request: HttpRequest) -> Dict[str, str]:
    """The request's headers, and none that urllib3 would add."""
    headers = {"Accept-Encoding": SKIP_HEADER, "User-Agent": SKIP_HEADER}
    given = {header.name: header.value for header in request.headers}
    return {**{name: value for name, value in headers.items() if name.lower() not in map(str.lower, given)}, **given}
