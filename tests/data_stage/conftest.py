from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from mlcluster.data import LabelledCluster
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
