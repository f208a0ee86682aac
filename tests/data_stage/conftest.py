from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from mlcluster.data import LabelledCluster, Prepared, load, prepare
from mlcluster.labels import LabelRecord
from mlcluster.structure.cluster import Cluster

Maker = Callable[..., LabelledCluster]


@pytest.fixture(scope="session")
def entry() -> Maker:
    """Maker of small labelled clusters."""

    def make(name: str, family: str | None, gap: float = 1.0, atoms: int = 3, **label: object) -> LabelledCluster:
        positions = 2.7 * np.stack([np.arange(atoms), np.arange(atoms) % 2, np.zeros(atoms)], axis=1)
        cluster = Cluster(numbers=np.full(atoms, 79), positions=positions, charge=atoms % 2, multiplicity=1, name=name)
        fields = {"target": "gap", "method": "gfn1-xtb", "value": gap, "unit": "eV"} | label
        record = LabelRecord(entry=name, family=family, **fields)  # type: ignore[arg-type]
        return LabelledCluster(entry=name, family=family, cluster=cluster, labels=(record,))

    return make


@pytest.fixture(scope="session")
def prepared_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Data directory of the sources prepared in this session."""
    return tmp_path_factory.mktemp("prepared")


@pytest.fixture(scope="session")
def prepared(shared_data: Path, prepared_dir: Path) -> Callable[[str], Prepared]:
    """Prepares a source from the copy at hand, once a session."""

    @cache
    def once(name: str) -> Prepared:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("MLCLUSTER_DATA_DIR", str(prepared_dir))
            return prepare(name, shared_data / name)

    return once


@pytest.fixture(scope="session")
def loaded(prepared: Callable[[str], Prepared]) -> Callable[[str], list[LabelledCluster]]:
    """Entries of a source, prepared and loaded once a session."""

    @cache
    def once(name: str) -> list[LabelledCluster]:
        return load(name, directory=prepared(name).directory)

    return once
