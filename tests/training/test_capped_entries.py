"""Entries whose ligands are cut down before a network learns from them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mlcluster.anatomy import Anatomy
from mlcluster.data.failures import noting
from mlcluster.data.labelled import LabelledCluster
from mlcluster.design.frameworks import build
from mlcluster.electronic.capping import capped
from mlcluster.errors import DataError, StructureError
from mlcluster.graph.cache import GraphCache
from mlcluster.labels import LabelRecord
from mlcluster.levels.network.entries import prepare_items
from mlcluster.levels.run_config import TrainConfig, load_config
from mlcluster.structure.cluster import Cluster


@pytest.fixture(scope="module")
def rod() -> Cluster:
    """A rod with trimethylphosphine."""
    return build("rod-halide", r="Me")


def test_training_takes_capped_clusters(tiny: TrainConfig, rod: Cluster, tmp_path: Path) -> None:
    changes = ["model.ligands=capped", "data.source=frameworks", "data.subset=20"]
    items = prepare_items(load_config(tiny, changes))
    whole = {item.entry: item for item in prepare_items(load_config(tiny, changes[1:]))}
    cut = [item for item in items if len(item.cluster) < len(whole[item.entry].cluster)]
    assert len(items) == len(whole) and 0 < len(cut) < len(items)
    assert all(capped(Anatomy(item.cluster)).cluster is item.cluster for item in items)
    assert [each.value for item in items for each in item.labels] == [
        each.value for item in whole.values() for each in item.labels
    ]
    cache = GraphCache(tmp_path)
    cache.convert([rod], 3.5)
    cache.convert([capped(Anatomy(rod)).cluster], 3.5)
    assert cache.built == 2, "both graphs of a cluster have a place of their own"


def test_an_entry_that_cannot_be_capped_is_left_out_and_charges_of_other_atoms_are_not_kept(
    tiny: TrainConfig, rod: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    label = LabelRecord(entry="rod", target="gap", method="gfn1-xtb", value=1.0, unit="eV", source="test", family="rod")
    small = capped(Anatomy(rod)).cluster
    items = [
        LabelledCluster(entry=name, family="rod", cluster=cluster, labels=(label,), atom_charges=np.zeros(len(cluster)))
        for name, cluster in (("rod", rod), ("small", small), ("odd", rod.replace(name="odd")))
    ]

    def refuse_one(anatomy: Anatomy) -> object:
        if anatomy.cluster.name == "odd":
            raise StructureError("an atom is not finite.")
        return capped(anatomy)

    monkeypatch.setattr("mlcluster.levels.network.entries.load", lambda source: items)
    monkeypatch.setattr("mlcluster.levels.network.entries.capped", refuse_one)
    config = load_config(tiny, ["model.ligands=capped", "data.subset=null"])
    with noting() as noted:
        kept = prepare_items(config)
    assert [item.entry for item in kept] == ["rod", "small"]
    assert [(one.name, one.error) for one in noted.skipped] == [("odd", "an atom is not finite.")]
    assert kept[0].atom_charges is None and kept[1].atom_charges is not None
    monkeypatch.setattr("mlcluster.levels.network.entries.load", lambda source: items[2:])
    with pytest.raises(DataError, match="no entry can be used"):
        prepare_items(config)
