"""`idvkit.host` for `await`, on asyncio. The routes are an ASGI application.

    verifications = Verifications(account, Database("postgresql://user@host/name"), on_outcome=act)
    app = FastAPI(lifespan=verifications.lifespan)
    app.mount("/idv", verifications.routes(who))
    id = await verifications.begin({"flow": "jumio_authentication", ...}, key="order-7", subject="user-4711")
"""

from __future__ import annotations

import logging
from contextlib import asynccontextmanager
from typing import Any, AsyncGenerator, Callable, Dict, List, Mapping, Optional, Sequence, Union

import anyio
from anyio.abc import TaskGroup
from sqlalchemy.ext.asyncio import create_async_engine

from .. import Account, Accounts, Retry, Verification
from ..aio import Act, Exchange
from ..client import Clock, system_clock
from ..config import Plan
from ._asgi import Asgi
from ._drive import StoreFailed
from ._http import Routes, Who
from ._kit import Kit, Observer, Options, State, World
from ._tables import MOST_TAKEN, At, Connected, Listed, Tables, checked_url, set_up_sqlite

__all__ = ["Act", "At", "Database", "Listed", "Observer", "State", "StoreFailed", "Verifications"]

_log = logging.getLogger("idvkit")


class Database:
    """`idvkit.host.Database` for `await`. Other options are those of SQLAlchemy's `create_async_engine`."""

    def __init__(self, url: str, *, keys: Optional[Mapping[str, bytes]] = None, **options: Any) -> None:
        self._engine = _Engine(url, options)
        self.tables = Tables(self._engine, keys)

    async def open(self) -> None:
        """Brings the tables up to date now."""
        await self.tables.open()

    async def close(self) -> None:
        """Closes all connections."""
        await self._engine.close()

    async def listen(self, heard: Callable[[], object]) -> None:
        """Calls `heard` whenever another process says that a row is due. Returns at once with SQLite."""
        if self._engine.dialect == "postgresql":
            await self._engine.listen(heard)


class Verifications:
    """`idvkit.host.Verifications` for `await`. All tasks of one event loop may use it."""

    def __init__(
        self,
        accounts: Union[Account, Mapping[str, Account], Accounts],
        store: Database,
        on_outcome: Act,
        *,
        exchange: Optional[Exchange] = None,
        clock: Optional[Clock] = None,
        page: Optional[Callable[[str], str]] = None,
        origins: Sequence[str] = (),
        retention: Optional[int] = None,
        observer: Optional[Observer] = None,
        telemetry: bool = False,
    ) -> None:
        self._store = store
        world = World(exchange or _exchange(), on_outcome, clock or system_clock, _Locks(), anyio.sleep)
        options = Options(page, origins, retention, observer, telemetry)
        self.kit = Kit(Accounts(accounts), store.tables, world, options)
        """What adapters for frameworks are made from."""

    async def begin(self, plan: Plan, key: str, subject: str) -> str:
        """Begins a verification for a user, and returns its id. If one with this key exists, returns the id of that. `subject` is
        your own name of the user: `who` must return the same."""
        return await self.kit.begin(plan, key, subject)

    def routes(self, who: Who) -> Asgi:
        """The routes as an ASGI application, below the path where you mount it. `who` gets Starlette's request (without Starlette: the
        ASGI scope) and returns the subject of the user, or `None`; it may be a coroutine function."""
        return Asgi(Routes(self.kit, who))

    async def state(self, id: str) -> State:
        """Does everything that can be done now, and says what the user has to see."""
        return await self.kit.state(id)

    async def retry(self, id: str) -> None:
        """Begins another attempt, where the provider allows one."""
        await self.kit.tell(id, Retry())

    async def erase(self, id: str, *, at_provider: bool = True) -> None:
        """Erases evidence and personal data, and with `at_provider` also the provider's copy. The outcome stays."""
        await self.kit.erase(id, at_provider, "host")

    async def verification(self, id: str) -> Optional[Verification]:
        """Loads a verification with its evidence, to inspect it; `None` if there is none with this id."""
        return await self.kit.verification(id)

    async def list(self, *, subject: Optional[str] = None, before: Optional[int] = None, limit: int = 100) -> List[Listed]:
        """The newest verifications: of a user, or of all; those begun `before` a time in milliseconds since 1970, for the next page."""
        return await self.kit.tables.list(subject, before, limit)

    async def timeline(self, id: str) -> List[At]:
        """What happened to a verification, oldest first."""
        return await self.kit.tables.timeline(id)

    async def undelivered(self, *, limit: int = 100) -> List[Listed]:
        """Verifications whose outcome could not be acted on yet; the next to be tried first."""
        return await self.kit.tables.undelivered(limit)

    async def work(self, stopped: Optional[anyio.Event] = None) -> None:
        """Advances what is due, delivers outcomes, and erases what is older than the retention, until `stopped`; what is under way
        then is finished first. Several tasks, processes and machines may do this."""
        await _Worker(self.kit, self._store, stopped or anyio.Event()).run()

    @asynccontextmanager
    async def lifespan(self, app: object = None) -> AsyncGenerator[None, None]:
        """Calls `work` while an application runs: `FastAPI(lifespan=verifications.lifespan)`. Otherwise `async with
        verifications.lifespan():`."""
        stopped = anyio.Event()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self.work, stopped)
            try:
                yield
            finally:
                stopped.set()
        await self._store.close()


class _Worker:
    def __init__(self, kit: Kit, store: Database, stopped: anyio.Event) -> None:
        self._kit, self._store, self._stopped = kit, store, stopped
        self._woken, self._free = anyio.Event(), anyio.Semaphore(MOST_TAKEN)

    async def run(self) -> None:
        self._kit.wakers.append(self._wake)
        async with anyio.create_task_group() as around:
            around.start_soon(self._listen)
            around.start_soon(self._wake_when_stopped)
            async with anyio.create_task_group() as tasks:
                await self._rounds(tasks)
            around.cancel_scope.cancel()
        self._kit.wakers.remove(self._wake)

    async def _rounds(self, tasks: TaskGroup) -> None:
        swept = float("-inf")
        while not self._stopped.is_set():
            if not await self._round(tasks) and not self._stopped.is_set():
                with anyio.move_on_after(1):
                    await self._woken.wait()
            if anyio.current_time() - swept >= 1:
                await self._kit.sweep()
                swept = anyio.current_time()

    async def _round(self, tasks: TaskGroup) -> int:
        """Takes as many as may run at once, as a lease runs while its row waits."""
        self._woken = anyio.Event()
        await self._free.acquire()
        free = 1 + self._free.value
        for _ in range(free - 1):
            self._free.acquire_nowait()
        taken = await self._kit.take(free)
        for _ in range(free - len(taken)):
            self._free.release()
        for id in taken:
            tasks.start_soon(self._work_off, id)
        return len(taken)

    async def _work_off(self, id: str) -> None:
        try:
            await self._kit.work_off(id)
        finally:
            self._free.release()

    def _wake(self) -> None:
        self._woken.set()

    async def _wake_when_stopped(self) -> None:
        await self._stopped.wait()
        self._wake()

    async def _listen(self) -> None:
        while True:
            try:
                return await self._store.listen(self._wake)
            except Exception:
                _log.exception("the store says no longer what is due; it is asked every second, and listened to again")
                await anyio.sleep(1)


class _Locks(Dict[str, anyio.Lock]):
    def __missing__(self, key: str) -> anyio.Lock:
        return self.setdefault(key, anyio.Lock())


class _Engine:
    def __init__(self, url: str, options: Mapping[str, Any]) -> None:
        # Parameters hold personal data: they are in no log and in no exception.
        chosen: Dict[str, Any] = {"pool_pre_ping": True, **options, "hide_parameters": True}
        self._writing = create_async_engine(checked_url(url, "sqlite+aiosqlite"), **chosen)
        self._reading = self._writing.execution_options(idvkit_writes=False)
        self._lock = anyio.Lock()
        if self.dialect == "sqlite":
            set_up_sqlite(self._writing.sync_engine)

    @property
    def dialect(self) -> str:
        return self._writing.dialect.name

    def lock(self) -> anyio.Lock:
        return self._lock

    @asynccontextmanager
    async def transaction(self, *, writes: bool) -> AsyncGenerator[Connected, None]:
        async with (self._writing if writes else self._reading).begin() as connection:
            yield connection

    async def close(self) -> None:
        await self._writing.dispose()

    async def listen(self, heard: Callable[[], object]) -> None:
        pooled = await self._writing.raw_connection()
        connection: Any = pooled.driver_connection
        pooled.detach()
        try:
            await connection.set_autocommit(True)
            await connection.execute("LISTEN idvkit_due")
            async for _ in connection.notifies():
                heard()
        finally:
            await connection.close()


def _exchange() -> Exchange:
    import httpx

    from ..httpx import async_sender

    return async_sender(httpx.AsyncClient())
