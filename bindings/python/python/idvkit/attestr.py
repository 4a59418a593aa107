"""Attestr's values and documents.

    idvkit.attestr.result(answer.body, secrets=[secret], claimed=signature).authentic
"""

from __future__ import annotations

from . import _attestr
from ._attestr import *  # noqa: F403

__all__ = _attestr.__all__
