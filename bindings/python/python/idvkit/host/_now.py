"""Code is written once, for `await`, and a blocking host runs it as well: what it awaits never suspends."""

from __future__ import annotations

import threading
from types import TracebackType
from typing import Any, AsyncGenerator, AsyncIterator, Coroutine, Dict, Iterator, Optional, Type, TypeVar

__all__ = ["BlockingLock", "Locks", "each", "now"]

T = TypeVar("T")


def now(work: Coroutine[Any, Any, T]) -> T:
    """Runs work that never suspends, and returns its result."""
    try:
        work.send(None)
    except StopIteration as done:
        result: T = done.value
        return result
    finally:
        work.close()
    raise RuntimeError("this is awaited in a blocking host: pass functions without `async`, or use `idvkit.host.aio`")


def each(items: AsyncIterator[T]) -> Iterator[T]:
    """The items of an iterator that never suspends."""

    async def following() -> T:
        return await items.__anext__()

    async def close() -> None:
        if isinstance(items, AsyncGenerator):
            await items.aclose()

    try:
        while True:
            try:
                yield now(following())
            except StopAsyncIteration:
                return
    finally:
        now(close())


class BlockingLock:
    """A lock of threads, as code for `await` takes it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()

    async def __aenter__(self) -> None:
        self._lock.acquire()

    async def __aexit__(
        self, kind: Optional[Type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]
    ) -> None:
        self._lock.release()


class Locks(Dict[str, BlockingLock]):
    """A lock for each key."""

    def __missing__(self, key: str) -> BlockingLock:
        return self.setdefault(key, BlockingLock())
