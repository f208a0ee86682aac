"""Charges of atoms travel with their entry: packed, split, joined into batches, and never learned from a touchstone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from mlcluster.data import load, only_trainable
from mlcluster.data.datamodule import ClusterDataModule, charge_rows
from mlcluster.data.packed import PackedSource, write_packed
from mlcluster.data.splits import split_by_family
from mlcluster.errors import DataError

CHARGES = np.array([0.25, -0.125, 0.5])


def test_there_is_one_charge_an_atom(entry) -> None:
    assert replace(entry("a", "A"), atom_charges=CHARGES).atom_charges is CHARGES
    with pytest.raises(DataError, match="not one charge an atom"):
        replace(entry("a", "A"), atom_charges=CHARGES[:2])


def test_charges_are_packed_to_a_thousandth(entry, tmp_path: Path) -> None:
    items = [replace(entry("a", "A"), atom_charges=CHARGES + 0.0004), entry("b", "B")]
    write_packed(tmp_path / "own", items, name="own", origin="here")
    a, b = PackedSource(tmp_path / "own")
    np.testing.assert_allclose(a.atom_charges, CHARGES, atol=1e-9)
    assert b.atom_charges is None


def test_charges_reach_the_batch_masked_where_missing(entry) -> None:
    items = [replace(entry("a", "A"), atom_charges=CHARGES), entry("b", "A", atoms=4), entry("c", "B"), entry("d", "C")]
    split = split_by_family(items, test=["C"], validation=["B"])
    data = ClusterDataModule(items, split, ["gap:gfn1-xtb"], cutoff=5.0, atoms_per_batch=100)
    (batch,) = data.train_dataloader()
    assert batch.atom_charge.shape == batch.atom_charge_mask.shape == (7,)
    sizes = torch.bincount(batch.batch).tolist()
    for charges, mask in zip(batch.atom_charge.split(sizes), batch.atom_charge_mask.split(sizes), strict=True):
        known = len(charges) == 3
        assert mask.tolist() == [known] * len(charges)
        assert charges.tolist() == (CHARGES.tolist() if known else [0.0] * 4)


def test_charges_of_what_may_not_be_learned_from_are_masked(entry) -> None:
    touchstone = replace(entry("E", "A", flags=frozenset({"TOUCHSTONE"})), atom_charges=CHARGES)
    charges, mask = charge_rows(touchstone)
    assert not mask.any() and not charges.any()


def test_charges_of_bundled_models_add_up_to_that_of_the_cluster() -> None:
    items = load("gfn1_models")
    physical = [item for item in items if item.atom_charges is not None]
    assert len(physical) == 2920, "four unphysical distributions have none"
    for item in physical[::100]:
        assert item.atom_charges.sum() == pytest.approx(item.cluster.charge, abs=0.001 * len(item.cluster))
    kept = only_trainable(items[:20], ["gap:gfn1-xtb"])
    assert all(item.atom_charges is not None for item in kept)
