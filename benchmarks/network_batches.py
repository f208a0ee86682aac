"""Batches the networks are timed on, and the network's size: the same for every peer."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch_geometric.data import Batch

from mlcluster.graph import convert
from mlcluster.structure.cluster import Cluster

CUTOFF, N_FEATURES, N_LAYERS, N_RADIAL = 5.0, 64, 3, 20

CASES = {"22 x 70": (22, 70), "8 x 200": (8, 200), "4 x 392": (4, 392), "2 x 800": (2, 800), "1 x 1568": (1, 1568)}
"""Clusters in the batch and atoms of each."""


def ball(n_atoms: int, seed: int) -> Cluster:
    """A ball of atoms 2.2 angstrom apart, jittered: about 34 neighbours each, like a ligand shell with hydrogens."""
    rng = np.random.default_rng(seed)
    side = int(np.ceil(n_atoms ** (1 / 3))) + 2
    grid = np.stack(np.meshgrid(*[np.arange(side)] * 3, indexing="ij"), axis=-1).reshape(-1, 3) - (side - 1) / 2
    nearest = grid[np.argsort(np.linalg.norm(grid, axis=1), kind="stable")[:n_atoms]]
    positions = 2.2 * nearest + rng.normal(scale=0.25, size=(n_atoms, 3))
    return Cluster(numbers=rng.choice([1, 6, 16, 79], size=n_atoms), positions=positions, charge=0)


def batch(n_clusters: int, n_atoms: int) -> Batch:
    """Batch with one label, in float32."""
    data = Batch.from_data_list([convert(ball(n_atoms, seed), CUTOFF) for seed in range(n_clusters)])
    data.label = torch.zeros(n_clusters, 1)
    return data


def write_arrays(directory: Path) -> None:
    """The batches of `CASES` as one npz file each, for peers in another environment."""
    for number, (name, sizes) in enumerate(CASES.items()):
        data = batch(*sizes)
        np.savez(
            directory / f"{number}.npz",
            name=name,
            numbers=data.atomic_numbers.numpy(),
            positions=data.positions.numpy(),
            receiver=data.edge_index[1].numpy(),
            sender=data.edge_index[0].numpy(),
            vector=data.edge_vector.numpy(),
            graph=data.batch.numpy(),
        )
