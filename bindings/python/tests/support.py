"""What several tests need: the vectors, and a user with a browser."""

from __future__ import annotations

import base64
import json
import re
from html import unescape
from pathlib import Path
from typing import Any, Dict, List, Optional, Tuple
from urllib.parse import urljoin

import httpx

import idvkit

VECTORS = Path(__file__).resolve().parents[3] / "crates/vectors/data"
T0 = 1_767_225_600_000
SEED = bytes(range(32))


def rows(name: str) -> List[Dict[str, Any]]:
    """The cases of a file of vectors."""
    file = json.loads((VECTORS / f"{name}.json").read_bytes())
    cases: List[Dict[str, Any]] = file["cases"] if isinstance(file, dict) else file
    assert cases, f"{name} has no vectors"
    return cases


def vector(name: str) -> Any:
    return json.loads((VECTORS / f"{name}.json").read_bytes())


def body_of(wire: Dict[str, str]) -> bytes:
    """Bytes as transcripts write them."""
    return wire["text"].encode() if "text" in wire else base64.b64decode(wire["base64"])


def jumio(base: str, **more: Any) -> idvkit.Account:
    return idvkit.Account(jumio_config(base, "https://merchant.example/jumio", "http://localhost:3000/back"), **more)


def hosted_jumio(base: str, routes: str) -> Dict[str, Any]:
    """An account whose callbacks and users come to the routes of a hosting kit."""
    return jumio_config(base, f"{routes}/callbacks/jumio", f"{routes}/return")


def jumio_config(base: str, callback: str, back: str) -> Dict[str, Any]:
    return {
        "provider": "jumio",
        "region": "us",
        "api_token": "sandbox-jumio-token",
        "api_secret": "sandbox-jumio-secret",
        "user_agent": "ExampleShop Demo/1.0",
        "callback": {"url": callback},
        "success_url": back,
        "error_url": back,
        "options": {"development": True, "api_base": f"{base}/jumio/us"},
    }


JUMIO_REQUEST = {
    "flow": "jumio_authentication",
    "enrollment_transaction_reference": "22222222-2222-4222-8222-222222222222",
}


def attestr(base: str) -> idvkit.Account:
    return idvkit.Account(
        provider="attestr",
        auth_token="c2FuZGJveC1hdHRlc3RyOmF1dGgtdG9rZW4=",
        client_key="00112233445566778899aabbccddeeff",
        client_secrets=["0123456789abcdef0123456789abcdef0123456789abcdef"],
        options={
            "development": True,
            "api_base": f"{base}/attestr/api",
            "library_src": f"{base}/attestr/cdn/flowx.js",
        },
    )


ATTESTR_REQUEST = {
    "flow": "attestr_flowx",
    "flow_id": "FX02zfeuvcj36knhn06us",
    "snapshot": "d79c9c09-9367-4929-b0e3-b4eb38d0e4b8",
    "tag": "user-7",
    "locale": "en",
}


def biometric_kz(base: str) -> idvkit.Account:
    return idvkit.Account(
        provider="biometric_kz",
        api_key="TTpme201NiUMBA-sandbox-flow-key-for-everyone-000001",
        options={
            "development": True,
            "api_base": f"{base}/biometric_kz/kyc",
            "front_base": f"{base}/biometric_kz/remote",
        },
    )


BIOMETRIC_KZ_REQUEST = {"flow": "biometric_kz_flow", "locale": "en"}


def signicat(base: str, redirect_url: str = "http://localhost:3000/back") -> idvkit.Account:
    return idvkit.Account(
        provider="signicat",
        client_id="sandbox-quiet-lake-123",
        client_secret="sandbox-signicat-secret",
        redirect_url=redirect_url,
        profile={
            "custom": {
                "token_url": f"{base}/signicat/auth/open/connect/token",
                "scope": "signicat-api",
                "api_base": f"{base}/signicat/assure",
            }
        },
        options={"development": True},
    )


SIGNICAT_REQUEST = {"flow": "signicat_capture_flow", "providers": [{"provider": "signicatpaper"}]}


class Browser:
    """Loads pages and presses buttons. It knows HTML, and nothing about a provider."""

    def __init__(self, ours: str = "http://localhost:3000") -> None:
        self.ours = ours
        self.http = httpx.Client(trust_env=False)
        self.url = ""
        self.html = ""

    def open(self, url: str) -> Optional[str]:
        """Opens a page. A redirect to a site of ours is where the user left to."""
        return self._land(self.http.get(url))

    def press(self, button: str, **fields: str) -> Optional[str]:
        form = re.search(r"<form[^>]*>.*?</form>", self.html, re.S)
        assert form, f"no form on {self.html}"
        found = re.search(r'<form[^>]*\baction="([^"]*)"', form[0])
        target = urljoin(self.url, unescape(found[1])) if found else self.url
        data: Dict[str, str] = {}
        for tag in re.findall(r"<input[^>]*>", form[0]):
            name, value = (re.search(rf'\b{part}="([^"]*)"', tag) for part in ("name", "value"))
            if name:
                data[name[1]] = unescape(value[1]) if value else ""
        data.update(fields, action=button)
        return self._land(self.http.post(target, data=data))

    def data(self, attribute: str) -> List[Tuple[str, str]]:
        """The name and text of what the page hands to scripts."""
        found = re.findall(rf'<script type="application/json" {attribute}="([^"]*)">(.*?)</script>', self.html, re.S)
        return [(unescape(name), text) for name, text in found]

    def _land(self, answer: httpx.Response) -> Optional[str]:
        for _ in range(10):
            if answer.status_code not in (302, 303, 307):
                break
            target = urljoin(str(answer.url), answer.headers["location"])
            if target.startswith(self.ours):
                return target
            answer = self.http.get(target)
        self.url, self.html = str(answer.url), answer.text
        return None
