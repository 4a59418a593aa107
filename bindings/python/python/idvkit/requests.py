"""Sends requests over requests, for `idvkit.client`. It needs `pip install idvkit[requests]`.

urllib3 below it logs each path at the level DEBUG of its logger `urllib3`: keep that above.
"""

from __future__ import annotations

import requests

from . import HttpRequest, client
from ._exchange import CHUNK_BYTES, MAX_ANSWER_BYTES, Begun, exchange
from .urllib3 import headers_of

__all__ = ["MAX_ANSWER_BYTES", "sender"]


def sender(http: requests.Session) -> client.Exchange:
    """A function that sends requests with this session."""

    def begin(request: HttpRequest) -> Begun:
        # Not by way of the session, which would add headers, cookies and authentication of its own.
        built = requests.Request(request.method.value, request.url, headers_of(request), data=request.body).prepare()
        answer = http.send(built, stream=True, allow_redirects=False, timeout=request.timeout_ms / 1000)
        return Begun(answer.status_code, answer.raw.headers.items(), answer.iter_content(CHUNK_BYTES), answer.close)

    return exchange(begin, requests.RequestException, OSError)
