"""`fastapi_app.py` in Django, as one file: `IDV_CONFIG=… IDV_REQUEST=… python django_app.py runserver --noreload`. It needs
`idvkit[host]`. In a project, the part between the marks stands in `urls.py`."""

from __future__ import annotations

import sys
from typing import Any

from django.conf import settings
from django.core.management import execute_from_command_line

settings.configure(ALLOWED_HOSTS=["localhost"], SECRET_KEY="-", ROOT_URLCONF=__name__)

# [host it]
import json
import os
import secrets

from django.http import HttpRequest, HttpResponseRedirect
from django.urls import include, path

from idvkit import Account, AskDeliver, Verification
from idvkit.host import Database, Verifications, django


def act(ended: AskDeliver, verification: Verification) -> None:
    print(ended.key, ended.outcome)  # your own: once for each `ended.delivery.id`


def current_user(request: HttpRequest) -> str:
    return "user-4711"  # your own: `str(request.user.pk)`, or `None` if nobody is signed in


account, wanted = Account(json.loads(os.environ["IDV_CONFIG"])), json.loads(os.environ["IDV_REQUEST"])
verifications = Verifications(account, Database("sqlite:///idv.sqlite"), on_outcome=act)
verifications.start()


def begin(request: HttpRequest) -> HttpResponseRedirect:
    order = secrets.token_urlsafe(16)  # your own: the order's number
    id = verifications.begin(wanted, key=order, subject=current_user(request))
    return HttpResponseRedirect(f"/idv/verifications/{id}/page", status=303)


urlpatterns = [path("idv/", include(django.routes(verifications, who=current_user))), path("verifications", begin)]
# [/host it]

if __name__ == "__main__":
    execute_from_command_line(sys.argv)
