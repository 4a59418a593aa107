"""The examples are whole programs, and these are their runs against the sandbox.

Every flow in a browser is in `bindings/web/tests/shop.test.mjs`, which `cargo xtask python` runs on `fastapi_app.py`.
"""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
from pathlib import Path
from typing import Iterator, List

import httpx
import idvkit_sandbox
import pytest
import support
from host_support import User, at_jumio, until
from idvkit_sandbox import Sandbox

import idvkit

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"
README = EXAMPLES.parent / "README.md"
sys.path.insert(0, str(EXAMPLES))

import quick_start  # noqa: E402

UVICORN = [sys.executable, "-m", "uvicorn", "fastapi_app:app", "--host", "localhost", "--port", "{port}"]
FLASK = [sys.executable, "-m", "flask", "--app", "flask_app", "run", "--host", "localhost", "--port", "{port}"]
DJANGO = [sys.executable, str(EXAMPLES / "django_app.py"), "runserver", "--noreload", "localhost:{port}"]


def test_quick_start(idv_sandbox: Sandbox) -> None:
    def sleep_until(moment: int) -> None:
        idv_sandbox.advance(moment - idv_sandbox.now())

    outcome = quick_start.verify(f"{idv_sandbox.url}/jumio/us", idv_sandbox.now, sleep_until)
    assert outcome == idvkit.Decided(idvkit.Decision.APPROVED)


@pytest.fixture(scope="module")
def real_time() -> Iterator[Sandbox]:
    """A sandbox on the system's clock, which the programs have. It decides at once."""
    with idvkit_sandbox.start(real_time=True) as sandbox:
        sandbox.control("settings", {"jumio": {"verdict_delay_ms": 0}})
        yield sandbox


@pytest.mark.parametrize("command", [UVICORN, FLASK, DJANGO], ids=["fastapi", "flask", "django"])
def test_a_shop_in_twenty_lines(command: List[str], real_time: Sandbox, tmp_path: Path) -> None:
    with socket.create_server(("localhost", 0)) as free:
        port = free.getsockname()[1]
    routes = f"http://localhost:{port}/idv"
    config = support.hosted_jumio(real_time.url, routes)
    texts = {"IDV_CONFIG": json.dumps(config), "IDV_REQUEST": json.dumps(support.JUMIO_REQUEST)}
    env = {**os.environ, **texts, "NO_PROXY": "*", "PYTHONUNBUFFERED": "1", "PYTHONPATH": f"{EXAMPLES}:{os.environ.get('PYTHONPATH', '')}"}
    started = [part.format(port=port) for part in command]
    printed = tmp_path / "printed"
    with printed.open("w") as out, subprocess.Popen(started, cwd=tmp_path, env=env, stdout=out, stderr=out) as program:
        try:
            until(lambda: _listens(port))
            begun = httpx.post(f"http://localhost:{port}/verifications", trust_env=False)
            assert begun.status_code == 303, printed.read_text()
            id = begun.headers["location"].split("/")[3]
            at_jumio(User(routes, id), real_time.url)
            until(lambda: "APPROVED" in printed.read_text())
        finally:
            program.terminate()
    assert program.wait(20) in (0, -15), printed.read_text()


def test_the_readme_shows_the_programs_that_run() -> None:
    readme = README.read_text(encoding="utf-8")
    for name in ("fastapi_app", "flask_app", "django_app"):
        text = (EXAMPLES / f"{name}.py").read_text(encoding="utf-8")
        (code,) = re.findall(r"# \[host it\]\n(.*?)# \[/host it\]", text, re.S)
        if name == "fastapi_app":
            assert f"```python\n{code.strip()}\n```" in readme, f"copy the part between the marks of {name}.py into README.md"
        own = [line for line in code.splitlines() if line.strip() and not re.match(r"(from|import) ", line)]
        assert len(own) <= 20, "a shop is at most twenty lines of its user's own"


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("localhost", port)).close()
        return True
    except OSError:
        return False
