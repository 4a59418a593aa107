"""The images of a form, by `python-multipart`."""

from __future__ import annotations

from typing import List, Optional

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from .. import Image

__all__ = ["NoForm", "images"]

_MOST_PARTS = 64


class NoForm(Exception):
    """What is wrong with the form, in words for a developer."""


class _Part:
    def __init__(self) -> None:
        self.name, self.field, self.data = b"", b"", bytearray()
        self.slot: Optional[str] = None


def images(content_type: Optional[str], body: bytes) -> List[Image]:
    """One image for each part, named by its slot."""
    kind, options = parse_options_header(content_type)
    boundary = options.get(b"boundary")
    if kind != b"multipart/form-data" or not boundary:
        raise NoForm("the content type must be `multipart/form-data` with a boundary: post a `FormData`")
    parts: List[_Part] = []
    ended: List[bool] = []
    try:
        _parser(boundary, parts, ended).write(body)
    except FormParserError:
        ended.clear()
    if not ended:
        raise NoForm("the form is not well-formed, or ends early: post a `FormData`")
    return [_image(part) for part in parts]


def _image(part: _Part) -> Image:
    if part.slot is None:
        raise NoForm("each part must have a name: the slot of the image")
    return Image(part.slot, bytes(part.data))


def _parser(boundary: bytes, parts: List[_Part], ended: List[bool]) -> MultipartParser:
    def begin() -> None:
        if len(parts) == _MOST_PARTS:
            raise NoForm(f"a form has at most {_MOST_PARTS} parts")
        parts.append(_Part())

    def name(data: bytes, start: int, end: int) -> None:
        parts[-1].name += data[start:end]

    def value(data: bytes, start: int, end: int) -> None:
        parts[-1].field += data[start:end]

    def header() -> None:
        part = parts[-1]
        if part.name.lower() == b"content-disposition":
            slot = parse_options_header(part.field)[1].get(b"name")
            part.slot = None if slot is None else slot.decode(errors="replace")
        part.name = part.field = b""

    def content(data: bytes, start: int, end: int) -> None:
        parts[-1].data += data[start:end]

    return MultipartParser(
        boundary,
        {
            "on_part_begin": begin,
            "on_header_field": name,
            "on_header_value": value,
            "on_header_end": header,
            "on_part_data": content,
            "on_end": lambda: ended.append(True),
        },
    )
