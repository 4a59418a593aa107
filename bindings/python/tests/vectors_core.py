"""Transcripts, `read`, signatures, and what all providers share."""

from __future__ import annotations

import json
from typing import Any, Dict, Optional

from support import body_of, rows, vector
from vectors_common import code_of, examined, runs, to_wire

import idvkit
from idvkit import Account, Reject, Session


@runs("transcripts")
def transcript(name: str) -> None:
    record = vector(name)
    account = Account(record["config"])
    snapshot: Optional[str] = None
    for number, step in enumerate(record["steps"]):
        if snapshot is None:
            session = Session.open(account, record["request"], bytes.fromhex(record["seed"]), step["at"])
        else:
            session = Session.restore(account, snapshot)
        code = None
        if step["input"] is not None:
            try:
                session.handle(to_input(step["input"]), step["at"])
            except Reject as reject:
                code = reject.code
        place = f"{name}, step {number}"
        assert code == step["reject"], place
        assert session.revision == step["revision"], place
        assert to_wire(session.next(step["at"])) == step["next"], place
        assert session.next(step["at"]) == session.next(step["at"]), place
        snapshot = session.snapshot()
        assert snapshot == step["snapshot"], place


def to_input(wire: Dict[str, Any]) -> Any:
    """The classes are called as the wire says: the tag is the name of the class."""
    members = {name: value for name, value in wire.items() if name != "type"}
    if "body" in members:
        members["body"] = body_of(members["body"])
    if "images" in members:
        members["images"] = [idvkit.Image(one["slot"], body_of(one["bytes"])) for one in members["images"]]
    return getattr(idvkit, "".join(word.capitalize() for word in wire["type"].split("_")))(**members)


@runs("read")
def read(name: str) -> None:
    file = vector(name)
    journey = idvkit.Journey.from_json(json.dumps(file["journey"]))
    assert json.loads(journey.to_json())["ways"] == without_none(file["journey"]["ways"])
    for case in file["cases"]:
        seen = dict(case["seen"])
        kind = getattr(idvkit, "Seen" + seen.pop("type").capitalize())
        assert idvkit.read(journey, kind(**seen)) == case["hint"], case["id"]
        assert idvkit.read(json.dumps(file["journey"]), kind(**seen)) == case["hint"], case["id"]


def without_none(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: without_none(one) for name, one in value.items() if one is not None}
    return [without_none(one) for one in value] if isinstance(value, list) else value


@runs("signature/hmac")
def hmac(name: str) -> None:
    for row in rows(name):
        message = row["message_text"].encode() if "message_text" in row else bytes.fromhex(row["message_hex"])
        scheme = {"encoding": row["scheme"]["encoding"], "key": row["scheme"]["key"]}
        code = code_of(lambda: idvkit.verify(message, row["tag"], [row["key_text"]], **scheme))
        assert code == (None if row["result"] == "valid" else f"signature_{row['result']}"), row["id"]


@runs("signature/wycheproof_form")
def wycheproof_form(name: str) -> None:
    seen = 0
    for group in vector(name)["testGroups"]:
        for case in group["tests"]:
            message, secrets = bytes.fromhex(case["msg"]), [case["key"]]
            code = code_of(lambda: idvkit.verify(message, case["tag"], secrets, key="hex_decoded"))
            assert (code is None) == (case["result"] == "valid"), case["tcId"]
            assert group["tagSize"] == 256 or code == "signature_malformed", case["tcId"]
            seen += 1
    assert seen == vector(name)["numberOfTests"]


@runs("signature/slice")
def slices(name: str) -> None:
    for row in rows(name):
        body, expected = row["body_text"].encode(), row.get("slice_text")
        if "error" in row:
            assert code_of(lambda: idvkit.signed_member(body, row["member"])) == row["error"], row["id"]
        else:
            found = idvkit.signed_member(body, row["member"])
            assert found == (None if expected is None else expected.encode()), row["id"]


@runs("signature/ecmascript")
def ecmascript(name: str) -> None:
    for row in rows(name):
        found, code = examined("ecmascript", row["input_text"].encode())
        assert (found and found["text"], code) == (row.get("output_text"), row.get("error")), row["id"]


@runs("signature/doctor")
def doctor(name: str) -> None:
    """The whole body that was signed is told apart from the member."""
    tried = 0
    for row in rows(name):
        account = attestr({**row, "key_text": row["key"]})
        if account is None or row.get("member") != "result":
            continue
        tried += 1
        found = idvkit.diagnose(account, row["message"].encode(), row["tag"])
        assert (found.verdict, [one.cause for one in found.findings]) == (row["verdict"], row["causes"]), row["id"]
    assert tried > 4


def attestr(row: Dict[str, Any]) -> Optional[Account]:
    """An account with the secret of a row, if Attestr's scheme and rules allow it."""
    if row["scheme"]["encoding"] != "hex":
        return None
    options = {"hex_decoded_secret": row["scheme"]["key"] != "text"}
    try:
        return Account(
            provider="attestr", auth_token="t", client_key="00", client_secrets=[row["key_text"]], options=options
        )
    except Reject:
        return None


@runs("core/times")
def times(name: str) -> None:
    for case in rows(name):
        assert idvkit.examine("time", {"text": case["text"]}) == {"millis": case["millis"]}, case["id"]


@runs("core/locales")
def locales(name: str) -> None:
    file = vector(name)
    for case in file["tags"]:
        found, code = examined("locale", {"text": case["input"]})
        assert (found and found["tag"], code) == (case["tag"], case["code"]), case["id"]
    # The sets of the vectors are those of two providers.
    providers = {"jumio_api": "jumio", "biometric_kz": "biometric_kz"}
    for case in file["lookups"]:
        try:
            found = idvkit.examine("locale", {"text": case["input"], "provider": providers[case["set"]]})
            assert (found["tag"], None) == (case["tag"], case["code"]), case["id"]
        except Reject as reject:
            offers = case.get("offers") or [entry["tag"] for entry in file["sets"][case["set"]]["entries"]]
            assert reject.code == case["code"] and reject.message.endswith(": " + ", ".join(offers)), case["id"]


@runs("core/urls")
def urls(name: str) -> None:
    for case in rows(name):
        config: Dict[str, Any] = {"provider": "jumio", "region": "us", "api_token": "t", "api_secret": "s"}
        config.update(user_agent="Example Corp SampleApp/1.0.1", options={"development": case["development"]})
        if case["rules"] == "callback":
            config["callback"] = {"url": case["url"]}
        else:
            config.update({"callback": "portal", {"redirect": "success_url", "error": "error_url"}[case["rules"]]: case["url"]})
        code = code_of(lambda: Account(config))
        # Jumio's own limit for callback URLs is shorter than the vectors' rule: room for the secret.
        assert code == case["code"] or (case["rules"] == "callback" and code == "url_too_long"), (case["id"], code)
