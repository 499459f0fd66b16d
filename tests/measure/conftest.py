from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from http.server import ThreadingHTTPServer
from pathlib import Path

import pytest

from wattscale.catalog import Catalog, load_catalog

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture
def server() -> Iterator[str]:
    from fake_machine import Answer

    running = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    running.daemon_threads = True
    thread = threading.Thread(target=running.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{running.server_address[1]}/v1"
    running.shutdown()
    running.server_close()
    thread.join(timeout=5)


@pytest.fixture(scope="session")
def catalog() -> Catalog:
    return load_catalog()
