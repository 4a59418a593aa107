"""Values and documents without a session: the three examples of the README."""

from __future__ import annotations

from typing import List

# [values]
from idvkit import Reject, attestr, biometric_kz, jumio


def about_url(text: str) -> str:
    """A settings page: is this callback URL fit, and if not, why?"""
    try:
        return f"fit, of at most {jumio.url(text, purpose='callback').limit} characters"
    except Reject as reject:
        return f"{reject.code}: it {reject.message}"


def still_asked(iin: str, phone: str) -> List[str]:
    """A form: what keeps a user from going straight to the code from 1414?"""
    plan = biometric_kz.plan(
        {"edocument": {"iin": {"value": iin, "changeable": False}, "phone": {"value": phone}, "skip_input": True}},
        technologies=["LDHP", "ED"],
    )
    return [] if plan.input == "skipped" else [str(condition) for condition in plan.unmet]


def is_authentic(body: bytes, secret: str, claimed: str) -> bool:
    """A check of a stored answer: both of the checks that Attestr's documents demand."""
    return attestr.result(body, secrets=[secret], claimed=claimed).authentic
# [/values]
