"""The kit's routes over HTTP, held against the OpenAPI document in every framework."""

from __future__ import annotations

import json
import re
import socket
from pathlib import Path
from typing import Any, Dict, Iterator, List

import httpx
import idvkit.host
import jsonschema
import pytest
import support
from host_support import FLOWS, SITES, Site, User, site, until
from idvkit_sandbox import Sandbox

DOCUMENT: Dict[str, Any] = json.loads((Path(support.__file__).resolve().parents[3] / "crates/host/openapi.json").read_bytes())
# One for all, as each makes its certificates ready first.
WEB = httpx.Client(trust_env=False, timeout=20)
PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture(params=SITES)
def shop(request: pytest.FixtureRequest, idv_sandbox: Sandbox, tmp_path: Path) -> Iterator[Site]:
    with site(str(request.param), idv_sandbox, tmp_path) as started:
        yield started


def checked(answer: httpx.Response, path: str) -> httpx.Response:
    """The answer, if the document says that this route may give it."""
    operation = DOCUMENT["paths"][path][answer.request.method.lower()]
    said = operation["responses"].get(str(answer.status_code))
    assert said is not None, f"{answer.request.method} {path} answered {answer.status_code}: {answer.text}"
    said = DOCUMENT["components"]["responses"]["Problem"] if "$ref" in said else said
    kind = answer.headers.get("content-type", "").split(";")[0]
    assert kind in (said.get("content") or {"": None, "text/html": None, "text/plain": None}), (path, kind)
    if kind.endswith("json"):
        schema = said["content"][kind]["schema"]
        jsonschema.validate(answer.json(), {**schema, "components": DOCUMENT["components"]})
    for name, header in said.get("headers", {}).items():
        assert name in answer.headers or not header["required"]
    if answer.status_code == 503:
        assert answer.headers["retry-after"] == "1"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == ("max-age=3600" if path.startswith("/element") and answer.status_code == 200 else "no-store")
    return answer


def test_every_route_is_there(shop: Site) -> None:
    id = shop.begin(support.JUMIO_REQUEST)
    for path, operations in DOCUMENT["paths"].items():
        url = shop.routes + path.format(id=id, account="jumio", file="idv-journey.js")
        for method in ("get", "post"):
            if method not in operations:
                refused = WEB.request(method, url)
                assert refused.status_code == 405 and refused.headers["allow"].lower() == "".join(set(operations) - {"parameters"})
            elif not path.endswith("/events"):
                checked(WEB.request(method, url, headers={"x-user": "user-7"}), path)
    missing = WEB.get(f"{shop.routes}/nothing")
    assert missing.status_code == 404 and missing.json()["status"] == 404
    assert WEB.get(f"{shop.routes}/openapi.json").json() == DOCUMENT


def test_who_may_see_it(shop: Site) -> None:
    id = shop.begin(support.JUMIO_REQUEST)
    for path, operations in DOCUMENT["paths"].items():
        if "{id}" not in path:
            continue
        (method,) = set(operations) - {"parameters"}

        def ask(id: str, **headers: str) -> int:
            answer = WEB.request(method, shop.routes + path.format(id=id), headers=headers)
            return checked(answer, path).status_code

        assert ask(id) == 401
        assert ask(id, **{"x-user": "user-8"}) == 403
        assert ask("0" * 32, **{"x-user": "user-7"}) == 404
        if method == "post":
            foreign = {"x-user": "user-7", "origin": "https://evil.example"}
            answer = WEB.post(shop.routes + path.format(id=id), headers=foreign)
            assert checked(answer, path).json()["code"] == "origin_foreign"
            for site, allowed in (("cross-site", False), ("same-site", False), ("same-origin", True), ("none", True)):
                assert (ask(id, **{"x-user": "user-7", "sec-fetch-site": site}) == 403) is not allowed
            assert ask(id, **{"x-user": "user-7", "origin": "null"}) == 403
            assert ask(id, **{"x-user": "user-7", "origin": shop.routes[: -len("/idv")]}) != 403


def test_other_origins_may_be_allowed(idv_sandbox: Sandbox, tmp_path: Path) -> None:
    with site("flask", idv_sandbox, tmp_path, origins=["https://www.example"], page=lambda id: f"/checks/{id}") as shop:
        user = User(shop.routes, shop.begin(support.JUMIO_REQUEST))
        for origin, status in (("https://www.example", 409), ("https://example", 403), ("http://www.example", 403)):
            answer = user.http.post(f"{user.place}/retry", headers={"origin": origin})
            assert answer.status_code == status, answer.text


def test_a_page_of_the_host_s_own(idv_sandbox: Sandbox, tmp_path: Path) -> None:
    with site("flask", idv_sandbox, tmp_path, page=lambda id: f"/checks/{id}") as shop:
        user = User(shop.routes, shop.begin(support.JUMIO_REQUEST))
        browser = support.Browser(user.origin)
        browser.open(next(way.url for way in user.journey().ways if way.type == "redirect"))
        back = browser.press("acceptable")
        answer = checked(user.http.get(str(back)), "/return")
        assert answer.headers["location"] == f"/checks/{user.place.rsplit('/', 1)[1]}"


def test_the_page_runs_only_its_own_scripts(shop: Site) -> None:
    user = User(shop.routes, shop.begin(support.JUMIO_REQUEST))
    pages = [checked(user.http.get(f"{user.place}/page"), "/verifications/{id}/page") for _ in range(2)]
    nonces = [re.findall(r'nonce="([^"]+)"', page.text) for page in pages]
    assert len({*nonces[0]}) == 1 and nonces[0] != nonces[1] and len(nonces[0][0]) >= 22
    policy = pages[0].headers["content-security-policy"]
    assert f"script-src 'nonce-{nonces[0][0]}' 'strict-dynamic'" in policy and "unsafe-inline' 'nonce" not in policy
    element = httpx.URL(f"{user.place}/page").join("../../element/idv-journey.js")
    script = checked(user.http.get(element), "/element/{file}")
    assert script.headers["content-type"].startswith("text/javascript") and len(script.content) > 10_000
    assert checked(user.http.get(element.join("locales/de.js")), "/element/{file}").text
    for path in ("../host/files/page.html", "%2e%2e/__init__.py", "nothing.js", "locales"):
        assert user.http.get(f"{shop.routes}/element/{path}").status_code == 404


def test_changes_are_told_at_once(shop: Site, idv_sandbox: Sandbox) -> None:
    _, request, goes, _ = FLOWS["jumio"]
    user = User(shop.routes, shop.begin(request))
    told: List[Dict[str, Any]] = []
    with user.http.stream("GET", f"{user.place}/events") as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        lines = stream.iter_lines()
        for line in lines:
            if line.startswith("data: "):
                told.append(json.loads(line[len("data: ") :]))
                jsonschema.validate(told[-1], {**DOCUMENT["components"]["schemas"]["State"], "components": DOCUMENT["components"]})
                if len(told) == 1 or told[-1]["state"] == "journey":
                    goes(user, idv_sandbox.url)
                    idv_sandbox.advance(300_000)
            else:
                assert line in ("", "event: state", ": still there"), line
    assert told[-1]["state"] == "done" and told[-1]["outcome"] == {"type": "decided", "decision": "approved"}
    assert all(one != other for one, other in zip(told, told[1:]))


def test_images_are_taken_and_sent(shop: Site, idv_sandbox: Sandbox) -> None:
    request = {"flow": "signicat_document_verification", "external_reference": "customer-4711", "provider": "signicatpaper"}
    user = User(shop.routes, shop.begin(request))
    (upload,) = user.journey().ways
    slots = [image.slot for image in upload.images]
    path = "/verifications/{id}/images"
    image = picture()
    cut = b'--b\r\ncontent-disposition: form-data; name="%s"\r\n\r\n%s' % (slots[0].encode(), image)
    for wrong, status in (
        ({"content": b"", "headers": {"content-type": "text/plain"}}, 400),
        ({"content": b"x", "headers": {"content-type": "multipart/form-data; boundary=b"}}, 400),
        ({"content": cut, "headers": {"content-type": "multipart/form-data; boundary=b"}}, 400),
        ({"files": {"nothing": ("a.png", image)}}, 400),
        ({"files": {slots[0]: ("a.png", b"no image")}}, 400),
        ({"files": {slots[0]: ("a.png", bytes(33 * 1024 * 1024))}}, 413),
    ):
        answer = user.http.post(f"{user.place}/images", **wrong)  # type: ignore[arg-type]
        assert checked(answer, path).status_code == status, (answer.text, status)
    answer = user.post("images", files={slot: ("a.png", image, "image/png") for slot in slots})
    assert checked(answer, path).status_code == 204
    until(lambda: bool(shop.outcomes), lambda: (idv_sandbox.advance(15_000), shop.verifications.kit.wake()))
    assert str(shop.outcomes[0][1].outcome.decision) == "approved"
    until(lambda: not any(row.due for row in listed(shop)))


def test_hints_have_a_limit(shop: Site) -> None:
    user = User(shop.routes, shop.begin(support.JUMIO_REQUEST))
    user.journey()
    for body, status in ((b"x" * 4097, 413), (b"x" * 4096, 400), (b"\xff", 400)):
        answer = user.post("hint", content=body)
        assert checked(answer, "/verifications/{id}/hint").status_code == status, answer.text


def test_another_attempt_begins(shop: Site) -> None:
    """Where the provider lets a user begin anew: the page is another one then."""
    user = User(shop.routes, shop.begin(support.SIGNICAT_REQUEST))
    first = user.journey()
    assert checked(user.post("retry"), "/verifications/{id}/retry").status_code == 204
    until(lambda: user.journey() != first)
    assert [one["kind"] for one in timeline(shop) if one.get("input") == "retry"] == ["told"]


def test_callbacks_are_judged(shop: Site, idv_sandbox: Sandbox) -> None:
    user = User(shop.routes, shop.begin(support.BIOMETRIC_KZ_REQUEST))
    session = user.journey().ways[0].options[0].value.value  # type: ignore[union-attr]
    url = f"{shop.routes}/callbacks/biometric_kz"

    def post(body: Any, url: str = url) -> int:
        return checked(WEB.post(url, content=body), "/callbacks/{account}").status_code

    spaces = " " * 3 * 1024 * 1024
    assert post(f'{{"event": "flow.end", "session_id": "{session}"{spaces}}}') == 200
    assert post(f'{{"event": "flow.end", "session_id": "{session}"}}', f"{url}/further/segments?a=b") == 200
    assert post('{"event": "flow.end", "session_id": "11111111-1111-4111-8111-111111111111"}') == 200, "not one of ours"
    assert post("no JSON") == 400
    assert post(b"", f"{shop.routes}/callbacks/nobody") == 404
    assert post(b"x" * (32 * 1024 * 1024 + 1)) == 413
    assert said_of_a_length(url, 32 * 1024 * 1024 + 1) == "413", "before it is read"
    assert post(iter([b"x" * 1024 * 1024] * 33)) in (413, 400), "without a length"
    wrong = WEB.get(f"{shop.routes}/return?a=b")
    assert checked(wrong, "/return").status_code in (400, 404)


def test_a_store_that_fails_is_asked_again_later(shop: Site, tmp_path: Path) -> None:
    import sqlite3

    user = User(shop.routes, shop.begin(support.JUMIO_REQUEST))
    path = "/verifications/{id}"
    assert checked(user.http.get(user.place), path).status_code == 200
    with sqlite3.connect(tmp_path / "idv.sqlite", timeout=20) as database:
        database.execute("ALTER TABLE idvkit_verification RENAME TO gone")
    assert checked(user.http.get(user.place), path).status_code == 503
    assert checked(WEB.get(f"{shop.routes}/element/idv-journey.js"), "/element/{file}").status_code == 200
    with sqlite3.connect(tmp_path / "idv.sqlite", timeout=20) as database:
        database.execute("ALTER TABLE gone RENAME TO idvkit_verification")
    assert checked(user.http.get(user.place), path).status_code == 200


def said_of_a_length(url: str, length: int) -> str:
    """The status that comes although no body was sent yet."""
    to = httpx.URL(url)
    with socket.create_connection((to.host, to.port or 80), timeout=20) as connection:
        connection.sendall(f"POST {to.path} HTTP/1.1\r\nhost: {to.host}\r\ncontent-length: {length}\r\n\r\n".encode())
        return connection.recv(4096).decode().split()[1]


def timeline(shop: Site) -> List[Any]:
    (row,) = listed(shop)
    return [one.event for one in idvkit.host._now.now(idvkit.host.Database(_kept(shop)).tables.timeline(row.id))]


def _kept(shop: Site) -> str:
    return f"sqlite:///{shop.verifications.kit.tables._engine._writing.url.database}"


def listed(shop: Site) -> List[idvkit.host.Listed]:
    database = idvkit.host.Database(_kept(shop))
    return idvkit.host._now.now(database.tables.list(None, None, 9))


def picture() -> bytes:
    """A PNG of 300 by 200 pixels."""
    import struct
    import zlib

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(b"\x00" + bytes(300 * 3) for _ in range(200))
    head = struct.pack(">IIBBBBB", 300, 200, 8, 2, 0, 0, 0)
    return PNG + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
