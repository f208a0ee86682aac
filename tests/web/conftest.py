from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.report.test_browser import chromium
from tests.web.browsing import Server
from tests.web.chromium_session import Browser, Tab, chromium_session
from tests.web.serving import Client, serving

__all__ = ["chromium"]


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Client, Path]]:
    """A server with one process, and the directory it keeps its jobs in."""
    directory = tmp_path_factory.mktemp("served") / "jobs"
    with serving(directory) as (client, _):
        yield client, directory


@pytest.fixture
def client(served: tuple[Client, Path]) -> Client:
    return served[0]


@pytest.fixture(scope="session")
def crystal(shared_data: Path) -> bytes:
    """The X-ray CIF of Au25(PET)18."""
    return (shared_data / "cod" / "1540567.cif").read_bytes()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    made = Server(tmp_path_factory.mktemp("cache"))
    made.until_ready()
    yield made
    made.kill()


@pytest.fixture(scope="module")
def browser(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with chromium_session(chromium, tmp_path_factory.mktemp("browser")) as session:
        yield session


@pytest.fixture
def tab(browser: Browser, server: Server, tmp_path: Path) -> Tab:
    made = browser.tab(tmp_path)
    made.size(1400)
    made.open(server.address)
    return made


@pytest.fixture(scope="module")
def gold(shared_data: Path) -> Path:
    return shared_data / "cod" / "1540567.cif"
