"""Where verifications are kept: what is needed of a database, and one in memory."""

from __future__ import annotations

import threading
from typing import Dict, List, Optional, Protocol, Sequence, Tuple

from . import Blob, By, ById, ByKey, Row

__all__ = ["MemoryStore", "Store"]


class Store(Protocol):
    """What is needed of a database. `MemoryStore` shows it in the fewest lines."""

    def load(self, by: By, blobs: Sequence[str]) -> Tuple[Optional[str], Sequence[Blob]]:
        """The text of a row, if there is one, and those of its blobs that have these digests."""
        ...

    def store(self, row: Row, expected: Optional[int], blobs: Sequence[Blob]) -> bool:
        """Inserts the row if nothing is expected, or replaces it if its stored revision is still the expected one; with its
        references and blobs, in one transaction. `False` if another worker was first, or a new row's id or key is taken."""
        ...


class MemoryStore:
    """A store in memory, for tests and programs that live as long as their verifications."""

    def __init__(self) -> None:
        self._rows: Dict[str, Tuple[Row, Dict[str, Blob]]] = {}
        self._lock = threading.Lock()

    def row(self, id: str) -> Row:
        """A row by its id; `KeyError` if there is none."""
        return self._rows[id][0]

    def due(self, now: int) -> List[str]:
        """The ids of the rows that a worker has to look at by now."""
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
