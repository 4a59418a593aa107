"""Encrypts what the store keeps, with keys of the host: AES-256-GCM by `cryptography`."""

from __future__ import annotations

import base64
import os
import re
from typing import TYPE_CHECKING, Mapping

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

__all__ = ["Vault"]

_PREFIX = "idvkit:1:"
_NONCE_BYTES = 12


class Vault:
    """The first key encrypts, all decrypt; without keys, texts are stored as they are."""

    def __init__(self, keys: Mapping[str, bytes]) -> None:
        self._ciphers = {id: _cipher(id, key) for id, key in keys.items()}

    def seal(self, plain: bytes, about: str) -> str:
        """The text that is stored; there has to be a key."""
        id, cipher = next(iter(self._ciphers.items()))
        nonce = os.urandom(_NONCE_BYTES)
        sealed = nonce + cipher.encrypt(nonce, plain, about.encode())
        return f"{_PREFIX}{id}:{base64.b64encode(sealed).decode()}"

    def seal_text(self, text: str, about: str) -> str:
        return self.seal(text.encode(), about) if self._ciphers else text

    def seal_bytes(self, data: bytes, about: str) -> bytes:
        return self.seal(data, about).encode() if self._ciphers else data

    def open_text(self, stored: str, about: str) -> str:
        return self._open(stored, about).decode() if stored.startswith(_PREFIX) else stored

    def open_bytes(self, stored: bytes, about: str) -> bytes:
        return self._open(stored.decode(), about) if stored.startswith(_PREFIX.encode()) else stored

    def _open(self, stored: str, about: str) -> bytes:
        id, _, text = stored[len(_PREFIX) :].partition(":")
        cipher = self._ciphers.get(id)
        if cipher is None:
            raise LookupError(f"keys: a row was encrypted with the key {id!r}; add it, behind the key that encrypts")
        sealed = base64.b64decode(text, validate=True)
        return cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], about.encode())


def _cipher(id: str, key: bytes) -> AESGCM:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    if re.fullmatch(r"[A-Za-z0-9_-]{1,32}", id) is None:
        raise ValueError("keys: a key id is 1 to 32 letters, digits, `-` and `_`")
    if len(key) != 32:
        raise ValueError(f"keys: the key {id!r} must have 32 bytes, as `os.urandom(32)` makes them")
    return AESGCM(key)
