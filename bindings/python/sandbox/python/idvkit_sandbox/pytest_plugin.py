"""The fixture `idv_sandbox`."""

from __future__ import annotations

from typing import Iterator

import pytest

from . import Sandbox, start


@pytest.fixture(scope="session")
def _idv_sandbox_process() -> Iterator[Sandbox]:
    with start() as sandbox:
        yield sandbox


@pytest.fixture
def idv_sandbox(_idv_sandbox_process: Sandbox) -> Sandbox:
    """The idvkit sandbox, reset for each test. One process serves the whole run."""
    _idv_sandbox_process.reset()
    return _idv_sandbox_process
