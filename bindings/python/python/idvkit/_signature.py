"""What `inspect.signature(Account)`, and with it `help` and a REPL, say: the members of all configurations."""

from __future__ import annotations

__all__ = ["AccountSignature"]

# See `_types.py`.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from inspect import Signature


class AccountSignature:
    """Made when somebody asks for it, from the forms of `idvkit.config`."""

    def __get__(self, account: object, owner: object = None) -> Signature:
        from inspect import Parameter, Signature
        from typing import Any, Dict, List, Optional, Union, get_args, get_type_hints

        from . import config

        hints: Dict[str, List[Any]] = {}
        for form in get_args(config.Config):
            for name, hint in get_type_hints(form).items():
                hints.setdefault(name, []).append(hint)
        names = [
            # What may be left out, or stand in `config`, and what only some providers have: all but the first.
            Parameter(name, Parameter.KEYWORD_ONLY, default=..., annotation=Union[tuple(hints[name])])
            for name in sorted(hints, key=lambda name: name != "provider")
        ]
        first = Parameter("config", Parameter.POSITIONAL_ONLY, default=None, annotation=Optional[config.Config])
        return Signature([first, *names])
