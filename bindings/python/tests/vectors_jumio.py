"""Jumio: orders, answers, returns and callbacks; and the scripts that the sandbox follows."""

from __future__ import annotations

import json
from typing import Any, Dict

import httpx
from idvkit_sandbox import Sandbox
from support import JUMIO_REQUEST, SEED, T0, jumio, rows, vector
from vectors_common import Run, check_reference, code_of, runs, to_wire

import idvkit
from idvkit import Account, Reject, Session

REFERENCE = "11111111-1111-4111-8111-111111111111"
ENROLLMENT = JUMIO_REQUEST["enrollment_transaction_reference"]
BODY = {"transactionReference": REFERENCE, "enrollmentTransactionReference": ENROLLMENT}


def opened(config: Dict[str, Any], **more: Any) -> Run:
    return Run(Account({**config, "callback": "portal", **more}), JUMIO_REQUEST)


def live(config: Dict[str, Any], **more: Any) -> Run:
    """A session with its page shown."""
    run = opened(config, **more)
    url = "https://netverify.com/web/v4/app?authorizationToken=t&locale=de"
    answer = {"timestamp": "2024-01-02T03:04:05.678Z", "transactionReference": REFERENCE, "redirectUrl": url}
    run.answer("jumio.initiate", 200, answer)
    return run


@runs("jumio/initiate")
def initiate(name: str) -> None:
    account = Account(vector(name)["config"])
    for case in rows(name):
        try:
            session = Session.open(account, case["request"], SEED, T0)
        except Reject as reject:
            assert (reject.code, reject.field) == (case.get("code"), case.get("field")), case["id"]
            continue
        assert "code" not in case, case["id"]
        step = session.next(T0)
        assert isinstance(step, idvkit.Send) and step.request.body is not None
        body = json.loads(step.request.body)
        if "callbackUrl" in body:
            assert len(body["callbackUrl"]) <= 255
            base, secret = body["callbackUrl"].rsplit("/", 1)
            assert len(bytes.fromhex(secret)) == 16
            body["callbackUrl"] = f"{base}/<secret>"
        if "body" in case:
            assert body == case["body"], case["id"]


@runs("jumio/prefix")
def prefix(name: str) -> None:
    for case in rows(name):
        config = {"provider": "jumio", "region": "us", "api_token": "t", "api_secret": "s", "callback": "portal"}
        config.update(user_agent="Example Corp SampleApp/1.0.1", domain_prefix=case["prefix"])
        assert code_of(lambda: Account(config)) == (None if case["accept"] else "domain_prefix_invalid"), case["id"]


@runs("jumio/return")
def returns(name: str) -> None:
    for case in rows(name):
        check_reference(some_jumio(), idvkit.Redirect(case["url"]), case.get("reference"), case.get("code"), case["id"])


@runs("jumio/callback")
def jumio_callback(name: str) -> None:
    for case in rows(name):
        body = case["body"].encode().ljust(case.get("pad_to", 0), b"a")
        headers = {"Content-Type": case.get("content_type", "application/x-www-form-urlencoded")}
        code = case.get("code")
        # Genuine, but of another product of the same account: nobody's.
        code = None if code == "callback_of_other_product" else code
        check_reference(some_jumio(), idvkit.Callback("/cb", headers, body), case.get("reference"), code, case["id"])


def some_jumio() -> Account:
    return Account(vector("jumio/initiate")["config"])


@runs("jumio/error")
def error(name: str) -> None:
    config = vector(name)["config"]
    for case in rows(name):
        run = opened(config) if case["at"] == "jumio.initiate" else live(config)
        run.answer(case["at"], case["status"], case["body"], [tuple(pair) for pair in case["headers"]])
        step = run.next()
        assert isinstance(step, idvkit.Done) == case["ends"], case["id"]
        fault = to_wire(step.outcome.fault) if isinstance(step, idvkit.Done) else run.fault()
        assert {name: fault.get(name) for name in case["fault"]} == case["fault"], case["id"]
        assert fault.get("trace_id") == (case["headers"][0][1] if case["headers"] else None), case["id"]


@runs("jumio/poll")
def poll(name: str) -> None:
    config = vector(name)["config"]
    for case in rows(name):
        run = live(config, callback=case["callback"], options=case.get("options", {}))
        said = {"authorizationToken": "t", "transactionReference": REFERENCE, "eventType": 510}
        said["payload"] = {"value": "success"}  # type: ignore[assignment]
        run.see(idvkit.SeenMessage("https://netverify.com", json.dumps(said)))
        base, looks = run.now, []
        for _ in case["offsets"]:
            run.answer("jumio.retrieve", 200, {**BODY, "transactionResult": "STARTED"})
            looks.append((run.now - base) // 1000)
        assert looks == case["offsets"], case["id"]


@runs("jumio/delete")
def delete(name: str) -> None:
    for case in rows(name):
        run = live(vector(name)["config"])
        run.tell(idvkit.Erase(True))
        for status in case["statuses"]:
            run.answer("jumio.delete", status, b"")
        step = run.next()
        assert isinstance(step, idvkit.Done) and step.erasure is not None, case["id"]
        report = step.erasure.at_provider
        if isinstance(report, idvkit.AtProviderDeleted):
            assert report.count == case["deleted"], case["id"]
        else:
            assert isinstance(report, idvkit.AtProviderFailed), case["id"]
            assert (report.fault.code, report.fault.status) == ("http_status", case["failed"]), case["id"]


class Script:
    """The scripts among the vectors: sessions against the sandbox, and the provider's API beside them."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox, self.at_ms = sandbox, 0
        self.account = jumio(sandbox.url)
        self.made: Dict[str, Session] = {}
        self.client = httpx.Client(trust_env=False)

    def take(self, step: Dict[str, Any]) -> Any:
        if step["at_ms"] > self.at_ms:
            self.sandbox.advance(step["at_ms"] - self.at_ms)
            self.at_ms = step["at_ms"]
        if step["act"] == "initiate":
            return self.initiate(step)
        session = self.made[step["name"]]
        reference = session.references[0]
        if step["act"] == "result":
            return self.call("GET", reference).json()["transactionResult"]
        if step["act"] == "image":
            return self.call("GET", f"{reference}/images/face", "image/png, image/jpeg").status_code
        if step["act"] in ("get", "delete"):
            return self.call(step["act"].upper(), reference).status_code
        return self.page(session, step["act"])

    def initiate(self, step: Dict[str, Any]) -> None:
        lifetime = {"token_lifetime_minutes": step["lifetime_minutes"]} if "lifetime_minutes" in step else {}
        session = Session.open(self.account, {**JUMIO_REQUEST, **lifetime}, SEED, self.sandbox.now())
        request = session.next(self.sandbox.now()).request  # type: ignore[union-attr]
        answer = self.client.request(request.method, request.url, headers=dict(request.headers), content=request.body)
        session.handle(idvkit.HttpResponse(request.id, answer.status_code, [], answer.content), self.sandbox.now())
        self.made[step["name"]] = session

    def page(self, session: Session, act: str) -> None:
        """The page is shown all the time: `next` is asked at the moment when it was."""
        shown = session.next(T0)
        assert isinstance(shown, idvkit.Present), shown
        link = next(way.url for way in shown.journey.ways if isinstance(way, idvkit.WayRedirect))
        if act == "open":
            assert self.client.get(link).is_success
        else:
            assert act == "finish"
            token = link.split("authorizationToken=")[1].split("&")[0]
            form = {"authorizationToken": token, "action": "acceptable"}
            assert self.client.post(link.split("?")[0], data=form).status_code < 400

    def call(self, method: str, path: str, accept: str = "application/json") -> httpx.Response:
        url = f"{self.sandbox.url}/jumio/us/api/netverify/v2/authentications/{path}"
        headers = {"user-agent": "Example Corp SampleApp/1.0.1", "accept": accept}
        return self.client.request(method, url, headers=headers, auth=("sandbox-jumio-token", "sandbox-jumio-secret"))


def follow(script: Dict[str, Any], sandbox: Sandbox) -> None:
    sandbox.reset()
    run = Script(sandbox)
    if "steps" in script:
        for step in script["steps"]:
            assert run.take(step) == step.get("expect"), (script["id"], step)
        return
    answer = run.call(script["method"], script["path"])
    assert answer.status_code == 404 and len(answer.headers["x-trackingid"]) == 36, script["id"]
    body = answer.json()
    assert body["httpStatus"] == "404" and body["message"] and body["requestURI"].endswith(script["path"]), script["id"]
