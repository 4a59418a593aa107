"""The worker: what it does after a crash, with an act that fails, and at the end of a retention."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any, Dict, List, Tuple

import host_support
import idvkit.host
import pytest
import support
from host_support import postgres, postgres_server, until  # noqa: F401
from idvkit_sandbox import Sandbox
from support import Browser

import idvkit
from idvkit import Decided, Decision

ROUTES = "http://localhost:3000/idv"
APPROVED = Decided(Decision.APPROVED)


class Shop:
    """A kit whose worker runs when a test says so, and the outcomes that it acted on."""

    def __init__(self, sandbox: Sandbox, url: str, **options: Any) -> None:
        self.sandbox, self.fails = sandbox, 0
        self.acted: List[Tuple[str, idvkit.Outcome]] = []
        accounts = host_support.everyone(sandbox.url, ROUTES)
        self.verifications = idvkit.host.Verifications(
            accounts, idvkit.host.Database(url), self.act, clock=sandbox.now, **options
        )

    def act(self, ended: idvkit.AskDeliver, verification: idvkit.Verification) -> None:
        assert verification.outcome == ended.outcome
        if self.fails:
            self.fails -= 1
            raise OSError("the ledger is away")
        self.acted.append((ended.delivery.id, ended.outcome))

    def decided(self) -> str:
        """A verification whose provider has decided, and whose next look is due."""
        id = self.verifications.begin(support.JUMIO_REQUEST, "order-7", "user-7")
        journey = self.verifications.state(id).journey
        assert journey is not None
        browser = Browser()
        browser.open(host_support.way(journey, idvkit.WayRedirect).url)
        idvkit.host._now.now(self.verifications.kit.hear(idvkit.Redirect(str(browser.press("acceptable")))))
        self.sandbox.advance(300_000)
        return id

    def works(self, there: Any, step: int = 0) -> None:
        self.verifications.start()
        try:
            until(there, lambda: self.on(step))
        finally:
            self.verifications.stop()

    def on(self, step: int) -> None:
        if step:
            self.sandbox.advance(step)
        self.verifications.kit.wake()

    def row(self) -> idvkit.host.Listed:
        (row,) = self.verifications.list()
        return row

    def kinds(self, id: str) -> List[Any]:
        return [one.event["kind"] for one in self.verifications.timeline(id)]


@pytest.mark.parametrize("place", ["stored", "acting"])
@pytest.mark.parametrize("store", ["sqlite", "postgres"])
def test_an_act_is_not_lost_by_a_crash(
    store: str, place: str, idv_sandbox: Sandbox, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    url = request.getfixturevalue("postgres") if store == "postgres" else f"sqlite:///{tmp_path / 'idv.sqlite'}"
    shop = Shop(idv_sandbox, url)
    id = shop.decided()
    program = Path(__file__).with_name("host_crash.py")
    died = subprocess.run([sys.executable, program, url, idv_sandbox.url, place], capture_output=True, text=True, timeout=60)
    assert died.returncode == -9, died.stderr
    row = shop.row()
    assert row.outcome == APPROVED and row.delivery is not None and row.delivery.due is not None
    assert [one.id for one in shop.verifications.undelivered()] == [id]
    assert died.stdout.split() == ([] if place == "stored" else [row.delivery.id])
    idv_sandbox.advance(60_000)  # the dead worker's time for one delivery
    shop.works(lambda: bool(shop.acted))
    shop.works(lambda: not shop.verifications.undelivered())
    assert shop.acted == [(row.delivery.id, APPROVED)]
    assert shop.verifications.timeline(id)[-1].event == {
        "kind": "delivered", "delivery": row.delivery.id, "failures": 0, "done": True,
    }  # fmt: skip
    assert shop.row().due is None


def test_an_act_that_fails_comes_again_and_is_seen(idv_sandbox: Sandbox, tmp_path: Path) -> None:
    shop = Shop(idv_sandbox, f"sqlite:///{tmp_path / 'idv.sqlite'}")
    id, shop.fails = shop.decided(), 3
    shop.works(lambda: shop.fails == 2)
    (waits,) = shop.verifications.undelivered()
    assert waits.id == id and waits.delivery is not None and waits.delivery.failures >= 1
    assert waits.ended == idv_sandbox.now()
    shop.works(lambda: bool(shop.acted), step=1_000)
    until(lambda: shop.verifications.undelivered() == [])
    assert shop.row().ended == waits.ended < idv_sandbox.now(), "it ended when the first outcome was stored"
    delivered = [one.event for one in shop.verifications.timeline(id) if one.event["kind"] == "delivered"]
    assert [(one["done"], one["failures"]) for one in delivered] == [(False, 0), (False, 1), (False, 2), (True, 3)]
    assert shop.acted == [(waits.delivery.id, APPROVED)]


def test_everything_is_observed_and_nothing_personal(idv_sandbox: Sandbox, tmp_path: Path) -> None:
    seen: List[Any] = []
    shop = Shop(idv_sandbox, f"sqlite:///{tmp_path / 'idv.sqlite'}", observer=seen.append)
    id = shop.decided()
    shop.works(lambda: bool(shop.acted))
    until(lambda: len(seen) == len(shop.verifications.timeline(id)))
    kinds = shop.kinds(id)
    assert kinds[0] == "begun" and kinds[-2:] == ["outcome", "delivered"] and {"told", "exchange"} < set(kinds)
    assert sorted(map(str, seen)) == sorted(str({"verification": id, "at": one.at, **one.event}) for one in shop.verifications.timeline(id))
    for event in seen:
        if event["kind"] == "exchange":
            assert event["provider"] == "jumio" and event["operation"].startswith("jumio.")
            assert event["status"] == 200 and event["duration"] >= 0
    assert "http" not in str(seen) and "token" not in str(seen)


def test_the_retention_ends_at_the_provider_too(idv_sandbox: Sandbox, tmp_path: Path) -> None:
    shop = Shop(idv_sandbox, f"sqlite:///{tmp_path / 'idv.sqlite'}", retention=3_600_000)
    id = shop.decided()
    shop.works(lambda: bool(shop.acted))
    known = shop.verifications.verification(id)
    assert known is not None and known.evidence() is not None
    idv_sandbox.advance(3_600_000)
    shop.works(lambda: shop.row().erased is not None and shop.row().due is None)
    known = shop.verifications.verification(id)
    assert known is not None and known.evidence() is None and known.outcome == APPROVED
    assert "jumio.delete" in {one["operation"] for one in idv_sandbox.log()}, {one["operation"] for one in idv_sandbox.log()}
    assert {"kind": "erased", "by": "retention"} in [one.event for one in shop.verifications.timeline(id)]


def test_a_failure_does_not_end_the_worker(idv_sandbox: Sandbox, tmp_path: Path) -> None:
    """Neither a row that nobody can read nor a store that is away for a while."""
    shop = Shop(idv_sandbox, f"sqlite:///{tmp_path / 'idv.sqlite'}")
    id = shop.decided()
    spoiled = shop.verifications.begin(support.JUMIO_REQUEST, "spoiled", "user-7")
    with shop.verifications._store._engine._writing.begin() as connection:
        connection.exec_driver_sql("UPDATE idvkit_verification SET snapshot = '' WHERE key = 'spoiled'")
        connection.exec_driver_sql("ALTER TABLE idvkit_verification RENAME TO gone")
    shop.verifications.start()
    try:
        threading.Event().wait(0.5)  # a round of the worker
        with shop.verifications._store._engine._writing.begin() as connection:
            connection.exec_driver_sql("ALTER TABLE gone RENAME TO idvkit_verification")
        until(lambda: bool(shop.acted), shop.verifications.kit.wake)
    finally:
        shop.verifications.stop()
    assert {row.id: row.outcome for row in shop.verifications.list()} == {id: APPROVED, spoiled: None}


def test_a_worker_that_is_stopped_ends_what_it_is_at(idv_sandbox: Sandbox, tmp_path: Path) -> None:
    begun = threading.Event()

    class Slow(Shop):
        def act(self, ended: idvkit.AskDeliver, verification: idvkit.Verification) -> None:
            begun.set()
            time.sleep(0.5)
            super().act(ended, verification)

    shop = Slow(idv_sandbox, f"sqlite:///{tmp_path / 'idv.sqlite'}")
    shop.decided()
    shop.verifications.start()
    assert begun.wait(20) and not shop.acted
    shop.verifications.stop()
    assert len(shop.acted) == 1 and shop.verifications.undelivered() == []
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("idvkit-")]


def test_several_workers_share_the_work(idv_sandbox: Sandbox, postgres: str) -> None:  # noqa: F811
    """Of several processes, as far as the database can tell: each has connections of its own."""
    shops = [Shop(idv_sandbox, postgres) for _ in range(3)]
    ids = [shops[0].verifications.begin(support.BIOMETRIC_KZ_REQUEST, f"order-{n}", "user-7") for n in range(12)]
    for shop in shops:
        shop.verifications.start()
    try:
        until(lambda: all(row.revision > 1 for row in shops[0].verifications.list()))
        until(lambda: all("exchange" in shops[0].kinds(id) for id in ids))
    finally:
        for shop in shops:
            shop.verifications.stop()
    operations = [one["operation"] for one in idv_sandbox.log()]
    assert operations.count("biometric_kz.create_session") == 12
    for id in ids:
        assert shops[1].verifications.state(id).state == "journey"


def test_a_forked_process_has_connections_of_its_own(idv_sandbox: Sandbox, postgres: str) -> None:  # noqa: F811
    """As servers fork that load the application first."""
    shop = Shop(idv_sandbox, postgres)
    id = shop.verifications.begin(support.BIOMETRIC_KZ_REQUEST, "order-7", "user-7")
    if (child := os.fork()) == 0:
        os._exit(0 if [row.id for row in shop.verifications.list()] == [id] else 1)
    assert os.waitpid(child, 0)[1] == 0
    assert [row.id for row in shop.verifications.list()] == [id], "the parent's connection is still good"


def test_spans_and_metrics(idv_sandbox: Sandbox, tmp_path: Path) -> None:
    from opentelemetry import metrics, trace
    from opentelemetry.sdk.metrics import MeterProvider
    from opentelemetry.sdk.metrics.export import InMemoryMetricReader
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    spans, reader = InMemorySpanExporter(), InMemoryMetricReader()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(spans))
    trace.set_tracer_provider(provider)
    metrics.set_meter_provider(MeterProvider([reader]))
    shop = Shop(idv_sandbox, f"sqlite:///{tmp_path / 'idv.sqlite'}", telemetry=True)
    shop.decided()
    shop.works(lambda: bool(shop.acted))
    span = spans.get_finished_spans()[0]
    assert span.name == "idvkit.exchange"
    assert dict(span.attributes or {}) == {
        "idvkit.provider": "jumio", "idvkit.operation": "jumio.initiate", "http.response.status_code": 200,
    }  # fmt: skip
    data: Any = reader.get_metrics_data()
    (ours,) = (scope for scope in data.resource_metrics[0].scope_metrics if scope.scope.name == "idvkit")
    found: Dict[str, Any] = {one.name: one for one in ours.metrics}
    assert set(found) == {"idvkit.exchanges", "idvkit.outcomes", "idvkit.deliveries", "idvkit.exchange.duration"}
    assert found["idvkit.exchange.duration"].unit == "s"
    assert [dict(point.attributes) for point in found["idvkit.outcomes"].data.data_points] == [{"idvkit.outcome": "approved"}]
