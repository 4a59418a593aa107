"""One SDK for identity-verification (IDV, eKYC) flows.

Your code performs HTTP, keeps the database and shows the pages; idvkit says what to do next and which result can be
trusted. It has no sockets, no clock and no random source.

* `idvkit.client` and `idvkit.aio`: drive verifications over your HTTP client and store; `idvkit.httpx` sends over httpx.
* `idvkit.host`: hosts verifications with routes, tables and a worker, for your web framework.
* `Driver`, `Row`, `Tokens`: the same without any I/O, for a loop of your own.
* `Account`, `Session`: one session alone: open, `next`, `handle`, `snapshot`, `restore`.
* `Journey` and `read`: what a page or phone gets, and what it sends back.
* `catalog`, `best_locale` and `diagnose`: a provider's tables, the user's language out of them, and the signature doctor.
* `verify` and `signed_member`: signatures without a session.
* `idvkit.attestr`, `idvkit.biometric_kz`, `idvkit.jumio`, `idvkit.signicat`: a provider's values and documents, such as
  `jumio.url`, and what only one provider offers.
* `idvkit.config`: the forms of configurations and requests, for type checkers.

Every refusal is a `Reject`. Drivers, sessions and accounts may be used from several threads at once.
"""

from __future__ import annotations

from . import _types
from ._idvkit import Account, Accounts, Driver, Session, Tokens, Verification
from ._idvkit import best_locale, catalog, diagnose, outcome_from_json, read, signed_member, verify
from ._reject import Reject
from ._signature import AccountSignature
from ._types import *  # noqa: F403

__version__ = "0.1.0"
# The native class cannot name the members of configurations by itself.
setattr(Account, "__signature__", AccountSignature())
__all__ = ["Account", "Accounts", "Driver", "Reject", "Session", "Tokens", "Verification"]
__all__ += ["best_locale", "catalog", "diagnose", "outcome_from_json", "read", "signed_member", "verify"]
__all__ += _types.__all__

# See `_types.py`.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from . import _aliases
    from . import attestr as attestr, biometric_kz as biometric_kz, jumio as jumio, signicat as signicat
    from ._aliases import *  # noqa: F403

    __all__ += _aliases.__all__


def __getattr__(name: str) -> object:
    """Choices such as `Next`, and providers' modules, when somebody first asks for one."""
    if name.startswith("_"):
        raise AttributeError(name)
    if name in ("attestr", "biometric_kz", "jumio", "signicat"):
        return __import__(f"{__name__}.{name}", fromlist=(name,))
    from . import _aliases

    if name not in _aliases.__all__:
        raise AttributeError(f"module 'idvkit' has no attribute {name!r}")
    return getattr(_aliases, name)
