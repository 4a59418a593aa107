"""Every provider's flow through the routes of the hosting kit, in every framework, over real HTTP against the sandbox."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Callable

import pytest
from host_support import FLOWS, SITES, SUBJECT, User, site, until
from idvkit_sandbox import Sandbox

from idvkit import Decided, Decision


@pytest.mark.parametrize("provider", FLOWS)
@pytest.mark.parametrize("kind", SITES)
def test_from_begin_to_outcome(kind: str, provider: str, idv_sandbox: Sandbox, tmp_path: Path) -> None:
    _, request, goes, decision = FLOWS[provider]
    with site(kind, idv_sandbox, tmp_path) as shop:
        id = shop.begin(request)
        assert shop.begin(request) == id, "a key begins once"
        user = User(shop.routes, id)
        goes(user, idv_sandbox.url)
        until(lambda: bool(shop.outcomes), lambda: (idv_sandbox.advance(15_000), shop.verifications.kit.wake()))
        assert [(ended.key, ended.outcome) for ended, _ in shop.outcomes] == [("order-7", Decided(decision))]
        assert user.state() == {"id": id, "state": "done", "outcome": {"type": "decided", "decision": str(decision)}}
        evidence = shop.outcomes[0][1].evidence()
        assert evidence is not None and evidence.source.provider == provider
        deliveries = idv_sandbox.control("deliveries")
        assert all(one["status"] == 200 for one in deliveries), deliveries
        assert deliveries or provider != "jumio"


def test_the_fixture_starts_everything_in_one_line(idv_host: Callable[..., Any]) -> None:
    account, request, goes, _ = FLOWS["jumio"]
    host = idv_host(account)
    id = host.verifications.begin(request, key="order-7", subject=host.user)
    goes(User(host.url, id, SUBJECT), host.sandbox.url)
    assert host.outcome(id) == Decided(Decision.APPROVED)
