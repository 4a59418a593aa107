"""The store of verifications: what the client needs of a database, and a store in memory."""

from __future__ import annotations

import threading
from typing import Dict, List, Optional, Protocol, Sequence, Tuple

from . import Blob, By, ById, ByKey, Row

__all__ = ["MemoryStore", "Store"]


class Store(Protocol):
    """What the client needs of a database. `MemoryStore` shows it in the fewest lines."""

    def load(self, by: By, blobs: Sequence[str]) -> Tuple[Optional[str], Sequence[Blob]]:
        """Loads the text of a row, or `None` if there is no such row, and those of its blobs that have these digests."""
        ...

    def store(self, row: Row, expected: Optional[int], blobs: Sequence[Blob]) -> bool:
        """Inserts the row if `expected` is `None`, or replaces it if its stored revision is still `expected`; with its references
        and blobs, in one transaction. Returns `False` if another worker stored a change first, or if a new row's id or key is
        already used."""
        ...


class MemoryStore:
    """A store in memory, for tests and short-lived programs."""

    def __init__(self) -> None:
        self._rows: Dict[str, Tuple[Row, Dict[str, Blob]]] = {}
        self._lock = threading.Lock()

    def row(self, id: str) -> Row:
        """The row with this id; `KeyError` if there is none."""
        return self._rows[id][0]

    def due(self, now: int) -> List[str]:
        """The ids of the rows that are due at this time."""
        with self._lock:
            return [row.id for row, _ in self._rows.values() if row.due is not None and row.due <= now]

    def load(self, by: By, blobs: Sequence[str]) -> Tuple[Optional[str], Sequence[Blob]]:
        with self._lock:
            for row, kept in reversed(self._rows.values()):
                if _is(row, by):
                    return row.snapshot, [kept[digest] for digest in blobs if digest in kept]
        return None, []

    def store(self, row: Row, expected: Optional[int], blobs: Sequence[Blob]) -> bool:
        with self._lock:
            stored = self._rows.get(row.id)
            taken = expected is None and any(other.key == row.key for other, _ in self._rows.values())
            if taken or (stored[0].revision if stored else None) != expected:
                return False
            kept = dict(stored[1]) if stored else {}
            kept.update((blob.digest, blob) for blob in blobs)
            self._rows[row.id] = row, {digest: kept[digest] for digest in row.blobs}
            return True


def _is(row: Row, by: By) -> bool:
    if isinstance(by, ById):
        return row.id == by.id
    if isinstance(by, ByKey):
        return row.key == by.key
    return any(reference in by.references for reference in row.references)
