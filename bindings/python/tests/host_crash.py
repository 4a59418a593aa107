"""A worker that dies: `python host_crash.py DATABASE SANDBOX PLACE`. It is killed once the outcome is stored (`stored`), or while it is
acted on (`acting`)."""

from __future__ import annotations

import os
import signal
import sys
import threading
from typing import Any, Mapping

import host_support
import httpx

import idvkit
from idvkit.host import Database, Verifications


def die(*_: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def main(database: str, sandbox: str, place: str) -> None:
    http = httpx.Client(trust_env=False)

    def clock() -> int:
        return int(http.get(f"{sandbox}/_sandbox/clock").json()["now"])

    def observe(event: Mapping[str, Any]) -> None:
        if place == "stored" and event["kind"] == "outcome":
            die()

    def act(ended: idvkit.AskDeliver, _: idvkit.Verification) -> None:
        print(ended.delivery.id, flush=True)
        die()

    accounts = host_support.everyone(sandbox, "http://localhost:3000/idv")
    verifications = Verifications(accounts, Database(database), act, clock=clock, observer=observe)
    verifications.work(threading.Event())


if __name__ == "__main__":
    main(*sys.argv[1:])
