"""The routes as a blueprint for Flask: `app.register_blueprint(routes(verifications, who), url_prefix="/idv")`."""

from __future__ import annotations

from typing import Callable, Optional

from flask import Blueprint, request
from flask import Request as FlaskRequest
from flask import Response as FlaskResponse

from . import Verifications
from ._http import Request, Routes
from ._now import each, now
from ._wsgi import answered, reader

__all__ = ["routes"]

_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]


def routes(verifications: Verifications, who: Callable[[FlaskRequest], Optional[str]], *, name: str = "idvkit") -> Blueprint:
    """The routes. `who` gets Flask's request, with the session at hand, and returns the subject of the user, or `None`. If the
    application checks CSRF tokens, exempt the blueprint: it checks the origin itself."""
    served = Routes(verifications.kit, who)
    blueprint = Blueprint(name, __name__)

    @blueprint.route("/<path:path>", methods=_METHODS)
    def serve(path: str) -> FlaskResponse:
        read = reader(request.stream, request.content_length or 0, whole=True)
        headers = [(name, value) for name, value in request.headers.items()]
        asked = Request(request.method, request.url, f"/{path}", headers, read, request)
        response = now(served.respond(asked))
        body = response.body if response.stream is None else each(response.stream)
        return FlaskResponse(body, response.status, answered(response))

    return blueprint
