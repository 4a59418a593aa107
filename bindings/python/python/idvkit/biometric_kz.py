"""biometric.kz's values and documents.

    idvkit.biometric_kz.plan(metadata, technologies=["LDHP", "ED"]).input
"""

from __future__ import annotations

from . import _biometric_kz
from ._biometric_kz import *  # noqa: F403

__all__ = _biometric_kz.__all__
