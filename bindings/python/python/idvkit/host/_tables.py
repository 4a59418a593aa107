"""The store of the kit on SQLAlchemy: the same for SQLite and PostgreSQL, blocking and for `await`."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, AsyncContextManager, Awaitable, Dict, List, Mapping, Optional, Protocol, Sequence, Tuple

from sqlalchemy import URL, CursorResult, TextClause, event, make_url, text

from .. import Blob, By, ById, ByKey, Delivery, Outcome, Row, outcome_from_json
from .._idvkit import to_json
from . import _sql as sql
from ._vault import Vault

__all__ = ["At", "Connected", "Engine", "Listed", "Loaded", "Tables", "checked_url", "set_up_sqlite"]

LEASE_MS = 60_000
"""How long a worker has what it took, in milliseconds."""
MOST_TAKEN = 50
"""How many rows a worker takes at once."""
_UNTIL_EVER = 1 << 53


class Connected(Protocol):
    """A connection within a transaction."""

    def execute(self, statement: TextClause, parameters: Any = None) -> Awaitable[CursorResult[Any]]: ...


class Engine(Protocol):
    """What a blocking engine and one for `await` have in common here."""

    @property
    def dialect(self) -> str: ...

    def transaction(self, *, writes: bool) -> AsyncContextManager[Connected]: ...

    def lock(self) -> AsyncContextManager[object]: ...


@dataclass(frozen=True)
class At:
    """An event, and when it was."""

    at: int
    event: Mapping[str, object]


@dataclass(frozen=True)
class Loaded:
    """What the store has of a verification."""

    id: str
    snapshot: str
    delivery: Optional[str]
    """The id of the newest delivery."""
    erased: bool
    blobs: Tuple[Blob, ...]


@dataclass(frozen=True)
class Listed:
    """A verification in an administrator's list. Times are in milliseconds since 1970."""

    id: str
    key: str
    subject: str
    provider: str
    account: str
    revision: int
    due: Optional[int]
    """When a worker has to look at it; `None`: never."""
    outcome: Optional[Outcome]
    """How it ended; `None` while it runs."""
    delivery: Optional[Delivery]
    """The newest delivery of the outcome."""
    created: int
    ended: Optional[int]
    """When the first outcome was stored."""
    erased: Optional[int]
    """When evidence and personal data were erased."""


class Tables:
    """Reads and writes the tables; brings them up to date before the first use."""

    def __init__(self, engine: Engine, keys: Optional[Mapping[str, bytes]]) -> None:
        self._engine, self._vault, self._ready = engine, Vault(keys or {}), False

    async def open(self) -> None:
        """Applies the migrations that are not applied yet."""
        if self._ready:
            return
        async with self._engine.lock():
            for version, statements in sql.MIGRATIONS:
                await self._migrate(version, statements)
            self._ready = True

    async def load(self, by: By, digests: Sequence[str]) -> Optional[Loaded]:
        await self.open()
        async with self._engine.transaction(writes=False) as connection:
            for statement, values in _searches(by):
                if (row := (await connection.execute(statement, values)).first()) is not None:
                    return await self._loaded(connection, row, digests)
        return None

    async def store(
        self, row: Row, expected: Optional[int], blobs: Sequence[Blob], events: Sequence[At], more: Mapping[str, Any]
    ) -> bool:
        """Compares and swaps the row, with all that belongs to it. `more` has `now`, and `subject` or `erased`."""
        await self.open()
        values = self._values(row, more)
        async with self._engine.transaction(writes=True) as connection:
            statement = sql.INSERT if expected is None else sql.UPDATE
            if (await connection.execute(statement, {**values, "expected": expected})).rowcount == 0:
                return False
            await _keep_references(connection, row)
            for blob in blobs:
                sealed = self._vault.seal_bytes(bytes(blob.bytes), f"{row.id}/{blob.digest}")
                await connection.execute(sql.ADD_BLOB, {"id": row.id, "digest": blob.digest, "bytes": sealed})
            if expected is not None:
                await connection.execute(sql.DROP_BLOBS, {"id": row.id, "digests": list(row.blobs)})
            await _add_events(connection, row.id, events)
            if self._engine.dialect == "postgresql" and row.due is not None and row.due <= more["now"]:
                await connection.execute(sql.NOTIFY)
        return True

    async def record(self, id: str, events: Sequence[At]) -> None:
        await self.open()
        async with self._engine.transaction(writes=True) as connection:
            await _add_events(connection, id, events)

    async def subject(self, id: str) -> Optional[str]:
        found = await self._read(sql.SUBJECT, {"id": id})
        return str(found[0].subject) if found else None

    async def take_due(self, now: int, limit: int) -> List[str]:
        """Leases rows that are due, and returns their ids."""
        return await self._take(sql.TAKE_DUE, {"now": now, "limit": limit})

    async def take_old(self, now: int, ended_before: int) -> List[str]:
        """Leases rows whose evidence is to be erased, and returns their ids."""
        return await self._take(sql.TAKE_OLD, {"now": now, "before": ended_before, "limit": MOST_TAKEN})

    async def release(self, id: str, revision: int) -> None:
        async with self._engine.transaction(writes=True) as connection:
            await connection.execute(sql.RELEASE, {"id": id, "revision": revision})

    async def list(self, subject: Optional[str], before: Optional[int], limit: int) -> List[Listed]:
        values = {"before": _UNTIL_EVER if before is None else before, "limit": limit}
        if subject is not None:
            return [_listed(row) for row in await self._read(sql.LIST_OF_SUBJECT, {**values, "subject": subject})]
        return [_listed(row) for row in await self._read(sql.LIST, values)]

    async def undelivered(self, limit: int) -> List[Listed]:
        return [_listed(row) for row in await self._read(sql.UNDELIVERED, {"limit": limit})]

    async def timeline(self, id: str) -> List[At]:
        found = await self._read(sql.TIMELINE[self._engine.dialect], {"id": id})
        return [At(row.at, json.loads(row.event)) for row in found]

    async def _migrate(self, version: int, statements: Sequence[str]) -> None:
        async with self._engine.transaction(writes=True) as connection:
            if self._engine.dialect == "postgresql":
                await connection.execute(sql.MIGRATION_LOCK)
            await connection.execute(sql.CREATE_VERSIONS)
            if version in (await connection.execute(sql.VERSIONS)).scalars().all():
                return
            for statement in statements:
                await connection.execute(text(statement))
            await connection.execute(sql.ADD_VERSION, {"version": version})

    async def _loaded(self, connection: Connected, row: Any, digests: Sequence[str]) -> Loaded:
        kept: Sequence[Any] = ()
        if digests:
            kept = (await connection.execute(sql.BLOBS, {"id": row.id, "digests": list(digests)})).all()
        blobs = [Blob(one.digest, self._vault.open_bytes(bytes(one.bytes), f"{row.id}/{one.digest}")) for one in kept]
        delivery = None if row.delivery is None else str(json.loads(row.delivery)["id"])
        return Loaded(row.id, self._vault.open_text(row.snapshot, row.id), delivery, row.erased is not None, tuple(blobs))

    def _values(self, row: Row, more: Mapping[str, Any]) -> Dict[str, Any]:
        ended = None if row.outcome is None else more["now"]
        return {
            "id": row.id,
            "key": row.key,
            "subject": None,
            "provider": str(row.provider),
            "account": row.account,
            "revision": row.revision,
            "snapshot": self._vault.seal_text(row.snapshot, row.id),
            "due": row.due,
            "outcome": None if row.outcome is None else to_json(row.outcome),
            "delivery": None if row.delivery is None else to_json(row.delivery),
            "undelivered": None if row.delivery is None else row.delivery.due,
            "ended": ended,
            "erased": None,
            **more,
        }

    async def _read(self, statement: TextClause, values: Mapping[str, Any]) -> Sequence[Any]:
        await self.open()
        async with self._engine.transaction(writes=False) as connection:
            return (await connection.execute(statement, values)).all()

    async def _take(self, statements: Mapping[str, TextClause], values: Mapping[str, Any]) -> List[str]:
        await self.open()
        async with self._engine.transaction(writes=True) as connection:
            statement = statements[self._engine.dialect]
            taken = await connection.execute(statement, {**values, "until": values["now"] + LEASE_MS})
            return [str(id) for id in taken.scalars().all()]


def checked_url(url: str, sqlite: str) -> URL:
    """The URL with the driver that the kit uses, `sqlite` being the one for SQLite."""
    parsed = make_url(url)
    backend = parsed.drivername.split("+")[0]
    if backend in ("postgresql", "postgres"):
        return parsed.set(drivername="postgresql+psycopg")
    if backend != "sqlite":
        raise ValueError("store: the URL begins with `sqlite:///` or `postgresql://`")
    if parsed.database in (None, "", ":memory:"):
        raise ValueError("store: SQLite needs a file, such as `sqlite:///idv.sqlite`: what is in memory is lost")
    return parsed.set(drivername=sqlite)


def set_up_sqlite(engine: Any) -> None:
    """Transactions as SQLAlchemy has them elsewhere, with the lock for writing taken at once, and readers that wait for nobody."""

    def connected(connection: Any, _: object) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in ("busy_timeout = 10000", "journal_mode = WAL", "foreign_keys = ON"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    def begin(connection: Any) -> None:
        writes = connection.get_execution_options().get("idvkit_writes", True)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    event.listen(engine, "connect", connected)
    event.listen(engine, "begin", begin)


def _searches(by: By) -> List[Tuple[TextClause, Dict[str, str]]]:
    if isinstance(by, ById):
        return [(sql.LOAD_BY_ID, {"id": by.id})]
    if isinstance(by, ByKey):
        return [(sql.LOAD_BY_KEY, {"key": by.key})]
    return [(sql.LOAD_BY_REFERENCE, {"account": one.account, "reference": one.reference}) for one in by.references]


async def _keep_references(connection: Connected, row: Row) -> None:
    found = (await connection.execute(sql.REFERENCES, {"id": row.id})).all()
    known = {(one.account, one.reference) for one in found}
    wanted = {(one.account, one.reference) for one in row.references}
    for account, reference in sorted(wanted - known):
        await connection.execute(sql.ADD_REFERENCE, {"account": account, "reference": reference, "id": row.id})
    for account, reference in sorted(known - wanted):
        await connection.execute(sql.DROP_REFERENCE, {"account": account, "reference": reference, "id": row.id})


async def _add_events(connection: Connected, id: str, events: Sequence[At]) -> None:
    if events:
        values = [{"id": id, "at": one.at, "event": json.dumps(one.event, separators=(",", ":"))} for one in events]
        await connection.execute(sql.ADD_EVENT, values)


def _listed(row: Any) -> Listed:
    outcome = None if row.outcome is None else outcome_from_json(row.outcome)
    delivery = None
    if row.delivery is not None:
        read = json.loads(row.delivery)
        delivery = Delivery(read["id"], read.get("replaces"), read["failures"], read.get("due"))
    columns = {name: value for name, value in row._mapping.items() if name not in ("outcome", "delivery")}
    return Listed(outcome=outcome, delivery=delivery, **columns)
