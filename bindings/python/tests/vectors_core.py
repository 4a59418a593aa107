"""Transcripts, `read`, signatures, and what all providers share."""

from __future__ import annotations

import json
from typing import Any, Dict, Optional, get_args

from support import JUMIO_REQUEST, SEED, jumio, rows, vector
from vectors_common import Run, code_of, runs, to_input, to_wire

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
            before = session
            session = Session.restore(account, snapshot)
            for blob in before.blobs():
                assert session.supply(blob.bytes)
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


@runs("snapshots")
def snapshots(name: str) -> None:
    file = vector(name)
    assert file["cases"]
    for case in file["cases"]:
        session = Session.restore(Account(file["accounts"][case["account"]]), case["snapshot"])
        assert session.revision == case["revision"], case["id"]
        assert to_wire(session.next(case["now"])) == case["next"], case["id"]


@runs("rows")
def stored_rows(name: str) -> None:
    file = vector(name)
    accounts = idvkit.Accounts({name: Account(config) for name, config in file["accounts"].items()})
    assert file["cases"]
    for case in file["cases"]:
        stored = idvkit.Verification.restore(accounts, case["snapshot"])
        said = {name: to_wire(getattr(stored, name)) for name in ("revision", "outcome", "references", "delivery")}
        assert said == {name: case[name] for name in said}, case["id"]
        step = stored.next(case["now"])
        due = case["now"] if isinstance(step, idvkit.Send) else getattr(step, "until", None)
        pending = stored.delivery and stored.delivery.due
        assert min((moment for moment in (due, pending) if moment is not None), default=None) == case["due"], case["id"]


@runs("core/retry_after")
def retry_after(name: str) -> None:
    file = vector(name)
    for case in rows(name):
        run = Run(Account(file["config"]), file["request"], file["now"])
        run.answer("jumio.initiate", 503, b"", [("retry-after", value) for value in case["values"]])
        step = run.next()
        assert isinstance(step, idvkit.Wait) and step.until - run.now == case["pause_ms"], case["id"]


@runs("core/best_locale")
def best_locale(name: str) -> None:
    for case in rows(name):
        assert idvkit.best_locale(case["provider"], case["preferred"]) == case["locale"], case["id"]
        if case["provider"] == "jumio":
            request = {**JUMIO_REQUEST, "locale": case["preferred"]}
            body = json.loads(Run(jumio("http://127.0.0.1:1"), request).due().body)
            assert body.get("locale") == case["locale"], case["id"]


@runs("core/catalog")
def catalogs(name: str) -> None:
    expected = vector(name)["catalogs"]
    assert {provider.value for provider in idvkit.ProviderId} == set(expected)
    for provider, catalog in expected.items():
        assert to_wire(idvkit.catalog(provider)) == catalog, provider


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
        if row["scheme"]["key"] == "text":
            keys = [row["key_text"].encode()]
            assert code == code_of(lambda: idvkit.verify(message, row["tag"], keys, **scheme)), row["id"]


@runs("signature/wycheproof_form")
def wycheproof_form(name: str) -> None:
    seen = 0
    for group in vector(name)["testGroups"]:
        for case in group["tests"]:
            message, secrets = bytes.fromhex(case["msg"]), [case["key"]]
            code = code_of(lambda: idvkit.verify(message, case["tag"], secrets, key="hex_decoded"))
            assert (code is None) == (case["result"] == "valid"), case["tcId"]
            keys = [bytes.fromhex(case["key"])]
            for form in ("text", "hex_decoded"):
                assert code == code_of(lambda: idvkit.verify(message, case["tag"], keys, key=form)), case["tcId"]
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
        assert (found.verdict, [one.difference for one in found.findings]) == (row["verdict"], row["differences"]), row["id"]
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


@runs("core/rejects")
def rejects(name: str) -> None:
    file = vector(name)
    # The declared type is the list, and every case comes to its code.
    assert list(get_args(idvkit.RejectCode)) == [row["code"] for row in file["codes"]]
    blames = {row["code"]: row["blame"] for row in file["codes"]}
    for case in file["cases"]:
        if case["call"] == "parse":
            continue
        try:
            provoke(file, case)
        except Reject as reject:
            said = (reject.code, reject.blame, reject.field)
            assert said == (case["code"], case["blame"], case["field"]), case["id"]
            assert case["blame"] in blames[case["code"]] and reject.message, case["id"]
        else:
            raise AssertionError(f"{case['id']} is not refused")


def provoke(file: Dict[str, Any], case: Dict[str, Any]) -> None:
    now = case.get("now", file["now"])
    provider = case.get("provider", "jumio")
    plain = Account(file["configs"][provider])

    def opened(account: Account) -> Session:
        request = {**({} if case.get("replace") else file["requests"][provider]), **case.get("request", {})}
        return Session.open(account, request, SEED[: case.get("seed_bytes", 32)], now)

    if case["call"] == "verify":
        return idvkit.verify(case["message"].encode(), case["tag"], case["secrets"], key=case["key"])
    if case["call"] == "signed_member":
        return void(idvkit.signed_member(case["body"].encode(), case["name"]))
    if case["call"] == "read":
        return void(idvkit.read(case["journey"], idvkit.SeenClosed()))
    account = Account({**file["configs"][provider], **case.get("config", {})})
    if case["call"] == "restore":
        stored = opened(plain).snapshot() if case["snapshot"] == "$opened" else case["snapshot"]
        return void(Session.restore(account, stored))
    if case["call"] == "reference_of":
        return void(account.reference_of(to_input(case["input"]), now))
    if case["call"] == "diagnose":
        return void(idvkit.diagnose(account, case["body"].encode(), case["tag"]))
    if case["call"] == "account":
        return
    session = opened(account)
    first = session.next(now)
    assert isinstance(first, idvkit.Send)
    for wire in case.get("inputs", []):
        session.handle(to_input(wire, first.request.id), now)


def void(_: object) -> None:
    """It was not refused."""
