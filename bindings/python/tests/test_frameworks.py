"""FastAPI and pydantic take the forms and give the classes, and are not imported before somebody uses them."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from typing import Any, Dict, List, get_args, get_type_hints

import httpx
import idvkit.config
import pytest
import support
from fastapi import FastAPI
from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic.errors import PydanticInvalidForJsonSchema

import idvkit

JOURNEY = idvkit.Journey.from_json(
    '{"id":"j","provider":"jumio","expires":1,"refused":[],"ways":[{"type":"redirect","url":"https://a.example/?a=1",'
    '"shareable":false,"finish":[{"type":"navigation","url":"https://a.example/back"}]}]}'
)
FAILED = idvkit.Failed(
    idvkit.Fault(
        idvkit.FaultCode.HTTP_STATUS, idvkit.FaultClass.AUTHORIZATION, "jumio.initiate", 403, None, None, None, None, False
    )
)

app = FastAPI()


@app.post("/verifications")
def begin(request: idvkit.config.Request) -> Dict[str, str]:
    driver = idvkit.Driver.begin(idvkit.Accounts(support.jumio("http://127.0.0.1:1")), request, support.SEED, "k", support.T0)
    return {"ask": driver.ask().type}


@app.get("/outcomes")
def outcomes() -> List[idvkit.Outcome]:
    return [idvkit.Decided(idvkit.Decision.APPROVED), idvkit.Expired(), FAILED]


@app.get("/journey")
def journey() -> idvkit.Journey:
    return JOURNEY


def call(method: str, path: str, body: Any = None) -> httpx.Response:
    async def send() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://app") as client:
            return await client.request(method, path, json=body)

    return asyncio.run(send())


def test_fastapi_takes_a_request_and_gives_journeys_and_outcomes() -> None:
    assert call("POST", "/verifications", support.JUMIO_REQUEST).json() == {"ask": "load"}
    wrong = call("POST", "/verifications", {**support.JUMIO_REQUEST, "locle": "de"})
    assert wrong.status_code == 422 and "locle" in wrong.text
    assert call("GET", "/journey").json() == json.loads(JOURNEY.to_json())
    read = [idvkit.outcome_from_json(json.dumps(one)) for one in call("GET", "/outcomes").json()]
    assert read == outcomes()
    schemas = call("GET", "/openapi.json").json()["components"]["schemas"]
    assert schemas["JumioAuthenticationRequest"]["required"] == ["flow", "enrollment_transaction_reference"]
    assert schemas["Fault"]["properties"]["class"] and "status" not in schemas["Fault"]["required"]


def test_pydantic_reads_what_it_wrote() -> None:
    class Stored(BaseModel):
        outcome: idvkit.Outcome
        journey: idvkit.Journey

    stored = Stored(outcome=FAILED, journey=JOURNEY)
    assert stored.outcome is FAILED
    assert Stored.model_validate_json(stored.model_dump_json()) == stored
    for wrong in ({"type": "decided"}, {"type": "decided", "decision": "perhaps"}, {"type": "failed", "decision": "approved"}, {}):
        with pytest.raises(ValidationError):
            Stored.model_validate({"outcome": wrong, "journey": JOURNEY})


def is_sealed(hint: Any) -> bool:
    """Itself, or something in it."""
    base = idvkit._base  # type: ignore[attr-defined]
    if isinstance(hint, type) and issubclass(hint, base.Value):
        return issubclass(hint, base.Sealed) or any(map(is_sealed, get_type_hints(hint).values()))
    return any(map(is_sealed, get_args(hint)))


def test_every_class_with_a_json_form_has_a_schema_and_no_other() -> None:
    for name in idvkit._types.__all__:
        one = getattr(idvkit, name)
        if is_sealed(one):
            with pytest.raises(PydanticInvalidForJsonSchema):
                TypeAdapter(one).json_schema()
            with pytest.raises(ValidationError):
                TypeAdapter(one).validate_python({"type": "retry"})
        else:
            assert TypeAdapter(one).json_schema()
    for name in idvkit.config.__all__:
        assert TypeAdapter(getattr(idvkit.config, name)).json_schema()


def test_nobody_pays_for_what_he_does_not_use() -> None:
    program = "import idvkit, sys; print([name for name in ('typing', 'pydantic', 'anyio', 'json', 'sqlalchemy', 'idvkit.host') if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]", done.stdout
