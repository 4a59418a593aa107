"""Signicat's values and documents, and the requests that only Signicat has.

    idvkit.signicat.process(answer.body).status
    token = client.exchange(idvkit.signicat.token_request(account))
    result = client.exchange(idvkit.signicat.download_request(account, dossier, process, token))
"""

from __future__ import annotations

from . import _signicat
from ._idvkit import signicat_download_request as download_request
from ._idvkit import signicat_token_request as token_request
from ._signicat import *  # noqa: F403

__all__ = ["download_request", "token_request"]
__all__ += _signicat.__all__
