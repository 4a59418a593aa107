"""The routes as a WSGI application."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, Callable, Dict, Iterable, List, Protocol, Tuple
from urllib.parse import quote

from ._http import Incomplete, Request, Response, Routes, TooLarge
from ._now import each, now

__all__ = ["Stream", "Wsgi", "answered", "reader", "url_of"]

Environ = Dict[str, Any]


class Stream(Protocol):
    """What a body is read from."""

    def read(self, size: int, /) -> bytes: ...


class Wsgi:
    """A WSGI application."""

    def __init__(self, routes: Routes) -> None:
        self._routes = routes

    def __call__(self, environ: Environ, start_response: Callable[..., object]) -> Iterable[bytes]:
        response = now(self._routes.respond(_request(environ)))
        start_response(f"{response.status} {HTTPStatus(response.status).phrase}", answered(response))
        return [response.body] if response.stream is None else each(response.stream)


def answered(response: Response) -> List[Tuple[str, str]]:
    """The headers, with the length of a body."""
    if response.stream is not None or response.status == 204:
        return response.headers
    return [*response.headers, ("content-length", str(len(response.body)))]


def reader(stream: Stream, length: int, whole: bool) -> Callable[[int], Any]:
    """Reads a body of this length, or, if the stream ends where the body does, the `whole` stream."""

    async def read(limit: int) -> bytes:
        if length > limit:
            raise TooLarge
        body, wanted = bytearray(), limit + 1 if whole else length
        while len(body) < wanted and (part := stream.read(min(wanted - len(body), 65536))):
            body += part
        if len(body) > limit:
            raise TooLarge
        if len(body) < length:
            raise Incomplete
        return bytes(body)

    return read


def url_of(environ: Environ) -> str:
    """The whole URL. What the server decoded is encoded again: providers' parameters are in the query, which is as it came."""
    place = quote(str(environ.get("SCRIPT_NAME", "")).encode("latin-1")) + quote(_path(environ).encode())
    host = environ.get("HTTP_HOST") or environ["SERVER_NAME"]
    query = environ.get("QUERY_STRING")
    return f"{environ['wsgi.url_scheme']}://{host}{place}{'?' + query if query else ''}"


def _path(environ: Environ) -> str:
    return str(environ.get("PATH_INFO", "")).encode("latin-1").decode(errors="replace")


def _request(environ: Environ) -> Request:
    headers = [(name[5:].replace("_", "-").lower(), value) for name, value in environ.items() if name.startswith("HTTP_")]
    if environ.get("CONTENT_TYPE"):
        headers.append(("content-type", environ["CONTENT_TYPE"]))
    read = reader(environ["wsgi.input"], int(environ.get("CONTENT_LENGTH") or 0), bool(environ.get("wsgi.input_terminated")))
    return Request(environ["REQUEST_METHOD"], url_of(environ), _path(environ), headers, read, environ)
