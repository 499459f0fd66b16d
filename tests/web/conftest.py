"""A real server on a free port, as a user would start it."""

from __future__ import annotations

import os
import shutil
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

httpx = pytest.importorskip("httpx", reason="httpx speaks to the server")
sys.path.insert(0, str(Path(__file__).parent))
uvicorn = pytest.importorskip("uvicorn", reason="uvicorn serves the page")

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
OPTIONS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking",
]  # fmt: skip
PATIENCE_MS = 30_000
ANSWER = "status of 422"
"""The browser notes every answer that is not 200; a wrong input is no trouble of the page."""


@contextmanager
def serving(**settings: Any) -> Iterator[str]:
    """Serve the app; gives its address."""
    from wattscale.web.app import create_app
    from wattscale.web.edge import server_of
    from wattscale.web.settings import Settings

    chosen = Settings(**settings)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        server = server_of(create_app(chosen), chosen)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        while not server.started:
            assert thread.is_alive()
            time.sleep(0.02)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
        server.should_exit = True
        thread.join(20)


@pytest.fixture(scope="session")
def jobs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the jobs of the server that tests share."""
    return tmp_path_factory.mktemp("jobs")


@pytest.fixture(scope="session")
def url(jobs: Path) -> Iterator[str]:
    with serving(jobs=jobs) as address:
        yield address


@pytest.fixture(scope="session")
def client(url: str) -> Iterator[Any]:
    from described import Description

    with Description(url) as described, httpx.Client(base_url=url, timeout=120, event_hooks=described.hooks) as made:
        yield made


@pytest.fixture(scope="session")
def server_of() -> Callable[..., Any]:
    return serving


@pytest.fixture
def server() -> Callable[..., Any]:
    return serving


@pytest.fixture
def jobs_folder(tmp_path: Path) -> Path:
    return tmp_path / "jobs"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    sync_api = pytest.importorskip("playwright.sync_api", reason="Playwright for Python drives the browser")
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine")
    with sync_api.sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=CHROMIUM, args=OPTIONS)
        yield made
        made.close()


@pytest.fixture
def opened(browser: Any, url: str) -> Iterator[Callable[..., Any]]:
    """Open the page; at the end nothing may have gone wrong and no other host may have been asked."""
    troubles: list[str] = []
    contexts = []

    def open_page(path: str = "", **context: Any) -> Any:
        made = browser.new_context(**({"viewport": {"width": 1400, "height": 1000}} | context))
        made.grant_permissions(["clipboard-read", "clipboard-write"])
        contexts.append(made)
        page = made.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.on("console", lambda m: troubles.append(m.text) if m.type in ("error", "warning") and ANSWER not in m.text
                else None)  # fmt: skip
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("request", lambda r: troubles.append(r.url) if not r.url.startswith((url, "blob:", "data:")) else None)
        page.goto(url + path)
        page.wait_for_selector(".strip li")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert troubles == []
