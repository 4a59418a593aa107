"""The routes without a framework: a request comes in, a response goes out. Adapters for frameworks are thin."""

from __future__ import annotations

import base64
import json
import logging
import os
import re
from dataclasses import dataclass, field
from functools import lru_cache
from http import HTTPStatus
from importlib.resources import files
from inspect import isawaitable
from typing import Any, AsyncIterator, Awaitable, Callable, Dict, List, Match, Optional, Pattern, Sequence, Set, Tuple, Union

from .. import Callback, Hint, Images, Redirect, Reject, Retry
from . import _multipart
from ._drive import StoreFailed
from ._kit import Kit

__all__ = ["Incomplete", "MAX_BODY_BYTES", "Request", "Response", "Routes", "TooLarge", "Who", "problem"]

Who = Callable[[Any], Union[Optional[str], Awaitable[Optional[str]]]]
"""Gets the framework's request, and returns the subject of the user, or `None`."""
Headers = List[Tuple[str, str]]

MAX_HINT_BYTES = 4096
MAX_BODY_BYTES = 32 * 1024 * 1024
# The headers of a form's parts.
_FORM_BYTES = MAX_BODY_BYTES + 64 * 1024
_PROBLEM = "application/problem+json"
_log = logging.getLogger("idvkit")


class TooLarge(Exception):
    """The body is larger than this route takes."""


class Incomplete(Exception):
    """The client left before the end of the body."""


@dataclass(frozen=True)
class Request:
    """A request, as adapters hand it over."""

    method: str
    url: str
    """The whole URL, with the query as it came."""
    path: str
    """The path below the one where the routes are mounted."""
    headers: Sequence[Tuple[str, str]]
    read: Callable[[int], Awaitable[bytes]]
    """Reads the body; raises `TooLarge` if it has more bytes than that, and `Incomplete`."""
    native: Any
    """The framework's request."""

    def header(self, name: str) -> Optional[str]:
        return next((value for one, value in self.headers if one.lower() == name), None)


@dataclass(frozen=True)
class Response:
    """A response: a body, or a stream."""

    status: int
    headers: Headers = field(default_factory=lambda: [])
    body: bytes = b""
    stream: Optional[AsyncIterator[bytes]] = None


class _Refused(Exception):
    """A request ends with this response."""

    def __init__(self, response: Response) -> None:
        super().__init__(response.status)
        self.response = response


_Handler = Callable[[Request, "Match[str]"], Awaitable[Response]]


class Routes:
    """The kit's routes for a host's users."""

    def __init__(self, kit: Kit, who: Who) -> None:
        self._kit, self._who = kit, who
        # In the order of the OpenAPI document.
        self._routes: List[Tuple[str, Pattern[str], _Handler]] = [
            ("GET", re.compile("/verifications/(?P<id>[^/]+)"), self._state),
            ("GET", re.compile("/verifications/(?P<id>[^/]+)/events"), self._events),
            ("GET", re.compile("/verifications/(?P<id>[^/]+)/page"), self._page),
            ("POST", re.compile("/verifications/(?P<id>[^/]+)/hint"), self._hint),
            ("POST", re.compile("/verifications/(?P<id>[^/]+)/images"), self._images),
            ("POST", re.compile("/verifications/(?P<id>[^/]+)/retry"), self._retry),
            ("GET", re.compile("/return"), self._return),
            ("POST", re.compile("/callbacks/(?P<account>[^/]+)(/.*)?"), self._callback),
            ("GET", re.compile("/element/(?P<file>.+)"), self._element),
            ("GET", re.compile("/openapi[.]json"), self._openapi),
        ]

    async def respond(self, request: Request) -> Response:
        """Answers a request. Only a mistake in this program or in `who` raises."""
        try:
            response = await self._routed(request)
        except _Refused as refused:
            response = refused.response
        except Reject as reject:
            if reject.http_status >= 500:
                _log.error("a request cannot be answered: %s", reject)
            response = _rejected(reject, reject.http_status)
        except StoreFailed:
            _log.exception("the store failed")
            response = problem(503, "the store cannot be reached; try again", headers=[("Retry-After", "1")])
        except TooLarge:
            response = problem(413, "the body is larger than this route takes")
        except Incomplete:
            response = problem(400, "the body ended before its length")
        # What the handler says goes before this.
        headers = {"cache-control": "no-store", "x-content-type-options": "nosniff"}
        said = {name.lower() for name, _ in response.headers}
        response.headers.extend((name, value) for name, value in headers.items() if name not in said)
        return response

    async def _routed(self, request: Request) -> Response:
        allowed: Set[str] = set()
        for method, pattern, handler in self._routes:
            if (match := pattern.fullmatch(request.path)) is not None:
                if method == request.method:
                    return await handler(request, match)
                allowed.add(method)
        if allowed:
            return problem(405, "the route has another method", headers=[("Allow", ", ".join(sorted(allowed)))])
        return problem(404, "there is no such route")

    async def _state(self, request: Request, match: Match[str]) -> Response:
        id = await self._admitted(request, match)
        return _json((await self._kit.state(id)).to_json())

    async def _events(self, request: Request, match: Match[str]) -> Response:
        id = await self._admitted(request, match)
        return Response(200, [("content-type", "text/event-stream"), ("x-accel-buffering", "no")], stream=self._stream(id))

    async def _stream(self, id: str) -> AsyncIterator[bytes]:
        try:
            async for state in self._kit.changes(id):
                yield b": still there\n\n" if state is None else f"event: state\ndata: {state.to_json()}\n\n".encode()
        except (Reject, StoreFailed):
            # The browser connects again, and then gets the answer that says what is wrong.
            _log.exception("the events of %s end early", id)

    async def _page(self, request: Request, match: Match[str]) -> Response:
        await self._admitted(request, match)
        nonce = base64.urlsafe_b64encode(os.urandom(16)).decode().rstrip("=")
        page = _file("host/files/page.html").decode().replace("{nonce}", nonce).encode()
        policy = _POLICY.replace("{nonce}", nonce)
        return Response(200, [("content-type", "text/html; charset=utf-8"), ("content-security-policy", policy)], page)

    async def _hint(self, request: Request, match: Match[str]) -> Response:
        id = await self._admitted(request, match)
        text = (await request.read(MAX_HINT_BYTES)).decode(errors="replace")
        await self._kit.tell(id, Hint(text))
        return Response(204)

    async def _images(self, request: Request, match: Match[str]) -> Response:
        id = await self._admitted(request, match)
        body = await request.read(_FORM_BYTES)
        try:
            images = _multipart.images(request.header("content-type"), body)
        except _multipart.NoForm as error:
            return problem(400, str(error), field="images")
        if sum(len(image.bytes) for image in images) > MAX_BODY_BYTES:
            raise TooLarge
        await self._kit.tell(id, Images(images))
        return Response(204)

    async def _retry(self, request: Request, match: Match[str]) -> Response:
        await self._kit.tell(await self._admitted(request, match), Retry())
        return Response(204)

    async def _return(self, request: Request, match: Match[str]) -> Response:
        heard = await self._kit.hear(Redirect(request.url))
        reject = heard.reject
        if reject is not None and (heard.id is None or not _follows_nothing(reject)):
            raise reject
        if heard.id is None:
            return problem(404, "the URL belongs to no verification that is stored here")
        page = self._kit.options.page
        place = f"verifications/{heard.id}/page" if page is None else page(heard.id)
        return Response(303, [("location", place)])

    async def _callback(self, request: Request, match: Match[str]) -> Response:
        body = await request.read(MAX_BODY_BYTES)
        callback = Callback(request.url, request.headers, body)
        reject = (await self._kit.hear(callback, match["account"])).reject
        if reject is None or reject.callback_status == 200:
            return Response(200)
        return _rejected(reject, reject.callback_status)

    async def _element(self, request: Request, match: Match[str]) -> Response:
        name = match["file"]
        if name not in _element_files():
            return problem(404, "the element has no such file")
        kind = "text/javascript" if name.endswith(".js") else "application/json"
        return Response(200, [("content-type", kind), ("cache-control", "max-age=3600")], _file(f"web/{name}"))

    async def _openapi(self, request: Request, match: Match[str]) -> Response:
        return _json(_file("host/files/openapi.json").decode())

    async def _admitted(self, request: Request, match: Match[str]) -> str:
        """The verification's id, if this user may see it."""
        if request.method != "GET" and not self._is_ours(request):
            raise _Refused(problem(403, "the request comes from another site", code="origin_foreign"))
        user = self._who(request.native)
        subject = await user if isawaitable(user) else user
        if subject is None:
            raise _Refused(problem(401, "sign in first"))
        id = match["id"]
        try:
            owner = await self._kit.tables.subject(id)
        except Exception as error:
            raise StoreFailed from error
        if owner is None:
            raise _Refused(problem(404, "there is no verification with this id", code="verification_unknown"))
        if owner != subject:
            raise _Refused(problem(403, "the verification is another user's"))
        return id

    def _is_ours(self, request: Request) -> bool:
        origin = request.header("origin")
        if origin is None:
            return request.header("sec-fetch-site") in (None, "same-origin", "none")
        host = request.header("host")
        return origin in (*self._kit.options.origins, f"https://{host}", f"http://{host}")


def problem(
    status: int, detail: str, *, code: Optional[str] = None, field: Optional[str] = None, headers: Sequence[Tuple[str, str]] = ()
) -> Response:
    """What is wrong, by RFC 9457."""
    about: Dict[str, object] = {"title": HTTPStatus(status).phrase, "status": status, "detail": detail}
    about.update((name, value) for name, value in (("code", code), ("field", field)) if value is not None)
    return Response(status, [("content-type", _PROBLEM), *headers], json.dumps(about).encode())


def _rejected(reject: Reject, status: int) -> Response:
    return problem(status, reject.message, code=reject.code, field=reject.field)


def _follows_nothing(reject: Reject) -> bool:
    """The user may be sent on, as what came is genuine, or only too late."""
    return reject.callback_status == 200 or reject.http_status == 409


def _json(text: str) -> Response:
    return Response(200, [("content-type", "application/json")], text.encode())


@lru_cache(maxsize=None)
def _file(path: str) -> bytes:
    place = files("idvkit")
    for part in path.split("/"):
        place /= part
    return place.read_bytes()


@lru_cache(maxsize=None)
def _element_files() -> Sequence[str]:
    web = files("idvkit") / "web"
    top = [file for file in web.iterdir() if file.is_file()]
    below = [f"{folder.name}/{file.name}" for folder in web.iterdir() if folder.is_dir() for file in folder.iterdir()]
    return tuple([file.name for file in top] + below)


_POLICY = (
    "default-src 'none'; script-src 'nonce-{nonce}' 'strict-dynamic'; connect-src 'self' http: https: ws: wss:;"
    " frame-src http: https:; img-src http: https: data: blob:; style-src 'unsafe-inline' http: https:;"
    " font-src http: https: data:; media-src http: https: blob:; base-uri 'none'; form-action http: https:"
)
