"""The routes for Django: `path("idv/", include(routes(verifications, who)))`."""

from __future__ import annotations

from importlib import import_module
from typing import Any, Callable, List, Optional

from . import Verifications
from ._http import Request, Routes
from ._now import each, now
from ._wsgi import reader

__all__ = ["routes"]

# Django declares no types.
_http: Any = import_module("django.http")
_urls: Any = import_module("django.urls")
_csrf: Any = import_module("django.views.decorators.csrf")


def routes(verifications: Verifications, who: Callable[[Any], Optional[str]]) -> List[Any]:
    """The URL patterns. `who` gets Django's request, and returns the subject of the user, or `None`. They need no CSRF token, as they
    check the origin themselves."""
    served = Routes(verifications.kit, who)

    def serve(request: Any, path: str) -> Any:
        length = int(request.headers.get("content-length") or 0)
        read = reader(request, length, whole=True)
        asked = Request(request.method, request.build_absolute_uri(), f"/{path}", list(request.headers.items()), read, request)
        response = now(served.respond(asked))
        if response.stream is not None:
            return _http.StreamingHttpResponse(each(response.stream), status=response.status, headers=dict(response.headers))
        return _http.HttpResponse(response.body, status=response.status, headers=dict(response.headers))

    return [_urls.re_path(r"^(?P<path>.*)$", _csrf.csrf_exempt(serve), name="idvkit")]
