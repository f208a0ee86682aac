"""Settings every test shares: one thread a process, no telemetry, reproducible examples, data kept outside."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from tests.at_hand import not_at_hand

# Before numpy or torch is imported: two busy pools of threads on the same cores are many times slower than one thread.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ[_name] = "1"
os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
os.environ["MPLBACKEND"] = "Agg"
# No test may leave anything in the cache of whoever runs it, or find something there.
os.environ["MLCLUSTER_CACHE"] = "off"
# Calculations take seconds: tests that are about them ask for them.
os.environ["MLCLUSTER_LEVEL"] = "network"

# Nor does the width of whoever's terminal decide what tables look like: tests about it say how wide it is.
for _name in ("COLUMNS", "LINES"):
    os.environ.pop(_name, None)

settings.register_profile("reproducible", derandomize=True, deadline=None, max_examples=30, database=None)
settings.load_profile("reproducible")

CHECKOUT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def test_data() -> Path:
    """Directory of the hand-written structure files."""
    return CHECKOUT / "tests" / "data"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Directory of the structures of others, which are not part of the project.

    It is named by ``MLCLUSTER_SHARED_DATA`` or lies in ``../shared/data`` beside the checkout. Without it the test is
    skipped, unless ``MLCLUSTER_REQUIRE_SHARED=1`` says that it has to be there.
    """
    path = Path(os.environ.get("MLCLUSTER_SHARED_DATA") or CHECKOUT.parent / "shared" / "data")
    if path.is_dir():
        return path
    not_at_hand(f"the structures of other groups are not at {path}; set MLCLUSTER_SHARED_DATA")


@pytest.fixture
def own_names() -> Iterator[None]:
    """Targets and methods that a test declares are forgotten after it."""
    from mlcluster.labels.methods import OWN_METHODS
    from mlcluster.labels.targets import TARGETS

    registries = (TARGETS, OWN_METHODS)
    before = [dict(registry) for registry in registries]
    yield
    for registry, known in zip(registries, before, strict=True):
        registry.clear()
        registry.update(known)


@pytest.fixture(scope="session")
def new_project(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Path]:
    """Maker of project directories with a database of their own, which takes seconds to make and is copied here."""
    from mlcluster.tracking import RunStore

    template = tmp_path_factory.mktemp("template")
    RunStore(template).sync()  # contact makes the database

    def make() -> Path:
        project = tmp_path_factory.mktemp("project")
        shutil.copytree(template / ".mlcluster", project / ".mlcluster")
        return project

    return make


@pytest.fixture
def project(new_project: Callable[[], Path]) -> Path:
    """Project directory with a database."""
    return new_project()
