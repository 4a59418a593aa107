"""The one exception of every call."""

from __future__ import annotations

from ._base import Later
from ._idvkit import http_status
from ._types import Blame

# See `_types.py`.
TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as _t

    import idvkit._aliases as _a
else:
    _t, _a = Later("typing"), Later("idvkit._aliases")

__all__ = ["Reject"]


class Reject(Exception):
    """Why a call was refused. A refused call has changed nothing.

    The text is written by idvkit: it names the field, the rule and the fix, and never repeats a value.
    """

    code: _a.RejectCode
    """The stable `snake_case` code, the same text in every language."""
    blame: Blame
    """Who caused it: decide by this what to do."""
    field: _t.Optional[str]
    """The field that it is about, with a dotted path for a nested one."""
    message: str
    """The rule and the fix, written for a developer."""

    def __init__(self, code: _a.RejectCode, blame: Blame, field: _t.Optional[str], message: str) -> None:
        super().__init__(code, blame, field, message)
        self.code = code
        self.blame = blame
        self.field = field
        self.message = message

    @property
    def http_status(self) -> int:
        """The HTTP status with which your server answers the request of a browser that led to this reject."""
        return http_status(self.code)[0]

    @property
    def callback_status(self) -> int:
        """The HTTP status with which your server answers a provider whose callback led to this reject: 200 if the callback is
        genuine and nothing follows from it, as the provider would send it again otherwise."""
        return http_status(self.code)[1]

    def __str__(self) -> str:
        about = f"{self.field}: " if self.field is not None else ""
        return f"{about}{self.message} [{self.code}]"
