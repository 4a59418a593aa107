"""The routes as an ASGI application, for Starlette, FastAPI and any other framework that mounts one."""

from __future__ import annotations

from typing import Any, Awaitable, Callable, List, MutableMapping, Tuple

import anyio

from ._http import Incomplete, Request, Response, Routes, TooLarge

__all__ = ["Asgi"]

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class Asgi:
    """An ASGI application."""

    def __init__(self, routes: Routes) -> None:
        self._routes = routes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            raise RuntimeError(f"these routes are for http, not {scope['type']}: mount them in an application")
        response = await self._routes.respond(_request(scope, receive))
        headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in response.headers]
        if response.stream is None and response.status != 204:
            headers.append((b"content-length", str(len(response.body)).encode()))
        await send({"type": "http.response.start", "status": response.status, "headers": headers})
        if response.stream is None:
            await send({"type": "http.response.body", "body": response.body})
        else:
            await _stream(response, receive, send)


async def _stream(response: Response, receive: Receive, send: Send) -> None:
    """Sends a stream until it ends or nobody is there any more."""
    async with anyio.create_task_group() as tasks:

        async def watch() -> None:
            while (await receive())["type"] != "http.disconnect":
                pass
            tasks.cancel_scope.cancel()

        tasks.start_soon(watch)
        assert response.stream is not None, "the caller has looked"
        async for part in response.stream:
            await send({"type": "http.response.body", "body": part, "more_body": True})
        await send({"type": "http.response.body", "body": b""})
        tasks.cancel_scope.cancel()


def _request(scope: Scope, receive: Receive) -> Request:
    headers: List[Tuple[str, str]] = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]]
    path, root = scope["path"], scope.get("root_path", "")
    below = path[len(root) :] if root and path.startswith(root) else path
    raw = (scope.get("raw_path") or path.encode()).decode("latin-1")
    host = next((value for name, value in headers if name == "host"), "localhost")
    query = scope.get("query_string", b"").decode("latin-1")
    url = f"{scope.get('scheme', 'http')}://{host}{raw}{'?' + query if query else ''}"
    return Request(scope["method"], url, below, headers, _reader(headers, receive), _native(scope))


def _native(scope: Scope) -> Any:
    """Starlette's request, where Starlette is there; otherwise the scope."""
    try:
        from starlette.requests import Request as StarletteRequest
    except ImportError:
        return scope
    return StarletteRequest(scope)


def _reader(headers: List[Tuple[str, str]], receive: Receive) -> Callable[[int], Awaitable[bytes]]:
    async def read(limit: int) -> bytes:
        length = next((value for name, value in headers if name == "content-length"), "0")
        if length.isdigit() and int(length) > limit:
            raise TooLarge
        body, more = bytearray(), True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise Incomplete
            body += message.get("body", b"")
            if len(body) > limit:
                raise TooLarge
            more = message.get("more_body", False)
        return bytes(body)

    return read
