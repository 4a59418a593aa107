"""Every file of `crates/vectors`, through the package's public calls. A file that nobody runs fails."""

from __future__ import annotations

from typing import Any, Dict, List

import pytest
import vectors_attestr  # noqa: F401  they register what they run
import vectors_biometric_kz  # noqa: F401
import vectors_core  # noqa: F401
import vectors_jumio
import vectors_signicat  # noqa: F401
import vectors_values  # noqa: F401
from idvkit_sandbox import Sandbox
from support import VECTORS, vector
from vectors_common import RUN


def files() -> List[str]:
    found = [path.relative_to(VECTORS).with_suffix("").as_posix() for path in sorted(VECTORS.rglob("*.json"))]
    assert len(found) > 50
    return found


def group(name: str) -> str:
    folder = name.split("/")[0]
    return folder if folder in ("transcripts", "snapshots", "rows", "read", "values") else name


def scripts(name: str) -> List[Dict[str, Any]]:
    """Scripts for the sandbox stand beside the cases, or alone."""
    file = vector(name)
    found: List[Dict[str, Any]] = file.get("sandbox", []) if isinstance(file, dict) else []
    return found


SCRIPTS = [name for name in files() if scripts(name)]
CASES = [name for name in files() if name not in SCRIPTS or "cases" in vector(name)]


@pytest.mark.parametrize("name", CASES)
def test_vectors(name: str) -> None:
    assert group(name) in RUN, f"{name} is run by nobody"
    RUN[group(name)](name)


@pytest.mark.parametrize("name", SCRIPTS)
def test_scripts(name: str, idv_sandbox: Sandbox) -> None:
    assert name.startswith("jumio/"), f"{name} is run by nobody"
    for script in scripts(name):
        vectors_jumio.follow(script, idv_sandbox)


def test_no_runner_is_left_over() -> None:
    assert set(RUN) == {group(name) for name in CASES}
