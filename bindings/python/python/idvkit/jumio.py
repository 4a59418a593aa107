"""Jumio's values and documents, and the requests that only Jumio has.

    idvkit.jumio.url("https://shop.example/idv", purpose="callback").limit
    image = client.exchange(idvkit.jumio.image_request(account, url))
"""

from __future__ import annotations

from . import _jumio
from ._idvkit import jumio_image_request as image_request
from ._jumio import *  # noqa: F403

__all__ = ["image_request"]
__all__ += _jumio.__all__
