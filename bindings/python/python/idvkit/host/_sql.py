"""The kit's statements, for SQLite and PostgreSQL alike."""

from __future__ import annotations

import re
from importlib.resources import files
from typing import List, Tuple

from sqlalchemy import String, bindparam, text

__all__ = ["MIGRATIONS"]


def _migrations() -> List[Tuple[int, List[str]]]:
    """The statements of each version of the schema, in order."""
    found = [file for file in (files("idvkit.host") / "files" / "schema").iterdir() if file.name.endswith(".sql")]
    read = ((int(file.name[: -len(".sql")]), file.read_text(encoding="utf-8")) for file in found)
    return sorted((version, _statements(sql)) for version, sql in read)


def _statements(sql: str) -> List[str]:
    """Without comments, as a semicolon in one of them ends nothing."""
    return [one.strip() for one in re.sub("--[^\n]*", "", sql).split(";") if one.strip()]


MIGRATIONS = _migrations()
MIGRATION_LOCK = text("SELECT pg_advisory_xact_lock(:key)").bindparams(key=0x6964766B6974)
CREATE_VERSIONS = text("CREATE TABLE IF NOT EXISTS idvkit_schema (version BIGINT PRIMARY KEY)")
VERSIONS = text("SELECT version FROM idvkit_schema")
ADD_VERSION = text("INSERT INTO idvkit_schema (version) VALUES (:version)")

LOAD_BY_ID = text("SELECT id, snapshot, delivery, erased FROM idvkit_verification WHERE id = :id")
LOAD_BY_KEY = text("SELECT id, snapshot, delivery, erased FROM idvkit_verification WHERE key = :key")
LOAD_BY_REFERENCE = text(
    "SELECT v.id, v.snapshot, v.delivery, v.erased FROM idvkit_reference r JOIN idvkit_verification v ON v.id = r.verification"
    " WHERE r.account = :account AND r.reference = :reference"
)
BLOBS = text("SELECT digest, bytes FROM idvkit_blob WHERE verification = :id AND digest IN :digests").bindparams(
    bindparam("digests", expanding=True, type_=String)
)

INSERT = text(
    "INSERT INTO idvkit_verification (id, key, subject, provider, account, revision, snapshot, due, outcome, delivery,"
    " undelivered, created, ended) VALUES (:id, :key, :subject, :provider, :account, :revision, :snapshot, :due, :outcome,"
    " :delivery, :undelivered, :now, :ended) ON CONFLICT DO NOTHING"
)
UPDATE = text(
    "UPDATE idvkit_verification SET provider = :provider, account = :account, revision = :revision, snapshot = :snapshot,"
    " due = :due, leased = 0, outcome = :outcome, delivery = :delivery, undelivered = :undelivered,"
    " ended = COALESCE(ended, :ended), erased = COALESCE(erased, :erased) WHERE id = :id AND revision = :expected"
)
REFERENCES = text("SELECT account, reference FROM idvkit_reference WHERE verification = :id")
# The newer of two verifications with the same reference has it.
ADD_REFERENCE = text(
    "INSERT INTO idvkit_reference (account, reference, verification) VALUES (:account, :reference, :id)"
    " ON CONFLICT (account, reference) DO UPDATE SET verification = excluded.verification WHERE"
    " (SELECT created FROM idvkit_verification WHERE id = excluded.verification) >="
    " (SELECT created FROM idvkit_verification WHERE id = idvkit_reference.verification)"
)
DROP_REFERENCE = text("DELETE FROM idvkit_reference WHERE account = :account AND reference = :reference AND verification = :id")
ADD_BLOB = text("INSERT INTO idvkit_blob (verification, digest, bytes) VALUES (:id, :digest, :bytes) ON CONFLICT DO NOTHING")
DROP_BLOBS = text("DELETE FROM idvkit_blob WHERE verification = :id AND digest NOT IN :digests").bindparams(
    bindparam("digests", expanding=True, type_=String)
)
ADD_EVENT = text("INSERT INTO idvkit_event (verification, at, event) VALUES (:id, :at, :event)")
NOTIFY = text("SELECT pg_notify('idvkit_due', '')")

SUBJECT = text("SELECT subject FROM idvkit_verification WHERE id = :id")
RELEASE = text("UPDATE idvkit_verification SET leased = 0 WHERE id = :id AND revision = :revision")
_LISTED = "SELECT id, key, subject, provider, account, revision, due, outcome, delivery, created, ended, erased FROM idvkit_verification"
UNDELIVERED = text(f"{_LISTED} WHERE undelivered IS NOT NULL ORDER BY undelivered LIMIT :limit")
LIST = text(f"{_LISTED} WHERE created < :before ORDER BY created DESC LIMIT :limit")
LIST_OF_SUBJECT = text(f"{_LISTED} WHERE subject = :subject AND created < :before ORDER BY created DESC LIMIT :limit")
# Of the same millisecond, what was stored first comes first.
TIMELINE = {
    name: text(f"SELECT at, event FROM idvkit_event WHERE verification = :id ORDER BY at, {place}")
    for name, place in (("sqlite", "rowid"), ("postgresql", "ctid"))
}


def _take(which: str, order: str, dialect: str) -> str:
    chosen = f"SELECT id FROM idvkit_verification WHERE {which} AND leased <= :now ORDER BY {order} LIMIT :limit"
    # In PostgreSQL an array, as what is only a subquery may run more than once and lock more rows than are taken.
    among = f"= ANY (ARRAY({chosen} FOR UPDATE SKIP LOCKED))" if dialect == "postgresql" else f"IN ({chosen})"
    return f"UPDATE idvkit_verification SET leased = :until WHERE id {among} RETURNING id"


TAKE_DUE = {name: text(_take("due <= :now", "due", name)) for name in ("sqlite", "postgresql")}
TAKE_OLD = {
    name: text(_take("ended <= :before AND erased IS NULL", "ended", name)) for name in ("sqlite", "postgresql")
}
