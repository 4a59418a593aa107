"""How pydantic, and with it FastAPI, read and write the generated classes. Imported when pydantic asks for it, and never else."""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Tuple, Type, get_args, get_type_hints

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from ._base import Sealed, Value

__all__ = ["schema_of"]


def schema_of(cls: Type[Value], handler: GetCoreSchemaHandler) -> CoreSchema:
    """An object with the members that `to_json` writes, or an instance. What is sealed has no JSON form: an instance only."""
    instance = core_schema.is_instance_schema(cls)
    if issubclass(cls, Sealed):
        return instance
    form = core_schema.typed_dict_schema(_fields(cls, handler), extra_behavior="forbid", cls_name=cls.__name__)
    read = core_schema.no_info_after_validator_function(lambda members: _made(cls, members), form)
    return core_schema.json_or_python_schema(
        read,
        core_schema.union_schema([instance, read], mode="left_to_right"),
        serialization=core_schema.plain_serializer_function_ser_schema(_members, return_schema=form),
        ref=f"{cls.__module__}.{cls.__qualname__}:{id(cls)}",
    )


def _fields(cls: Type[Value], handler: GetCoreSchemaHandler) -> Dict[str, core_schema.TypedDictField]:
    hints, fields = get_type_hints(cls), {name: core_schema.typed_dict_field(form) for name, form in _tag(cls)}
    for name in _slots(cls):
        required = type(None) not in get_args(hints[name])
        fields[_member(name)] = core_schema.typed_dict_field(handler.generate_schema(hints[name]), required=required)
    return fields


def _made(cls: Type[Value], members: Dict[str, Any]) -> Value:
    return cls(*(members.get(_member(name)) for name in _slots(cls)))


def _members(value: Value) -> Dict[str, Any]:
    members = {_member(name): getattr(value, name) for name in ("type", *_slots(type(value))) if hasattr(value, name)}
    return {name: member for name, member in members.items() if member is not None}


def _tag(cls: Type[Value]) -> List[Tuple[str, CoreSchema]]:
    """Variants of a choice are told apart by it."""
    tag: Optional[str] = getattr(cls, "type", None)
    return [] if tag is None else [("type", core_schema.literal_schema([tag]))]


def _slots(cls: Type[Value]) -> Tuple[str, ...]:
    return tuple(cls.__slots__)


def _member(name: str) -> str:
    """Names that are Python's own have an underscore behind them as attributes."""
    return name.rstrip("_")
