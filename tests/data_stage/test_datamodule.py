from __future__ import annotations

from collections import Counter

import pytest
import torch

from mlcluster.data.datamodule import ClusterDataModule, label_row
from mlcluster.data.labelled import LabelledCluster
from mlcluster.data.sampling import AtomBudgetBatches, FamilySampler
from mlcluster.data.splits import split_by_family
from mlcluster.errors import DataError

CHANNELS = ["gap:gfn1-xtb", "gap:optical"]


@pytest.fixture(scope="module")
def items(entry):
    made = [entry(f"{f}{k}", f, gap=1 + k / 10, atoms=3 + k) for f in "ABC" for k in range(4)]
    return [*made, entry("o", "A", gap=2.0, method="optical")]


def make(items, **changes) -> ClusterDataModule:
    split = split_by_family(items, test=["C"], validation=["B"])
    settings = {"cutoff": 5.0, "atoms_per_batch": 9, "channels": CHANNELS} | changes
    return ClusterDataModule(items, split, **settings)


def test_batches_keep_the_atom_budget_and_lose_nothing(items) -> None:
    data = make(items)
    batches = list(data.train_dataloader())
    assert sum(batch.num_graphs for batch in batches) == 5
    assert all(batch.num_nodes <= 9 or batch.num_graphs == 1 for batch in batches)
    assert all(batch.label.shape == batch.label_mask.shape == (batch.num_graphs, 2) for batch in batches)
    one = make(items, atoms_per_batch=1)
    assert [batch.num_graphs for batch in one.val_dataloader()] == [1] * 4


def test_missing_labels_are_masked(items) -> None:
    graphs = make(items).graphs(["A0", "o"])
    assert [graph.label_mask.tolist() for graph in graphs] == [[[True, False]], [[False, True]]]
    mean, spread = make(items).label_statistics()
    assert mean.tolist() == pytest.approx([1.15, 2.0])
    assert spread.tolist() == pytest.approx([0.1118, 1.0], abs=1e-3)


def test_every_label_passes_the_gate(items, entry) -> None:
    touchstone = entry("E", "C", flags=frozenset({"TOUCHSTONE"}))
    with pytest.raises(DataError, match="E gap"):
        make([*items, touchstone])


def test_a_channel_whose_labels_are_all_held_out_keeps_the_unit_scale(items) -> None:
    mean, spread = make(items, channels=["gap:gfn1-xtb", "gap:electrochemical"]).label_statistics()
    assert (mean[0] > 1, mean[1], spread[1]) == (True, 0, 1)
    with pytest.raises(DataError, match="no training label.*gap:electrochemical"):
        make(items, channels=["gap:electrochemical"]).label_statistics()


def test_bounds_and_repeated_values(entry) -> None:
    full = entry("q", "A", gap=1.0, target="quantum_yield", method="measured", unit="fraction")
    label, mask, bound = label_row(full, ["quantum_yield:measured"])
    assert mask.item() and bound.item() == 1 and torch.isfinite(label).all()
    low, high = entry("a", "A", gap=1.0), entry("a", "A", gap=2.0)
    both = LabelledCluster(entry="a", family="A", cluster=low.cluster, labels=low.labels + high.labels)
    assert label_row(both, CHANNELS)[0].tolist() == [[1.5, 0.0]]


def test_order_is_a_function_of_seed_and_epoch() -> None:
    families = ["a"] * 50 + ["b"] * 5

    def epoch(first: int, number: int | None) -> list[int]:
        sampler = FamilySampler(families, 20, seed=1, first_epoch=first)
        if number is not None:
            sampler.set_epoch(number)
        return list(sampler)

    assert epoch(0, 7) == epoch(5, 7) == epoch(7, None) != epoch(0, 6)
    assert Counter(families[i] for i in epoch(0, 3)) == {"a": 10, "b": 10}
    assert sorted(FamilySampler(families, None, seed=0)) == list(range(55))


def test_large_cluster_is_a_batch_of_its_own() -> None:
    assert list(AtomBudgetBatches(range(4), [3, 50, 3, 3], 9)) == [[0], [1], [2, 3]]
