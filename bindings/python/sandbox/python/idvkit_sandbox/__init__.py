"""Starts, controls and stops the idvkit sandbox as a process. It needs only the standard library."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
from types import TracebackType
from typing import Any, Dict, List, Optional, Type, cast
from urllib.request import ProxyHandler, Request, build_opener

__all__ = ["Sandbox", "program", "start"]

_GREETING = "The sandbox listens on "


def start(*, seed: Optional[int] = None, config: Optional[str] = None, real_time: bool = False) -> Sandbox:
    """Starts a sandbox on a free port of this machine.

    Every id is derived from `seed`; `config` is a file of settings. The clock stands still until it is advanced, unless
    `real_time` is set.
    """
    arguments = ["sandbox", "--quiet", "--listen", "127.0.0.1:0"]
    if seed is not None:
        arguments += ["--seed", str(seed)]
    if config is not None:
        arguments += ["--config", config]
    if real_time:
        arguments.append("--real-time")
    return Sandbox(subprocess.Popen([program(), *arguments], stdout=subprocess.PIPE, text=True))


def program() -> str:
    """Where the program is: `IDVKIT_PROGRAM` (`idvkit` or `idvkit-sandbox`), or what the wheel installed."""
    named = os.environ.get("IDVKIT_PROGRAM")
    if named:
        return named
    scripts = [sysconfig.get_path("scripts"), os.path.dirname(sys.executable)]
    found = shutil.which("idvkit-sandbox", path=os.pathsep.join(scripts)) or shutil.which("idvkit-sandbox")
    if found is None:
        raise FileNotFoundError("the program `idvkit-sandbox` is not installed: pip install idvkit-sandbox")
    return found


class Sandbox:
    """A running sandbox. Use it as a context manager, or call `stop`."""

    url: str
    """The URL of the sandbox. The providers are below it: `/jumio/us`, `/attestr/api` …; `/` lists them."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        # No proxy of the environment: it is on this machine.
        self._opener = build_opener(ProxyHandler({}))
        self.url = self._listening()

    def now(self) -> int:
        """The time on the sandbox's clock, in milliseconds since 1970."""
        return int(self.control("clock")["now"])

    def advance(self, millis: int) -> None:
        """Advances the clock. It returns when everything that was due has happened, callbacks included."""
        self.control("clock", {"advance_ms": millis})

    def script(self, provider: str, **script: Any) -> None:
        """Sets how the next transactions turn out, as in `script("jumio", outcome="FAILED")`."""
        self.control("script", {"provider": provider, **script})

    def fault(self, operation: str, kind: str, **more: Any) -> None:
        """Makes the next call of an operation fail: `status`, `html`, `invalid_json`, `hang` or `drop`."""
        self.control("faults", {"operation": operation, "kind": kind, **more})

    def accounts(self) -> Dict[str, Any]:
        """The test accounts and keys."""
        return cast(Dict[str, Any], self.control("accounts"))

    def log(self) -> List[Dict[str, Any]]:
        """The requests to providers, with hints about what was wrong with them."""
        return cast(List[Dict[str, Any]], self.control("log"))

    def reset(self) -> None:
        """Resets the sandbox to its start, seed included."""
        self.control("reset", {})

    def control(self, path: str, body: Optional[Dict[str, Any]] = None) -> Any:
        """Makes any other call of the control API: a POST if there is a body."""
        data = None if body is None else json.dumps(body).encode()
        request = Request(f"{self.url}/_sandbox/{path}", data, {"content-type": "application/json"})
        with self._opener.open(request, timeout=30) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    def stop(self) -> None:
        """Ends the process."""
        self._process.terminate()
        self._process.wait(timeout=10)
        if self._process.stdout is not None:
            self._process.stdout.close()

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(
        self, kind: Optional[Type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]
    ) -> None:
        self.stop()

    def _listening(self) -> str:
        if self._process.stdout is not None:
            for line in self._process.stdout:
                if line.startswith(_GREETING):
                    return line[len(_GREETING) :].strip()
        raise RuntimeError("the sandbox did not start; its own words are above")
