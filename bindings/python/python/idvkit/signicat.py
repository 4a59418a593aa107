"""Functions that only Signicat has.

    token = client.exchange(idvkit.signicat.token_request(account))
    result = client.exchange(idvkit.signicat.download_request(account, dossier, process, token))
"""

from __future__ import annotations

from ._idvkit import signicat_download_request as download_request
from ._idvkit import signicat_token_request as token_request

__all__ = ["download_request", "token_request"]
