from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.web.serving import Client, serving


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
