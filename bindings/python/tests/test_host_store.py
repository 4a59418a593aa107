"""The kit's store: SQLite and PostgreSQL, blocking and for `await`, with the same tests."""

from __future__ import annotations

import json
import os
import re
import threading
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List

import anyio.from_thread
import idvkit.host
import idvkit.host.aio
import pytest
import sqlalchemy
import support
from host_support import postgres, postgres_server, until  # noqa: F401
from sqlalchemy import make_url, text

import idvkit
from idvkit.client import MemoryStore

Run = Callable[..., Any]


class Stored:
    """A store of one kind, driven without `await` either way, and the same database without the kit."""

    def __init__(self, url: str, kit: Any, stack: ExitStack) -> None:
        self.url, self.kit, self._stack = url, kit, stack
        self.clock = [support.T0]
        plain = make_url(url)
        self.engine = sqlalchemy.create_engine(plain if url.startswith("sqlite") else plain.set(drivername="postgresql+psycopg"))
        stack.callback(self.engine.dispose)
        self.portal = stack.enter_context(anyio.from_thread.start_blocking_portal()) if kit is idvkit.host.aio else None

    def run(self, call: Callable[..., Any], *values: Any, **named: Any) -> Any:
        if self.portal is None:
            return call(*values, **named)
        return self.portal.call(partial(call, *values, **named))

    def core(self, call: Callable[..., Any], *values: Any) -> Any:
        """A call below the kit's surface, which is always for `await`."""
        return self.portal.call(call, *values) if self.portal else idvkit.host._now.now(call(*values))  # type: ignore

    def database(self, **options: Any) -> Any:
        database = self.kit.Database(self.url, **options)
        self._stack.callback(self.run, database.close)
        return database

    def verifications(self, database: Any = None, act: Any = None, **options: Any) -> Any:
        def blocking(*ended: Any) -> None:
            (act or (lambda *_: None))(*ended)

        async def awaited(*ended: Any) -> None:
            blocking(*ended)

        async def nobody(_: object) -> None:
            return None

        mine = awaited if self.portal else blocking
        chosen = {"clock": lambda: self.clock[0], "exchange": nobody if self.portal else lambda _: None, **options}
        accounts = support.jumio("http://127.0.0.1:1")
        return self.kit.Verifications(accounts, database or self.database(), mine, **chosen)

    def query(self, sql: str, **values: Any) -> List[Any]:
        with self.engine.begin() as connection:
            result = connection.execute(text(sql), values)
            return list(result.all()) if result.returns_rows else []


@pytest.fixture(params=["sqlite", "sqlite-await", "postgres", "postgres-await"])
def stored(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Stored]:
    kind = str(request.param)
    url = request.getfixturevalue("postgres") if kind.startswith("postgres") else f"sqlite:///{tmp_path / 'idv.sqlite'}"
    with ExitStack() as stack:
        yield Stored(url, idvkit.host.aio if kind.endswith("await") else idvkit.host, stack)


def begin(stored: Stored, verifications: Any, key: str = "order-7", subject: str = "user-7") -> str:
    return str(stored.run(verifications.begin, support.JUMIO_REQUEST, key, subject))


def test_a_row_has_what_is_asked_for(stored: Stored) -> None:
    verifications = stored.verifications()
    id = begin(stored, verifications)
    assert begin(stored, verifications, subject="another") == id, "a key begins once"
    (row,) = stored.run(verifications.list)
    assert (row.id, row.key, row.subject, row.provider, row.account) == (id, "order-7", "user-7", "jumio", "jumio")
    assert (row.created, row.due, row.outcome, row.ended) == (support.T0, support.T0, None, None)
    assert stored.run(verifications.list, subject="another") == [] == stored.run(verifications.undelivered)
    assert [row.id for row in stored.run(verifications.list, subject="user-7")] == [id]
    assert stored.run(verifications.list, before=support.T0) == []
    assert stored.run(verifications.verification, id).id == id and stored.run(verifications.verification, "0" * 32) is None
    assert stored.query("SELECT version FROM idvkit_schema") == [(1,)]


def test_many_open_and_begin_at_once(stored: Stored) -> None:
    """As the processes of a server do: each has a database of its own."""
    kits = [stored.verifications() for _ in range(4)]
    found: List[str] = []
    threads = [threading.Thread(target=lambda kit=kit: found.append(begin(stored, kit))) for kit in kits]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4 and len(set(found)) == 1


def test_a_worker_has_what_it_took_for_a_minute(stored: Stored) -> None:
    database = stored.database()
    verifications = stored.verifications(database)
    ids = [begin(stored, verifications, f"order-{n}") for n in range(3)]
    take = partial(stored.core, database.tables.take_due)
    first = take(support.T0, 2)
    assert len(first) == 2 and set(first) < set(ids)
    assert set(take(support.T0, 50)) == set(ids) - set(first)
    assert take(support.T0 + 59_999, 50) == []
    assert set(take(support.T0 + 60_000, 50)) == set(ids)
    stored.core(database.tables.release, ids[0], 7)
    assert take(support.T0 + 60_001, 50) == [], "another worker has changed it meanwhile"
    stored.core(database.tables.release, ids[0], 0)
    assert take(support.T0 + 60_001, 50) == [ids[0]]
    stored.run(verifications.erase, ids[1])
    assert take(support.T0 + 60_001, 50) == [ids[1]], "a change ends the lease"


def test_a_worker_that_has_nothing_to_do_gives_the_row_back(stored: Stored) -> None:
    database = stored.database()
    verifications = stored.verifications(database)
    id = begin(stored, verifications)
    stored.run(verifications.state, id)  # the request got no answer, and is tried again later
    stored.query("UPDATE idvkit_verification SET leased = :until", until=support.T0 + 60_000)
    before = stored.query("SELECT revision FROM idvkit_verification")
    stored.core(verifications.kit.work_off, id)
    assert stored.query("SELECT revision FROM idvkit_verification") == before
    assert stored.query("SELECT leased FROM idvkit_verification") == [(0,)]
    # After an exception it stays taken, so that it is not tried again at once.
    stored.query("UPDATE idvkit_verification SET leased = :until, snapshot = ''", until=support.T0 + 60_000)
    stored.core(verifications.kit.work_off, id)
    assert stored.query("SELECT leased FROM idvkit_verification") == [(support.T0 + 60_000,)]


def test_a_worker_leaves_what_another_holds(postgres: str) -> None:  # noqa: F811
    with ExitStack() as stack:
        stored = Stored(postgres, idvkit.host, stack)
        database = stored.database()
        held, free = (begin(stored, stored.verifications(database), key) for key in ("held", "free"))
        with stored.engine.begin() as other:
            other.execute(text("SELECT id FROM idvkit_verification WHERE id = :id FOR UPDATE"), {"id": held})
            assert stored.core(database.tables.take_due, support.T0, 50) == [free]


@pytest.mark.parametrize("stored", ["postgres", "postgres-await"], indirect=True)
def test_a_worker_is_told_what_is_due(stored: Stored) -> None:
    waits, other = stored.database(), stored.database()
    heard, stopped = threading.Event(), threading.Event()
    if stored.portal:
        listening = stored.portal.start_task_soon(waits.listen, heard.set)
    else:
        threading.Thread(target=waits.listen, args=(heard.set, stopped)).start()
    try:
        until(lambda: bool(stored.query("SELECT 1 FROM pg_stat_activity WHERE query = 'LISTEN idvkit_due'")))
        begin(stored, stored.verifications(other))
        assert heard.wait(20)
    finally:
        stopped.set()
        if stored.portal:
            listening.cancel()


def test_references_lead_to_the_newer_of_two(stored: Stored) -> None:
    tables = stored.database().tables
    rows = []
    for number, key in enumerate(("older", "newer")):
        kept = MemoryStore()
        client = idvkit.client.Client(support.jumio("http://127.0.0.1:1"), kept, lambda _: None, clock=lambda: support.T0)
        row = kept.row(client.begin(support.JUMIO_REQUEST, key))
        reference = idvkit.Reference("jumio", "11111111-1111-4111-8111-111111111111")
        members = {name: getattr(row, name) for name in row.__slots__}
        rows.append(idvkit.Row(**{**members, "references": (reference,)}))
        more = {"now": support.T0 + number, "subject": "user-7"}
        assert stored.core(tables.store, rows[-1], None, (), (), more)
    by = idvkit.ByReferences((idvkit.Reference("jumio", "nobody"), reference))
    assert stored.core(tables.load, by, ()).id == rows[1].id
    assert stored.core(tables.store, rows[0], 0, (), (), {"now": support.T0 + 9})
    assert stored.core(tables.load, by, ()).id == rows[1].id
    bare = idvkit.Row(**{**{name: getattr(rows[1], name) for name in rows[1].__slots__}, "references": ()})
    assert stored.core(tables.store, bare, 0, (), (), {"now": support.T0 + 9})
    assert stored.core(tables.load, by, ()) is None


def test_blobs_go_with_their_row(stored: Stored) -> None:
    tables = stored.database(keys={"k": b"k" * 32}).tables
    kept = MemoryStore()
    client = idvkit.client.Client(support.jumio("http://127.0.0.1:1"), kept, lambda _: None, clock=lambda: support.T0)
    row = kept.row(client.begin(support.JUMIO_REQUEST, "order-7"))
    members = {name: getattr(row, name) for name in row.__slots__}
    both = idvkit.Row(**{**members, "blobs": ("one", "two")})
    blobs = [idvkit.Blob("one", b"\x00\xff" * 500), idvkit.Blob("two", b"")]
    assert stored.core(tables.store, both, None, blobs, (), {"now": support.T0, "subject": "user-7"})
    loaded = stored.core(tables.load, idvkit.ById(row.id), ("one", "two", "three"))
    assert {blob.digest: blob.bytes for blob in loaded.blobs} == {"one": b"\x00\xff" * 500, "two": b""}
    assert stored.core(tables.load, idvkit.ById(row.id), ()).blobs == ()
    assert stored.core(tables.store, idvkit.Row(**{**members, "blobs": ("two",)}), 0, (), (), {"now": support.T0})
    assert stored.query("SELECT digest FROM idvkit_blob") == [("two",)]
    ((sealed,),) = stored.query("SELECT bytes FROM idvkit_blob")
    assert bytes(sealed).startswith(b"idvkit:1:k:")
    assert not stored.core(tables.store, both, 7, blobs, (), {"now": support.T0}), "another worker was first"
    assert stored.query("SELECT digest FROM idvkit_blob") == [("two",)]


def test_keys_are_added_and_rotated(stored: Stored) -> None:
    """What is there stays readable, and every change is written with the newest key."""
    old, new = os.urandom(32), os.urandom(32)
    snapshot = partial(stored.query, "SELECT snapshot FROM idvkit_verification WHERE id = :id")
    plain = begin(stored, stored.verifications(), "plain")
    assert json.loads(snapshot(id=plain)[0][0])
    with_old = stored.verifications(stored.database(keys={"2025": old}))
    sealed = begin(stored, with_old, "sealed")
    assert snapshot(id=sealed)[0][0].startswith("idvkit:1:2025:")
    with_both = stored.verifications(stored.database(keys={"2026": new, "2025": old}))
    for id in (plain, sealed):
        assert stored.run(with_both.verification, id).id == id
        stored.run(with_both.erase, id)
        assert snapshot(id=id)[0][0].startswith("idvkit:1:2026:")
    with pytest.raises(idvkit.host.StoreFailed) as failed:
        stored.run(with_old.verification, sealed)
    assert "'2026'" in str(failed.value.__cause__)
    # A text belongs to its own row.
    stored.query("UPDATE idvkit_verification SET snapshot = :text WHERE id = :id", text=snapshot(id=plain)[0][0], id=sealed)
    with pytest.raises(idvkit.host.StoreFailed):
        stored.run(with_both.verification, sealed)
    for keys, rule in (({"a b": new}, "key id"), ({"": new}, "key id"), ({"k": new[:16]}, "32 bytes")):
        with pytest.raises(ValueError, match=rule):
            stored.kit.Database(stored.url, keys=keys)


def test_what_every_language_encrypts_is_read() -> None:
    vector = json.loads((Path(support.__file__).resolve().parents[3] / "crates/host/sealed.json").read_bytes())
    vault = idvkit.host._vault.Vault({key["id"]: bytes.fromhex(key["hex"]) for key in vector["keys"]})
    snapshot, blob = vector["snapshot"], vector["blob"]
    assert vault.open_text(snapshot["sealed"], snapshot["id"]) == snapshot["text"]
    about = f"{blob['id']}/{blob['digest']}"
    assert vault.open_bytes(blob["sealed"].encode(), about) == bytes.fromhex(blob["hex"])
    assert vault.open_text(vault.seal_text(snapshot["text"], "id"), "id") == snapshot["text"]


def test_evidence_is_erased_after_the_retention(stored: Stored) -> None:
    seen: List[Dict[str, Any]] = []
    verifications = stored.verifications(retention=1_000, observer=seen.append)
    ids = [begin(stored, verifications, key) for key in ("ended", "runs")]
    stored.query("UPDATE idvkit_verification SET ended = :now WHERE id = :id", now=support.T0, id=ids[0])
    for later, erased in ((999, [None, None]), (1_000, [support.T0 + 1_000, None]), (90_000, [support.T0 + 1_000, None])):
        stored.clock[0] = support.T0 + later
        stored.core(verifications.kit.sweep)
        rows = {row.id: row for row in stored.run(verifications.list)}
        assert [rows[id].erased for id in ids] == erased
    events = [one.event for one in stored.run(verifications.timeline, ids[0])]
    # What had not begun is given up.
    ended = {"kind": "outcome", "outcome": "abandoned"}
    assert events[1:] == [{"kind": "told", "input": "erase"}, {"kind": "erased", "by": "retention"}, ended]
    stored.run(verifications.erase, ids[0])
    assert [one.event["kind"] for one in stored.run(verifications.timeline, ids[0])].count("erased") == 1
    assert seen[-2] == {"verification": ids[0], "at": support.T0 + 1_000, **ended}


def test_a_refusal_stands_in_the_timeline(stored: Stored) -> None:
    verifications = stored.verifications()
    id = begin(stored, verifications)
    with pytest.raises(idvkit.Reject) as refused:
        stored.run(verifications.retry, id)
    last = stored.run(verifications.timeline, id)[-1].event
    assert last == {"kind": "told", "input": "retry", "reject": refused.value.code}
    with pytest.raises(idvkit.Reject, match="verification_unknown"):
        stored.run(verifications.retry, "0" * 32)


HOT = {
    "take_due": idvkit.host._sql.TAKE_DUE,
    "take_old": idvkit.host._sql.TAKE_OLD,
    "by_reference": idvkit.host._sql.LOAD_BY_REFERENCE,
    "by_key": idvkit.host._sql.LOAD_BY_KEY,
    "blobs": idvkit.host._sql.BLOBS,
    "references": idvkit.host._sql.REFERENCES,
    "drop_blobs": idvkit.host._sql.DROP_BLOBS,
    "undelivered": idvkit.host._sql.UNDELIVERED,
    "list": idvkit.host._sql.LIST,
    "of_subject": idvkit.host._sql.LIST_OF_SUBJECT,
    "timeline": idvkit.host._sql.TIMELINE,
}


@pytest.mark.parametrize("stored", ["sqlite", "postgres"], indirect=True)
def test_no_query_reads_a_whole_table(stored: Stored) -> None:
    begin(stored, stored.verifications())
    dialect = stored.engine.dialect.name
    values: Dict[str, Any] = {bind: 1 for bind in ("now", "until", "before", "limit")}
    values.update({bind: "x" for bind in ("id", "key", "account", "reference", "subject")}, digests=["x", "y"])
    for name, statement in HOT.items():
        chosen: Any = statement[dialect] if isinstance(statement, dict) else statement
        binds = chosen._bindparams
        with stored.engine.begin() as connection:
            if dialect == "postgresql":  # of tables that small, it reads all otherwise
                for what in ("seqscan", "bitmapscan", "sort"):
                    connection.execute(text(f"SET LOCAL enable_{what} = off"))
            explain = text(("EXPLAIN " if dialect == "postgresql" else "EXPLAIN QUERY PLAN ") + chosen.text)
            explain = explain.bindparams(*(bind for bind in binds.values() if bind.expanding))
            rows = connection.execute(explain, {bind: values[bind] for bind in binds})
            plan = "\n".join(" ".join(map(str, row)) for row in rows)
        assert "Seq Scan" not in plan and not re.search("SCAN idvkit_[a-z]+$", plan, re.M), (name, plan)
        # A timeline is short, and sorted within a millisecond.
        assert name == "timeline" or ("USE TEMP" not in plan and "Sort" not in plan), (name, plan)


def test_only_databases_that_last(tmp_path: Path) -> None:
    for url in ("sqlite://", "sqlite:///:memory:", "mysql://localhost/idv"):
        for kit in (idvkit.host, idvkit.host.aio):
            with pytest.raises(ValueError, match="store: "):
                kit.Database(url)


def test_an_exception_of_the_store_shows_no_personal_data(tmp_path: Path) -> None:
    stored = Stored(f"sqlite:///{tmp_path / 'idv.sqlite'}", idvkit.host, ExitStack())
    verifications = stored.verifications()
    begin(stored, verifications)
    stored.query("DROP TABLE idvkit_event")
    with pytest.raises(idvkit.host.StoreFailed) as failed:
        begin(stored, verifications, "planted-key", "planted-subject")
    assert "planted" not in str(failed.value.__cause__) and "idvkit_event" in str(failed.value.__cause__)
