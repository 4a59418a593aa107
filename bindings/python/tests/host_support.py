"""What the tests of the hosting kit share: every provider's account with the kit's URLs, users who go through a flow by way of
the routes, sites in every framework, and a PostgreSQL."""

from __future__ import annotations

import json
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List, Optional, Tuple

import httpx
import idvkit.host
import idvkit.host.aio
import idvkit.host.django
import idvkit.host.flask
import idvkit.host.testing
import pytest
import support
import uvicorn
from support import Browser

import idvkit
from idvkit import Decision

SUBJECT = "user-7"


def jumio(sandbox: str, routes: str) -> idvkit.Account:
    back, callback = f"{routes}/return", {"url": f"{routes}/callbacks/jumio"}
    return support.jumio(sandbox, success_url=back, error_url=back, callback=callback)


def attestr(sandbox: str, routes: str) -> idvkit.Account:
    return support.attestr(sandbox)


def biometric_kz(sandbox: str, routes: str) -> idvkit.Account:
    return support.biometric_kz(sandbox)


def signicat(sandbox: str, routes: str) -> idvkit.Account:
    return support.signicat(sandbox, f"{routes}/return")


def everyone(sandbox: str, routes: str) -> Dict[str, idvkit.Account]:
    return {name: account(sandbox, routes) for name, (account, _, _, _) in FLOWS.items()}


class User:
    """A user with a browser, who knows the kit's routes."""

    def __init__(self, routes: str, id: str, subject: str = SUBJECT) -> None:
        self.routes, self.place = routes, f"{routes}/verifications/{id}"
        # To this machine only, without certificates, which take time to make ready.
        self.http = httpx.Client(trust_env=False, headers={"x-user": subject}, timeout=20, verify=False)
        self.origin = routes.rsplit("/", 1)[0]

    def state(self) -> Dict[str, Any]:
        answer = self.http.get(self.place)
        assert answer.status_code == 200, answer.text
        state: Dict[str, Any] = answer.json()
        return state

    def journey(self) -> idvkit.Journey:
        found: List[Any] = []

        def there() -> bool:
            found.append(self.state())
            return bool(found[-1]["state"] == "journey")

        until(there)
        return idvkit.Journey.from_json(json.dumps(found[-1]["journey"]))

    def post(self, what: str, **more: Any) -> httpx.Response:
        return self.http.post(f"{self.place}/{what}", headers={"origin": self.origin}, **more)

    def hint(self, text: Optional[str]) -> None:
        assert text is not None
        assert self.post("hint", content=text).status_code == 204

    def comes_back(self, url: Optional[str]) -> None:
        """By the address that the provider sent the browser to."""
        assert url is not None and url.startswith(f"{self.routes}/return"), url
        answer = self.http.get(url)
        assert answer.status_code == 303, answer.text
        page = self.http.get(httpx.URL(url).join(answer.headers["location"]))
        assert page.status_code == 200 and "<idv-journey" in page.text


def way(journey: idvkit.Journey, kind: type) -> Any:
    return next(one for one in journey.ways if isinstance(one, kind))


def at_jumio(user: User, sandbox: str) -> None:
    browser = Browser(user.origin)
    browser.open(way(user.journey(), idvkit.WayRedirect).url)
    user.comes_back(browser.press("acceptable"))


def at_attestr(user: User, sandbox: str) -> None:
    journey = user.journey()
    options = {param.name: param.value for param in way(journey, idvkit.WayScript).options}
    handshake = next(text for text in (getattr(value, "value", None) for value in options.values()) if str(text).startswith("DS"))
    browser = Browser()
    browser.open(f"{sandbox}/attestr/flow/{handshake}?cl=00112233445566778899aabbccddeeff&lc=en")
    browser.press("begin")
    browser.press("submit", pan="ABCPE1234F")
    browser.press("send_code", mobile="9876543210")
    browser.press("submit", otp=browser.html.split('data-otp="')[1][:6])
    browser.press("submit")
    ((handler, data),) = browser.data("data-handler")
    user.hint(idvkit.read(journey, idvkit.SeenEvent(handler, data)))


def at_biometric_kz(user: User, sandbox: str) -> None:
    journey = user.journey()
    browser = Browser()
    browser.open(way(journey, idvkit.WayWebView).url)
    for _ in range(10):
        if "<form" not in browser.html:
            break
        browser.press("begin" if 'value="begin"' in browser.html else "submit")
    user.hint(idvkit.read(journey, idvkit.SeenNavigation(browser.url)))


def at_signicat(user: User, sandbox: str) -> None:
    browser = Browser(user.origin)
    browser.open(way(user.journey(), idvkit.WayRedirect).url)
    user.comes_back(browser.press("submit"))


FLOWS: Dict[str, Tuple[Callable[[str, str], idvkit.Account], Any, Callable[[User, str], None], Decision]] = {
    "jumio": (jumio, support.JUMIO_REQUEST, at_jumio, Decision.APPROVED),
    "attestr": (attestr, support.ATTESTR_REQUEST, at_attestr, Decision.COMPLETED),
    "biometric_kz": (biometric_kz, support.BIOMETRIC_KZ_REQUEST, at_biometric_kz, Decision.APPROVED),
    "signicat": (signicat, support.SIGNICAT_REQUEST, at_signicat, Decision.APPROVED),
}


class Site:
    """A running site with the routes below `/idv`; whoever asks is named by a header."""

    def __init__(self, url: str, verifications: Any) -> None:
        self.routes, self.verifications = f"{url}/idv", verifications
        self.outcomes: List[Tuple[idvkit.AskDeliver, idvkit.Verification]] = []

    def begin(self, request: Any, key: str = "order-7") -> str:
        """By the site's own route, as a shop has one."""
        answer = httpx.post(f"{self.routes[:-4]}/begin", json={"request": request, "key": key}, trust_env=False)
        assert answer.status_code == 200, answer.text
        return answer.text


@contextmanager
def fastapi_site(make: Callable[..., Any], outcomes: List[Any]) -> Iterator[Tuple[str, Any]]:
    from fastapi import FastAPI, Request

    with socket.create_server(("127.0.0.1", 0)) as listening:
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"

        async def act(ended: idvkit.AskDeliver, verification: idvkit.Verification) -> None:
            outcomes.append((ended, verification))

        verifications = make(idvkit.host.aio, url, act)
        app = FastAPI(lifespan=verifications.lifespan)

        async def who(request: Request) -> Optional[str]:
            return request.headers.get("x-user")

        @app.post("/begin")
        async def begin(posted: Dict[str, Any]) -> Any:
            from fastapi.responses import PlainTextResponse

            return PlainTextResponse(await verifications.begin(posted["request"], posted["key"], SUBJECT))

        app.mount("/idv", verifications.routes(who))
        server = uvicorn.Server(uvicorn.Config(app, log_level="error"))
        thread = threading.Thread(target=server.run, args=([listening],))
        thread.start()
        try:
            yield url, verifications
        finally:
            server.should_exit = True
            thread.join(timeout=20)


@contextmanager
def flask_site(make: Callable[..., Any], outcomes: List[Any]) -> Iterator[Tuple[str, Any]]:
    from flask import Flask, request

    with _serving() as (url, put):
        verifications = make(idvkit.host, url, lambda *ended: outcomes.append(ended))
        app = Flask(__name__)
        blueprint = idvkit.host.flask.routes(verifications, lambda request: request.headers.get("x-user"))
        app.register_blueprint(blueprint, url_prefix="/idv")

        @app.post("/begin")
        def begin() -> str:
            posted: Any = request.get_json()
            return str(verifications.begin(posted["request"], posted["key"], SUBJECT))

        put(app)
        with _working(verifications):
            yield url, verifications


@contextmanager
def django_site(make: Callable[..., Any], outcomes: List[Any]) -> Iterator[Tuple[str, Any]]:
    import django
    from django.conf import settings
    from django.core.handlers.wsgi import WSGIHandler
    from django.http import HttpResponse
    from django.urls import clear_url_caches, include, path

    with _serving() as (url, put):
        verifications = make(idvkit.host, url, lambda *ended: outcomes.append(ended))

        def begin(request: Any) -> Any:
            posted = json.loads(request.body)
            return HttpResponse(verifications.begin(posted["request"], posted["key"], SUBJECT))

        routes = idvkit.host.django.routes(verifications, lambda request: request.headers.get("x-user"))
        urls = type("urls", (), {"urlpatterns": [path("idv/", include(routes)), path("begin", begin)]})
        if not settings.configured:
            # With its check of CSRF tokens, as a project has it.
            middleware = ["django.middleware.common.CommonMiddleware"]
            settings.configure(ALLOWED_HOSTS=["127.0.0.1"], SECRET_KEY="-", MIDDLEWARE=middleware, ROOT_URLCONF=urls)
            django.setup()
        settings.ROOT_URLCONF = urls
        clear_url_caches()
        put(WSGIHandler())
        with _working(verifications):
            yield url, verifications


SITES = {"fastapi": fastapi_site, "flask": flask_site, "django": django_site}


@contextmanager
def site(kind: str, sandbox: Any, folder: Path, **options: Any) -> Iterator[Site]:
    """A site in this framework, with every provider."""

    def make(kit: Any, url: str, act: Any) -> Any:
        database = kit.Database(options.pop("url", f"sqlite:///{folder / 'idv.sqlite'}"))
        accounts = everyone(sandbox.url, f"{url}/idv")
        return kit.Verifications(accounts, database, act, **{"clock": sandbox.now, **options})

    outcomes: List[Any] = []
    with SITES[kind](make, outcomes) as (url, verifications):
        started = Site(url, verifications)
        started.outcomes = outcomes
        yield started


def until(there: Callable[[], bool], meanwhile: Callable[[], object] = lambda: None) -> None:
    stop = time.monotonic() + 60
    while time.monotonic() < stop:
        if there():
            return
        meanwhile()
        time.sleep(0.05)
    raise AssertionError("it did not come")


@contextmanager
def _serving() -> Iterator[Tuple[str, Callable[[Any], None]]]:
    server, url = idvkit.host.testing.serve()
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield url, server.set_app
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def _working(verifications: Any) -> Iterator[None]:
    verifications.start()
    try:
        yield
    finally:
        verifications.stop()


def postgres_programs() -> Optional[Path]:
    """Where `initdb` is: in the path, or where Debian puts it."""
    found = shutil.which("initdb")
    places = [Path(found).parent] if found else sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((place for place in places if (place / "initdb").exists()), None)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """A PostgreSQL of the tests' own; gives its URL."""
    programs = postgres_programs()
    if programs is None:
        pytest.skip("PostgreSQL is absent: install it (Debian: postgresql) to run what is tested on it")
    with ExitStack() as stack:
        folder = tempfile.mkdtemp(prefix="idvkit-pg-")
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        user: Dict[str, Any] = {}
        if os.geteuid() == 0:  # PostgreSQL refuses to run as root
            other = next(one for one in pwd.getpwall() if one.pw_name in ("postgres", "nobody"))
            user = {"user": other.pw_uid, "group": other.pw_gid, "extra_groups": []}
            os.chown(folder, other.pw_uid, other.pw_gid)
        data = f"{folder}/data"
        quiet: Dict[str, Any] = {"stdout": subprocess.DEVNULL, "check": True, "cwd": folder, **user}
        subprocess.run([programs / "initdb", "-D", data, "-U", "idvkit", "-A", "trust", "--no-sync", "-E", "UTF8"], **quiet)
        settings = f"-c listen_addresses='' -c unix_socket_directories={folder} -c fsync=off -c max_connections=60 -c statement_timeout=30s"
        log = f"{folder}/log"
        subprocess.run([programs / "pg_ctl", "-D", data, "-l", log, "-o", settings, "-w", "start"], **quiet)
        stack.callback(subprocess.run, [programs / "pg_ctl", "-D", data, "-m", "immediate", "stop"], **quiet)
        yield f"postgresql://idvkit@/postgres?host={folder}"


@pytest.fixture
def postgres(postgres_server: str) -> str:
    """The URL of an empty database."""
    import psycopg

    # Sooner done than another database.
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        connection.execute("DROP SCHEMA public CASCADE")
        connection.execute("CREATE SCHEMA public")
    return postgres_server
