"""The fixtures `idv_sandbox` and `idv_host`."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable, Iterator

import pytest

from . import Sandbox, start

if TYPE_CHECKING:
    from idvkit.host.testing import Hosted


@pytest.fixture(scope="session")
def _idv_sandbox_process() -> Iterator[Sandbox]:
    with start() as sandbox:
        yield sandbox


@pytest.fixture
def idv_sandbox(_idv_sandbox_process: Sandbox) -> Sandbox:
    """The idvkit sandbox, reset for each test. One process serves the whole run."""
    _idv_sandbox_process.reset()
    return _idv_sandbox_process


@pytest.fixture
def idv_host(idv_sandbox: Sandbox, tmp_path: Path) -> Iterator[Callable[..., Hosted]]:
    """Starts `idvkit.host` beside the sandbox, given what makes the accounts: see `idvkit.host.testing`. It needs
    `idvkit[host]`."""
    from idvkit.host.testing import AccountsOf, Hosted

    with ExitStack() as started:

        def start(accounts: AccountsOf, **options: Any) -> Hosted:
            return started.enter_context(Hosted(idv_sandbox, tmp_path, accounts, **options))

        yield start
