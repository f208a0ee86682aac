"""Times of schnetpack's PaiNN on batches given as npz; runs in an environment of its own, see `benchmarks.peers.run`.

Neighbours and vectors are given, as to our network, so only the network is timed.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import TypeVar

import numpy as np
import torch
import torch.utils.data.dataloader

from benchmarks.measure import cpu_seconds, keep_freed_memory, peak_growth

# schnetpack 2.1 takes this name, for annotations only, from where torch 2.13 no longer has it.
torch.utils.data.dataloader.T_co = TypeVar("T_co")

from schnetpack import properties  # noqa: E402
from schnetpack.atomistic import Atomwise  # noqa: E402
from schnetpack.nn import CosineCutoff, GaussianRBF  # noqa: E402
from schnetpack.representation import PaiNN  # noqa: E402


class Network(torch.nn.Module):
    """PaiNN with a mean over the atoms."""

    def __init__(self, cutoff: float, n_features: int, n_layers: int, n_radial: int) -> None:
        super().__init__()
        self.representation = PaiNN(
            n_atom_basis=n_features,
            n_interactions=n_layers,
            radial_basis=GaussianRBF(n_radial, cutoff),
            cutoff_fn=CosineCutoff(cutoff),
        )
        self.head = Atomwise(n_in=n_features, output_key="y", aggregation_mode="avg")

    def forward(self, inputs: dict[str, torch.Tensor]) -> torch.Tensor:
        return self.head(self.representation(dict(inputs)))["y"]


def load(path: Path) -> tuple[str, dict[str, torch.Tensor]]:
    arrays = np.load(path)
    graph = torch.from_numpy(arrays["graph"])
    return str(arrays["name"]), {
        properties.Z: torch.from_numpy(arrays["numbers"]),
        properties.R: torch.from_numpy(arrays["positions"]),
        properties.Rij: torch.from_numpy(arrays["vector"]),
        properties.idx_i: torch.from_numpy(arrays["receiver"]),
        properties.idx_j: torch.from_numpy(arrays["sender"]),
        properties.idx_m: graph,
        properties.n_atoms: torch.bincount(graph),
    }


def calls(inputs: dict[str, torch.Tensor], sizes: dict[str, float]) -> dict[str, Callable[[], object]]:
    """Prediction and training step, as in `benchmarks.network_speed`."""
    network = Network(**sizes)
    optimizer = torch.optim.AdamW(network.parameters(), lr=1e-4)

    @torch.no_grad()
    def forward() -> None:
        network(inputs)

    def step() -> None:
        optimizer.zero_grad()
        network(inputs).square().mean().backward()
        optimizer.step()

    return {"forward": forward, "step": step}


def main() -> None:
    """Times of all cases in a directory, or the memory of one file and task."""
    place, sizes = Path(sys.argv[1]), json.loads(sys.argv[2])
    torch.set_num_threads(1)
    keep_freed_memory()
    if place.is_file():
        print(peak_growth(calls(load(place)[1], sizes)[sys.argv[3]]))
        return
    seconds = {}
    for path in sorted(place.glob("*.npz")):
        name, inputs = load(path)
        for task, call in calls(inputs, sizes).items():
            call()
            seconds[f"{name}/{task}"] = median(cpu_seconds(call) for _ in range(int(sys.argv[3])))
    print(json.dumps(seconds))


if __name__ == "__main__":
    main()
