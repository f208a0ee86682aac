from __future__ import annotations

import shutil
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def empty_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Directory with a fresh database, which takes seconds to make; copy it to use it."""
    from mlcluster.tracking import RunStore

    project = tmp_path_factory.mktemp("template")
    RunStore(project).sync()  # contact makes the database
    return project / ".mlcluster"


@pytest.fixture
def project(tmp_path: Path, empty_store: Path) -> Path:
    """Project directory with a database of its own."""
    shutil.copytree(empty_store, tmp_path / "project" / ".mlcluster")
    return tmp_path / "project"
