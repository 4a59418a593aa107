"""One schema for all languages: what is begun in Python is finished by the worker of the program `idvkit`, which is in Rust."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any, Callable, Dict, List

import idvkit.host
import idvkit.host.testing
import idvkit_sandbox
import pytest
import support
from host_support import User, at_jumio, postgres, postgres_server, until  # noqa: F401

import idvkit

# The sandbox's wheel may have only the sandbox.
PROGRAM = os.environ.get("IDVKIT_CLI") or idvkit_sandbox.program()
KEY = bytes(range(32))
ACT = """import sys; open({file!r}, "a").write(sys.stdin.read().strip() + "\\n")"""


@pytest.mark.parametrize("store", ["sqlite", "postgres"])
def test_a_worker_in_rust_finishes_what_python_began(store: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    if "worker" not in subprocess.run([PROGRAM, "--help"], capture_output=True, text=True).stdout:
        pytest.skip("this `idvkit` program has no worker: name one that has in IDVKIT_CLI")
    url = request.getfixturevalue("postgres") if store == "postgres" else f"sqlite:///{tmp_path / 'idv.sqlite'}"
    server, site = idvkit.host.testing.serve()
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    routes = f"{site}/idv"
    with idvkit_sandbox.start(real_time=True) as sandbox:
        sandbox.control("settings", {"jumio": {"verdict_delay_ms": 0}})
        config = support.hosted_jumio(sandbox.url, routes)
        database = idvkit.host.Database(url, keys={"2026": KEY})
        verifications = idvkit.host.Verifications(idvkit.Account(config), database, print)
        server.set_app(idvkit.host.testing.mounted(verifications.routes(lambda _: "user-7")))
        id = verifications.begin(support.JUMIO_REQUEST, "order-7", "user-7")
        at_jumio(User(routes, id), sandbox.url)

        def row() -> idvkit.host.Listed:
            return verifications.list()[0]

        acted = worked(tmp_path, url, config, lambda: row().outcome is not None and not verifications.undelivered())
    server.shutdown()
    assert row().outcome == idvkit.Decided(idvkit.Decision.APPROVED) and row().due is None
    assert [(one["id"], one["key"], one["outcome"]["decision"]) for one in acted] == [(id, "order-7", "approved")]
    known = verifications.verification(id)
    assert known is not None and known.evidence() is not None and known.delivery is not None
    assert acted[0]["delivery"]["id"] == known.delivery.id == row().delivery.id  # type: ignore[union-attr]
    events: List[Any] = [one.event for one in verifications.timeline(id)]
    assert events[0] == {"kind": "begun", "provider": "jumio", "account": "jumio"}
    assert events[-1] == {"kind": "delivered", "delivery": known.delivery.id, "failures": 0, "done": True}
    assert {"kind": "outcome", "outcome": "approved"} in events


def worked(folder: Path, url: str, config: Dict[str, Any], done: Callable[[], bool]) -> List[Any]:
    """Lets the program work until it is done; returns what its act was given."""
    (folder / "accounts.json").write_text(json.dumps(config))
    (folder / "keys").write_text(f"2026:{base64.b64encode(KEY).decode()}\n")
    act = folder / "act"
    act.write_text(f"#!{sys.executable}\n" + ACT.format(file=str(folder / "acted")))
    act.chmod(0o700)
    command = [PROGRAM, "worker", "--database-env", "IDV_DATABASE", "--accounts", "accounts.json"]
    command += ["--keys", "keys", "--on-outcome", "./act"]
    env = {**os.environ, "IDV_DATABASE": url.replace("sqlite:///", "sqlite:").replace("@/", "@localhost/"), "NO_PROXY": "*"}
    with subprocess.Popen(command, cwd=folder, env=env) as program:
        try:
            until(done)
        finally:
            program.terminate()
    return [json.loads(line) for line in (folder / "acted").read_text().splitlines()]
