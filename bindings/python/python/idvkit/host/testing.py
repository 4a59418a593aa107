"""The kit beside the sandbox, for tests. With `idvkit-sandbox`, pytest has the fixture `idv_host`:

    def test_signs_up(idv_host):
        host = idv_host(lambda sandbox, routes: Account(provider="jumio", options={"api_base": f"{sandbox}/jumio/us"}, ...))
        id = host.verifications.begin(request, key="order-7", subject=host.user)
        ...                                      # the user: `host.url` has the routes
        assert host.outcome(id) == Decided(Decision.APPROVED)
"""

from __future__ import annotations

import threading
import time
from pathlib import Path
from socketserver import ThreadingMixIn
from types import TracebackType
from typing import Any, Callable, Dict, List, Mapping, Optional, Protocol, Tuple, Type, Union
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from .. import Account, AskDeliver, Outcome, Verification
from . import Database, Verifications

__all__ = ["AccountsOf", "Hosted", "Sandbox", "mounted", "serve"]

AccountsOf = Callable[[str, str], Union[Account, Mapping[str, Account]]]
"""Makes the accounts, given the URL of the sandbox and the URL of the kit's routes."""
Application = Callable[[Any, Any], Any]


class Sandbox(Protocol):
    """What is needed of `idvkit_sandbox.Sandbox`."""

    url: str

    def now(self) -> int: ...

    def advance(self, millis: int) -> None: ...


class Hosted:
    """A sandbox, the kit with its worker, and a server for the routes, all on this machine. Use it as a context manager."""

    user = "user-7"
    """The subject of whoever asks."""

    def __init__(self, sandbox: Sandbox, folder: Path, accounts: AccountsOf, **options: Any) -> None:
        self.sandbox = sandbox
        self.outcomes: List[Tuple[AskDeliver, Verification]] = []
        """What was delivered."""
        self._server, site = serve()
        self.url = f"{site}/idv"
        """The URL of the routes."""
        database = Database(f"sqlite:///{folder / 'idv.sqlite'}")
        chosen: Dict[str, Any] = {"on_outcome": self._act, "clock": sandbox.now, **options}
        self.verifications = Verifications(accounts(sandbox.url, self.url), database, **chosen)
        self._server.set_app(mounted(self.verifications.routes(lambda _: self.user)))

    def outcome(self, id: str) -> Outcome:
        """Turns the sandbox's clock until the verification is over, and its outcome was delivered."""
        stop = time.monotonic() + 60
        while time.monotonic() < stop:
            for ended, _ in self.outcomes:
                if ended.id == id:
                    return ended.outcome
            self.sandbox.advance(15_000)
            self.verifications.kit.wake()
            time.sleep(0.05)
        raise AssertionError("the verification does not end; has the user done everything?")

    def __enter__(self) -> Hosted:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        self.verifications.start()
        return self

    def __exit__(
        self, kind: Optional[Type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self.verifications.stop()

    def _act(self, ended: AskDeliver, verification: Verification) -> None:
        self.outcomes.append((ended, verification))


def serve(application: Optional[Application] = None) -> Tuple[WSGIServer, str]:
    """A server on a free port of this machine, and its URL. It serves when `serve_forever` is called."""
    server = make_server("127.0.0.1", 0, application or mounted(None), _Server, _Silent)
    return server, f"http://127.0.0.1:{server.server_port}"


def mounted(routes: Optional[Application]) -> Application:
    """The routes below `/idv`, and nothing else."""

    def application(environ: Any, start_response: Any) -> Any:
        path = environ["PATH_INFO"]
        if routes is None or not path.startswith("/idv/"):
            start_response("404 Not Found", [])
            return []
        return routes({**environ, "SCRIPT_NAME": "/idv", "PATH_INFO": path[len("/idv") :]}, start_response)

    return application


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Silent(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        pass
