"""What the generated classes have in common. See `_types.py`."""

from __future__ import annotations

from enum import Enum

__all__ = ["HeaderMethods", "JourneyMethods", "Later", "OutcomeMethods", "Sealed", "Value", "Word"]


class Later:
    """A module that is imported when somebody asks for something in it."""

    def __init__(self, module: str) -> None:
        self._module = module

    def __getattr__(self, name: str) -> object:
        return getattr(__import__(self._module, fromlist=(name,)), name)


# See `_types.py`.
TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as _t

    import idvkit._types as _types
else:
    _t, _types = Later("typing"), Later("idvkit._types")


class Word(str, Enum):
    """One of a closed set of words: equal to its text, and printed as its text."""

    def __str__(self) -> str:
        return str(self.value)

    def __format__(self, spec: str) -> str:
        return str(self.value).__format__(spec)

    def __repr__(self) -> str:
        return f"{type(self).__name__}.{self.name}"


if TYPE_CHECKING:
    # Known to type checkers without being installed: constructor, class patterns and frozen fields as of a dataclass.
    from typing_extensions import dataclass_transform
else:

    def dataclass_transform(**_: object) -> object:
        return lambda cls: cls


@dataclass_transform(frozen_default=True)
class Value:
    """A frozen record. `repr` shows only what may be printed."""

    __slots__ = ()
    # `None`: every field may be printed.
    _shown: _t.ClassVar[_t.Optional[_t.Tuple[str, ...]]] = None

    def __init_subclass__(cls) -> None:
        # In words that type checkers let pass: they derive these themselves.
        setattr(cls, "__match_args__", cls.__slots__)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{type(self).__name__} is frozen")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"{type(self).__name__} is frozen")

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return _values(self) == _values(other)

    def __hash__(self) -> int:
        return hash((type(self), *_values(self)))

    def __repr__(self) -> str:
        slots: _t.Tuple[str, ...] = self.__slots__
        names = slots if self._shown is None else self._shown
        fields = [f"{name}={getattr(self, name)!r}" for name in names]
        if len(names) < len(slots):
            fields.append("..")
        return f"{type(self).__name__}({', '.join(fields)})"

    @classmethod
    def __get_pydantic_core_schema__(cls, source: object, handler: _t.Any) -> _t.Any:
        from ._pydantic import schema_of

        return schema_of(cls, handler)

    # Frozen and with slots: without this, unpickling would try to set attributes.
    def __reduce__(self) -> _t.Tuple[_t.Any, ...]:
        return type(self), _values(self)


class Sealed(Value):
    """A frozen record that holds credentials or personal data. It cannot be pickled, so that it leaves this process only
    field by field, on purpose."""

    __slots__ = ()

    def __copy__(self) -> Sealed:
        return self

    def __deepcopy__(self, memo: object) -> Sealed:
        return self

    def __reduce__(self) -> _t.Tuple[_t.Any, ...]:
        raise TypeError(
            f"{type(self).__name__} may hold credentials or personal data and cannot be pickled; "
            "store `session.snapshot()` and make it anew"
        )


def _values(record: Value) -> _t.Tuple[_t.Any, ...]:
    slots: _t.Tuple[str, ...] = record.__slots__
    return tuple(getattr(record, name) for name in slots)


class HeaderMethods:
    """A header line unpacks into its name and value."""

    __slots__ = ()
    name: str
    value: str

    def __iter__(self) -> _t.Iterator[str]:
        return iter((self.name, self.value))


class JourneyMethods:
    """The methods of a journey."""

    __slots__ = ()

    def to_json(self) -> str:
        """The journey as JSON, for this one user's page or app."""
        return to_json(self)

    @staticmethod
    def from_json(text: str) -> _types.Journey:
        """Parses a journey from JSON. A way that this version does not know is dropped; the rest is kept.

        Raises `Reject` with the code `journey_malformed` if the text is not a journey.
        """
        return journey_from_json(text)


class OutcomeMethods:
    """The methods of an outcome."""

    __slots__ = ()

    def to_json(self) -> str:
        """The outcome as JSON, which `outcome_from_json` reads. It may leave the server: it holds no personal data."""
        return to_json(self)


# Used by methods only; the native module itself needs the classes.
from ._idvkit import journey_from_json, to_json  # noqa: E402
