"""Values and documents: one call for each file, and what is reached through such a call."""

from __future__ import annotations

import hashlib
import hmac
import importlib
from typing import Any, Callable

from support import T0, body_of, rows, vector
from vectors_common import code_of, runs, to_wire

from idvkit import Reject, attestr, jumio

SECRET = "0123456789abcdef0123456789abcdef"


@runs("values")
def values(name: str) -> None:
    provider, call = name.split("/")[1].split(".")
    function: Callable[..., Any] = getattr(importlib.import_module(f"idvkit.{provider}"), call)
    for case in rows(name):
        args = {name: given(value) for name, value in case["args"].items()}
        try:
            answer = function(**args)
        except Reject as reject:
            said = (reject.code, reject.field, reject.message)
            assert said == (case.get("code"), case.get("field"), case.get("message")), case["id"]
        else:
            assert "code" not in case, case["id"]
            assert plain(to_wire(answer)) == case["answer"], case["id"]


def given(value: Any) -> Any:
    """Bytes stand in vectors as text or base64."""
    return body_of(value) if isinstance(value, dict) and set(value) & {"text", "base64"} else value


def plain(value: Any) -> Any:
    """Tuples are lists in JSON."""
    if isinstance(value, (list, tuple)):
        return [plain(one) for one in value]
    return {name: plain(one) for name, one in value.items()} if isinstance(value, dict) else value


@runs("core/times")
def times(name: str) -> None:
    for case in rows(name):
        body = '{"transactionReference": "t", "enrollmentTransactionReference": "e", "transactionResult": "PASSED", %s}'
        read = jumio.transaction((body % f'"transactionDate": "{case["text"]}"').encode())
        assert read.date == case["millis"], case["id"]


@runs("core/locales")
def locales(name: str) -> None:
    """The sets in this file are samples, which only Rust can make; the tags are those of a request."""
    for case in vector(name)["tags"]:
        request: Any = {"flow_id": "FX02zfeuvcj36knhn06us", "tag": "T", "locale": case["input"]}
        assert code_of(lambda: attestr.handshake_request(request, now=T0)) == case["code"], case["id"]
        if case["code"] is None:
            assert attestr.handshake_request(request, now=T0).locale == case["tag"], case["id"]


@runs("signature/ecmascript")
def ecmascript(name: str) -> None:
    """The form in which a result is signed, by way of a result. How deep a text may be is for Rust to try."""
    for case in rows(name):
        if case["id"].startswith("depth"):
            continue
        expected = f'{{"FS1":{case["output_text"]}}}' if "output_text" in case else None
        tag = hmac.new(SECRET.encode(), (expected or "none").encode(), hashlib.sha256).hexdigest()
        result = f'{{"FS1": {case["input_text"]}}}'
        body = f'{{"_id": "DS02zfeuv6n4gkq51hvw6", "result": {result}, "resultSignature": "{tag}"}}'
        try:
            read = attestr.result(body.encode(), secrets=[SECRET])
        except Reject as reject:
            assert expected is None and reject.code == "result_unreadable", case["id"]
            continue
        assert (read.signature == "verified") == (expected is not None), case["id"]
        if expected is not None:
            assert read.signed == expected, case["id"]
