"""Hosts verifications: routes, tables and a worker over `Driver`. It needs `pip install idvkit[host]`.

    verifications = Verifications(account, Database("sqlite:///idv.sqlite"), on_outcome=act)
    id = verifications.begin({"flow": "jumio_authentication", ...}, key="order-7", subject="user-4711")
    app.register_blueprint(idvkit.host.flask.routes(verifications, who), url_prefix="/idv")
    verifications.start()

`idvkit.host.aio` has the same for `await`. The routes are for Flask (`idvkit.host.flask`), Django (`idvkit.host.django`), any
other WSGI server (`routes`), and, for `await`, any ASGI framework.
"""

from __future__ import annotations

import atexit
import logging
import os
import threading
import time
import weakref
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from importlib import import_module
from typing import Any, AsyncGenerator, Awaitable, Callable, List, Mapping, Optional, Sequence, Union

for _name in ("anyio", "python_multipart", "sqlalchemy"):
    try:
        import_module(_name)
    except ModuleNotFoundError as _missing:
        raise ImportError(f"idvkit.host needs {_name}: pip install idvkit[host]") from _missing

from sqlalchemy import Connection, CursorResult, Engine, TextClause, create_engine  # noqa: E402

from .. import Account, Accounts, Answer, AskDeliver, HttpRequest, Retry, Verification  # noqa: E402
from ..client import Act, Clock, Exchange, system_clock  # noqa: E402
from ..config import Plan  # noqa: E402
from ._http import Routes  # noqa: E402
from ._drive import StoreFailed  # noqa: E402
from ._kit import Kit, Observer, Options, State, World  # noqa: E402
from ._now import BlockingLock, Locks, now  # noqa: E402
from ._tables import At, Connected, Listed, Tables, checked_url, set_up_sqlite  # noqa: E402
from ._wsgi import Wsgi  # noqa: E402

__all__ = ["Act", "At", "Database", "Listed", "Observer", "State", "StoreFailed", "Verifications"]

_THREADS = 8
"""How many verifications a worker advances at once."""
_log = logging.getLogger("idvkit")


class Database:
    """Keeps verifications in SQLite (`sqlite:///idv.sqlite`) or PostgreSQL (`postgresql://user@host/name`), and brings the
    tables up to date at the first use.

    `keys` maps key ids to keys of 32 bytes: then snapshots and blobs are encrypted. The first key encrypts, all
    decrypt, so put a new one in front. Other options are those of SQLAlchemy's `create_engine`.
    """

    def __init__(self, url: str, *, keys: Optional[Mapping[str, bytes]] = None, **options: Any) -> None:
        self._engine = _Engine(url, options)
        self.tables = Tables(self._engine, keys)

    def open(self) -> None:
        """Brings the tables up to date now."""
        now(self.tables.open())

    def close(self) -> None:
        """Closes all connections."""
        self._engine.close()

    def listen(self, heard: Callable[[], object], stopped: threading.Event) -> None:
        """Calls `heard` whenever another process says that a row is due, until `stopped`. Returns at once with SQLite."""
        if self._engine.dialect == "postgresql":
            self._engine.listen(heard, stopped)


class Verifications:
    """Verifications with accounts, a store and an act. All threads may use it.

    `accounts` is one account, or a mapping from names that you choose to accounts. `on_outcome` is called for each outcome until it
    returns, at least once for each `delivery.id`, from a worker or a request. `page` gives the path of your own page for an id.
    `origins` may post to browser routes besides the request's own host. `retention` is the time in milliseconds after the end when
    evidence and personal data are erased, here and at the provider. `observer` gets every event. With `telemetry`, spans and
    metrics go to `opentelemetry-api`. Every call raises `Reject` if it is refused, and `StoreFailed` if the store fails.
    """

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
        world = World(_awaited(exchange or _exchange()), _acting(on_outcome), clock or system_clock, Locks(), _pause)
        options = Options(page, origins, retention, observer, telemetry)
        self.kit = Kit(Accounts(accounts), store.tables, world, options)
        """What adapters for frameworks are made from."""
        self._worker: Optional[_Worker] = None

    def begin(self, plan: Plan, key: str, subject: str) -> str:
        """Begins a verification for a user, and returns its id. If one with this key exists, returns the id of that. `subject` is
        your own name of the user: `who` must return the same."""
        return now(self.kit.begin(plan, key, subject))

    def routes(self, who: Callable[[Any], Optional[str]]) -> Wsgi:
        """The routes as a WSGI application, below the path where you mount it. `who` gets the WSGI environment and returns the
        subject of the user, or `None`."""
        return Wsgi(Routes(self.kit, who))

    def state(self, id: str) -> State:
        """Does everything that can be done now, and says what the user has to see."""
        return now(self.kit.state(id))

    def retry(self, id: str) -> None:
        """Begins another attempt, where the provider allows one."""
        now(self.kit.tell(id, Retry()))

    def erase(self, id: str, *, at_provider: bool = True) -> None:
        """Erases evidence and personal data, and with `at_provider` also the provider's copy. The outcome stays."""
        now(self.kit.erase(id, at_provider, "host"))

    def verification(self, id: str) -> Optional[Verification]:
        """Loads a verification with its evidence, to inspect it; `None` if there is none with this id."""
        return now(self.kit.verification(id))

    def list(self, *, subject: Optional[str] = None, before: Optional[int] = None, limit: int = 100) -> List[Listed]:
        """The newest verifications: of a user, or of all; those begun `before` a time in milliseconds since 1970, for the next page."""
        return now(self.kit.tables.list(subject, before, limit))

    def timeline(self, id: str) -> List[At]:
        """What happened to a verification, oldest first."""
        return now(self.kit.tables.timeline(id))

    def undelivered(self, *, limit: int = 100) -> List[Listed]:
        """Verifications whose outcome could not be acted on yet; the next to be tried first."""
        return now(self.kit.tables.undelivered(limit))

    def work(self, stopped: threading.Event) -> None:
        """Advances what is due, delivers outcomes, and erases what is older than the retention, until `stopped`; what is under way
        then is finished first. Several threads, processes and machines may do this."""
        _Worker(self.kit, self._store, stopped).run()

    def start(self) -> None:
        """Calls `work` in a thread of its own, until `stop` or the end of the process."""
        if self._worker is None:
            self._worker = _Worker(self.kit, self._store, threading.Event())
            self._worker.start()
            atexit.register(self.stop)

    def stop(self) -> None:
        """Stops the thread that `start` started, and waits for what it is at."""
        worker, self._worker = self._worker, None
        if worker is not None:
            worker.stop()
            atexit.unregister(self.stop)


class _Worker:
    def __init__(self, kit: Kit, store: Database, stopped: threading.Event) -> None:
        self._kit, self._store, self._stopped = kit, store, stopped
        self._woken, self._free = threading.Event(), threading.Semaphore(_THREADS)
        self._thread = threading.Thread(target=self.run, name="idvkit-worker", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()
        self._woken.set()
        self._thread.join()

    def run(self) -> None:
        self._kit.wakers.append(self._woken.set)
        listener = threading.Thread(target=self._listen, name="idvkit-listener", daemon=True)
        listener.start()
        with ThreadPoolExecutor(_THREADS, thread_name_prefix="idvkit-worker") as pool:
            swept = float("-inf")
            while not self._stopped.is_set():
                if not self._round(pool) and not self._stopped.is_set():
                    self._woken.wait(1)
                if time.monotonic() - swept >= 1:
                    now(self._kit.sweep())
                    swept = time.monotonic()
        self._kit.wakers.remove(self._woken.set)
        listener.join()

    def _round(self, pool: ThreadPoolExecutor) -> int:
        """Takes as many as there are free threads, as a lease runs while its row waits."""
        self._woken.clear()
        self._free.acquire()
        free = 1
        while self._free.acquire(blocking=False):
            free += 1
        taken = now(self._kit.take(free))
        for _ in range(free - len(taken)):
            self._free.release()
        for id in taken:
            pool.submit(self._work_off, id)
        return len(taken)

    def _work_off(self, id: str) -> None:
        try:
            now(self._kit.work_off(id))
        finally:
            self._free.release()

    def _listen(self) -> None:
        while not self._stopped.is_set():
            try:
                return self._store.listen(self._woken.set, self._stopped)
            except Exception:
                _log.exception("the store says no longer what is due; it is asked every second, and listened to again")
                self._stopped.wait(1)


class _Engine:
    def __init__(self, url: str, options: Mapping[str, Any]) -> None:
        # Parameters hold personal data: they are in no log and in no exception.
        chosen = {"pool_pre_ping": True, **options, "hide_parameters": True}
        self._writing = create_engine(checked_url(url, "sqlite+pysqlite"), **chosen)
        self._reading = self._writing.execution_options(idvkit_writes=False)
        self._lock = BlockingLock()
        if self.dialect == "sqlite":
            set_up_sqlite(self._writing)
        _after_fork(self._writing)

    @property
    def dialect(self) -> str:
        return self._writing.dialect.name

    def lock(self) -> BlockingLock:
        return self._lock

    @asynccontextmanager
    async def transaction(self, *, writes: bool) -> AsyncGenerator[Connected, None]:
        with (self._writing if writes else self._reading).begin() as connection:
            yield _Connection(connection)

    def close(self) -> None:
        self._writing.dispose()

    def listen(self, heard: Callable[[], object], stopped: threading.Event) -> None:
        pooled = self._writing.raw_connection()
        connection: Any = pooled.driver_connection
        pooled.detach()
        try:
            connection.autocommit = True
            connection.execute("LISTEN idvkit_due")
            while not stopped.is_set():
                for _ in connection.notifies(timeout=0.5, stop_after=1):
                    heard()
        finally:
            connection.close()


def _after_fork(engine: Engine) -> None:
    """A process that a server forks must not use its parent's connections."""
    known = weakref.ref(engine)

    def forget() -> None:
        if (engine := known()) is not None:
            engine.dispose(close=False)

    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=forget)


class _Connection:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def execute(self, statement: TextClause, parameters: Any = None) -> CursorResult[Any]:
        return self._connection.execute(statement, parameters)


def _exchange() -> Exchange:
    import httpx

    from ..httpx import sender

    return sender(httpx.Client())


def _awaited(exchange: Exchange) -> Callable[[HttpRequest], Awaitable[Optional[Answer]]]:
    async def send(request: HttpRequest) -> Optional[Answer]:
        return exchange(request)

    return send


def _acting(act: Act) -> Callable[[AskDeliver, Verification], Awaitable[object]]:
    async def acting(ask: AskDeliver, verification: Verification) -> object:
        return act(ask, verification)

    return acting


async def _pause(seconds: float) -> None:
    time.sleep(seconds)
