"""Each registered field under PyG batching."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch_geometric.data import Batch, Data

from mlcluster.errors import DataError
from mlcluster.graph import KEYS, check_fields, convert
from mlcluster.structure.cluster import Cluster


def labelled(n: int, seed: int) -> Data:
    rng = np.random.default_rng(seed)
    grid = np.array([(x, y, 0) for x in range(3) for y in range(3)], dtype=float)[:n] * 1.6
    cluster = Cluster(
        numbers=rng.choice([1, 6, 79], n), positions=grid + rng.normal(scale=0.1, size=(n, 3)), charge=seed
    )
    data = convert(cluster, cutoff=2.5)
    data.label = torch.tensor([[float(seed), 0.0]])
    data.label_mask = torch.tensor([[True, False]])
    data.label_bound = torch.tensor([[1, 0]], dtype=torch.int8)
    data.atom_charge = torch.arange(n, dtype=torch.float32)
    data.atom_charge_mask = torch.arange(n) % 2 == 0
    data.calculated = torch.arange(3, dtype=torch.float32)[None] + n
    data.frontier_levels = torch.tensor([[-9.0, -8.0 + seed]])
    data.by_charge, data.by_potential = torch.rand(n, 2), torch.rand(n, 2)
    data.known_charge = torch.arange(n, dtype=torch.float32)
    data.family = torch.tensor([7])
    data.z, data.pos, data.y = data.atomic_numbers, data.positions, torch.tensor([[float(seed), 0.5]])
    return data


GRAPHS = [labelled(5, 1), labelled(2, 2), labelled(7, 3)]


@pytest.mark.parametrize("name", KEYS)
def test_batching_joins_and_unbatching_restores(name):
    batch, key = Batch.from_data_list(GRAPHS), KEYS[name]
    axis = 1 if name == "edge_index" else 0
    counts = {"node": [g.num_nodes for g in GRAPHS], "edge": [g.num_edges for g in GRAPHS], "graph": [1] * 3}[key.kind]
    assert batch[name].dtype == key.dtype
    assert batch[name].shape[axis] == sum(counts)
    offset = 0
    for part, graph in zip(batch[name].split(counts, dim=axis), GRAPHS, strict=True):
        assert torch.equal(part, graph[name] + offset if key.increments else graph[name])
        offset += graph.num_nodes
    for back, graph in zip(batch.to_data_list(), GRAPHS, strict=True):
        assert torch.equal(back[name], graph[name])


@pytest.mark.parametrize("name", KEYS)
def test_names_that_pyg_would_shift_are_exactly_those_that_should_be(name):
    data = Data(num_nodes=4, **{name: torch.ones(2, 3)})
    assert bool(data.__inc__(name, data[name])) == KEYS[name].increments


def test_graph_and_batch_fit_the_registry():
    for data in [*GRAPHS, Batch.from_data_list(GRAPHS), convert_without_label()]:
        assert check_fields(data) is data


def convert_without_label() -> Data:
    return convert(Cluster(numbers=[1, 1], positions=[[0, 0, 0], [0, 0, 0.7]]))


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"kernel_index": torch.zeros(2)}, "kernel_index"),
        ({"charge": torch.zeros(2)}, "charge"),
        ({"edge_vector": torch.zeros(1, 3)}, "edge_vector"),
        ({"atomic_numbers": torch.zeros(2)}, "atomic_numbers"),
        ({"label": torch.zeros(3)}, "label"),
    ],
)
def test_a_field_that_does_not_fit_is_named(change, named):
    data = convert_without_label()
    for name, value in change.items():
        data[name] = value
    with pytest.raises(DataError, match=named):
        check_fields(data)


def test_a_missing_field_is_named():
    data = convert_without_label()
    del data.charge_known
    with pytest.raises(DataError, match="charge_known"):
        check_fields(data)
