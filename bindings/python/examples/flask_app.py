"""`fastapi_app.py` in Flask: `IDV_CONFIG=… IDV_REQUEST=… flask --app flask_app run`. It needs `idvkit[host]`."""

from __future__ import annotations

# [host it]
import json
import os
import secrets

from flask import Flask, Request, redirect, request
from werkzeug import Response

from idvkit import Account, AskDeliver, Verification
from idvkit.host import Database, Verifications, flask


def act(ended: AskDeliver, verification: Verification) -> None:
    print(ended.key, ended.outcome)  # your own: once for each `ended.delivery.id`


def current_user(request: Request) -> str:
    return "user-4711"  # your own: from the session, or `None` if nobody is signed in


account, wanted = Account(json.loads(os.environ["IDV_CONFIG"])), json.loads(os.environ["IDV_REQUEST"])
verifications = Verifications(account, Database("sqlite:///idv.sqlite"), on_outcome=act)
app = Flask(__name__)
app.register_blueprint(flask.routes(verifications, who=current_user), url_prefix="/idv")
verifications.start()


@app.post("/verifications")
def begin() -> Response:
    order = secrets.token_urlsafe(16)  # your own: the order's number
    id = verifications.begin(wanted, key=order, subject=current_user(request))
    return redirect(f"/idv/verifications/{id}/page", 303)
# [/host it]
