"""A web shop that verifies its users, with any of the four providers: FastAPI and idvkit's hosting kit (`idvkit[host]`).

Which provider it is stands in two JSON texts, and nowhere in the code:

    IDV_CONFIG='{"provider": "jumio", ...}' IDV_REQUEST='{"flow": "jumio_authentication", ...}' uvicorn fastapi_app:app

The provider sends users back to `https://your.shop/idv/return`, and calls `https://your.shop/idv/callbacks/jumio`.
"""

from __future__ import annotations

# [host it]
import json
import os
import secrets

from fastapi import FastAPI, Request
from fastapi.responses import RedirectResponse

from idvkit import Account, AskDeliver, Verification
from idvkit.host.aio import Database, Verifications


async def act(ended: AskDeliver, verification: Verification) -> None:
    print(ended.key, ended.outcome)  # your own: once for each `ended.delivery.id`


def current_user(request: Request) -> str:
    return "user-4711"  # your own: from the session, or `None` if nobody is signed in


account, wanted = Account(json.loads(os.environ["IDV_CONFIG"])), json.loads(os.environ["IDV_REQUEST"])
verifications = Verifications(account, Database("sqlite:///idv.sqlite"), on_outcome=act)
app = FastAPI(lifespan=verifications.lifespan)
app.mount("/idv", verifications.routes(who=current_user))


@app.post("/verifications")
async def begin(request: Request) -> RedirectResponse:
    order = secrets.token_urlsafe(16)  # your own: the order's number
    id = await verifications.begin(wanted, key=order, subject=current_user(request))
    return RedirectResponse(f"/idv/verifications/{id}/page", 303)
# [/host it]
