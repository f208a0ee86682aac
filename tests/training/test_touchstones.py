"""The four measured systems judge the package; nothing may learn from them."""

from __future__ import annotations

import shutil
from pathlib import Path

import ase.io
import numpy as np
import pytest
from ase import Atoms

import mlcluster.resources
from mlcluster.data import LabelledCluster, load
from mlcluster.data.data_card import data_hash
from mlcluster.data.datamodule import ClusterDataModule
from mlcluster.data.splits import split_by_family
from mlcluster.errors import DataError
from mlcluster.labels import METHODS, LabelRecord
from mlcluster.labels.label_records import TOUCHSTONE_ENTRIES
from mlcluster.labels.literature import touchstones
from mlcluster.levels.baselines import labelled_with_value
from mlcluster.levels.network.entries import member_splits, prepare_items
from mlcluster.levels.run_config import TrainConfig, load_config
from mlcluster.resources import dataset_dir
from mlcluster.structure.cluster import Cluster


def with_label(record: LabelRecord, family: str) -> LabelledCluster:
    cluster = Cluster(numbers=np.array([79, 79]), positions=np.array([[0.0, 0, 0], [0, 0, 2.7]]), charge=0)
    return LabelledCluster(entry=record.entry, family=family, cluster=cluster, labels=(record,))


@pytest.mark.parametrize("name", ["E", "S", "Au21", "Au22"])
@pytest.mark.parametrize("side", ["train", "validation", "test"])
def test_training_selection_and_calibration_refuse_them(name: str, side: str) -> None:
    for record in touchstones()[name]:
        channel = record.channel.key
        family = {"train": "A", "validation": "B", "test": "C"}[side]
        others = [
            LabelRecord(entry=f"{f}", target=record.target, method=record.method, value=record.value, unit=record.unit)
            for f in "ABC"
        ]
        items = [with_label(other, other.entry) for other in others] + [with_label(record, family)]
        split = split_by_family(items, test=["C"], validation=["B"])
        with pytest.raises(DataError, match=record.entry):
            ClusterDataModule(items, split, [channel], cutoff=5.0, atoms_per_batch=100)
        with pytest.raises(DataError, match=record.entry):
            labelled_with_value(items, channel)


def test_a_file_with_touchstones_gives_none_of_them(tmp_path: Path) -> None:
    frames = [
        Atoms("Au2", [[0, 0, 0], [0, 0, 2.7]], info={"entry": e, "family": e[0], "gap_ev": 1.7, "flags": f})
        for e, f in (("A1", ""), ("B1", ""), ("C1", ""), ("D1", "TOUCHSTONE"), ("Au13Ag12_PPh3_10_Cl8_S", ""))
    ]
    ase.io.write(tmp_path / "own.extxyz", frames)
    labels = {"gap:optical": {"column": "gap_ev", "unit": "eV"}}
    config = load_config(
        TrainConfig.model_validate(
            {
                "data": {"source": "extxyz", "options": {"path": str(tmp_path / "own.extxyz"), "labels": labels}},
                "model": {"channels": ["gap:optical"]},
            }
        )
    )
    assert [item.entry for item in prepare_items(config)] == ["A1", "B1", "C1"]


def test_their_values_reach_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tiny: TrainConfig) -> None:
    def facts() -> tuple[str, list]:
        items = prepare_items(tiny)
        splits = member_splits(items, tiny, 2, test=tiny.split.test, seed=tiny.seed)
        return data_hash(items, splits), [(item.entry, item.labels) for item in items]

    before = facts()
    for name in ("gfn1_models", "literature"):
        shutil.copytree(dataset_dir(name), tmp_path / "datasets" / name)
    table = tmp_path / "datasets" / "literature" / "measurements.csv"
    lines = table.read_text(encoding="utf-8").splitlines(keepends=True)
    spoiled = [line.replace(",2.17,", ",9.99,").replace(",715,", ",333,") for line in lines]
    table.write_text("".join(spoiled), encoding="utf-8")
    monkeypatch.setattr(mlcluster.resources, "_PACKAGE", tmp_path / "mlcluster")
    assert touchstones()["E"][0].value == 9.99 and touchstones()["Au21"][0].value == 333.0, "nonsense is being read"
    assert facts() == before


def test_bundled_training_data_hold_no_measurement() -> None:
    for item in load("gfn1_models"):
        assert item.entry not in TOUCHSTONE_ENTRIES
        assert all(not METHODS[r.method].measured and "TOUCHSTONE" not in r.flags for r in item.labels)
