"""Signatures without a session: which secrets are taken, and that none is repeated."""

from __future__ import annotations

import array
import hmac
from typing import Any

import idvkit
import pytest

from idvkit import Reject


def test_a_secret_is_text_or_bytes() -> None:
    """Bytes are the key as it is, text its own bytes or those of its hex digits. What is refused is never repeated."""
    key, message = bytes([0x00, 0xFF, 0x41]), b"signed"
    tag = hmac.new(key, message, "sha256").hexdigest()
    untyped: Any = idvkit.verify
    for secret in (key, bytearray(key), memoryview(b"." + key)[1:], array.array("B", key)):
        for form in ("text", "hex_decoded"):
            untyped(message, tag, [secret], key=form)
            untyped(message, tag, ("other", "00", b"other", secret), key=form)
    idvkit.verify(message, tag, ["00ff41"], key="hex_decoded")
    idvkit.verify(message, hmac.new("ключ".encode(), message, "sha256").hexdigest(), ["ключ"])
    for secrets, form, code in (
        ([b"00ff41"], "hex_decoded", "signature_wrong"),
        (["00ff41"], "text", "signature_wrong"),
        ([b"", ""], "hex_decoded", "secret_missing"),
        (["leak"], "hex_decoded", "secret_malformed"),
    ):
        with pytest.raises(Reject) as refused:
            untyped(message, tag, secrets, key=form)
        assert refused.value.code == code
        assert "leak" not in str(refused.value)
    for wrong, words in (
        ("leak", "secrets takes a list of str or bytes"),
        (b"leak", "secrets takes a list of str or bytes"),
        (memoryview(b"leak"), "secrets takes a list of str or bytes"),
        (None, "secrets takes a list of str or bytes"),
        (["leak", 7], r"secrets\[1\] takes str or bytes, not int"),
        ([["leak"]], r"secrets\[0\] takes str or bytes, not list"),
    ):
        with pytest.raises(TypeError, match=words) as caught:
            untyped(message, tag, wrong)
        assert "leak" not in str(caught.value)
    with pytest.raises(ValueError, match=r"secrets\[0\] has a character that UTF-8 does not encode") as unfit:
        untyped(message, tag, ["leak\udc80"])
    assert "leak" not in repr(unfit.value.args)
    assert unfit.value.__context__ is None
