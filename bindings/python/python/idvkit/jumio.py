"""Functions that only Jumio has.

    image = client.exchange(idvkit.jumio.image_request(account, url))
"""

from __future__ import annotations

from ._idvkit import jumio_image_request as image_request

__all__ = ["image_request"]
