from __future__ import annotations

from collections.abc import Callable, Iterator
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
def prepared(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Prepared]]:
    """Prepares a source from the copy at hand, once a session, in a data directory of its own."""
    done: dict[str, Prepared] = {}

    def once(name: str) -> Prepared:
        if name not in done:
            done[name] = prepare(name, shared_data / name)
        return done[name]

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLCLUSTER_DATA_DIR", str(tmp_path_factory.mktemp("prepared")))
        yield once


@pytest.fixture(scope="session")
def loaded(prepared: Callable[[str], Prepared]) -> Callable[[str], list[LabelledCluster]]:
    """Entries of a source, prepared and loaded once a session."""

    @cache
    def once(name: str) -> list[LabelledCluster]:
        prepared(name)
        return load(name)

    return once
