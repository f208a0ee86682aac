"""What the network costs on one core, on the plain and on the fused path.

Usage: ``python -m benchmarks.network_speed [--repeats 7] [--largest 20000]`` in the checkout. Plain and fused are timed
in turn; tables give medians of processor time, so a busy machine matters less. A training step is forward, backward and
AdamW. Memory is the growth of the resident peak during one call, in a fresh process each. `benchmarks.peers.run` adds a
peer.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Callable, Collection
from statistics import median

import torch

from benchmarks.measure import cpu_seconds, keep_freed_memory, peak_growth
from benchmarks.network_batches import CASES, CUTOFF, N_FEATURES, N_LAYERS, N_RADIAL, batch
from mlcluster.levels.network import ModelConfig, build_model

PATHS = {"plain": "0", "fused": "1"}
TASKS = ("forward", "step")
Call = Callable[[], object]


def calls(lmax: int, n_clusters: int, n_atoms: int) -> dict[str, Call]:
    """Prediction and training step of a network on a batch."""
    data = batch(n_clusters, n_atoms)
    network = build_model(
        ModelConfig(lmax=lmax, n_features=N_FEATURES, n_layers=N_LAYERS, n_radial=N_RADIAL, cutoff=CUTOFF)
    )
    optimizer = torch.optim.AdamW(network.parameters(), lr=1e-4)

    @torch.no_grad()
    def forward() -> None:
        network(data)

    def step() -> None:
        optimizer.zero_grad()
        (network(data).value - data.label).square().mean().backward()
        optimizer.step()

    return {"forward": forward, "step": step}


def on_path(path: str, call: Call) -> float:
    """Processor seconds of a call on a path."""
    os.environ["MLCLUSTER_FUSED"] = PATHS[path]
    return cpu_seconds(call)


def times(repeats: int, paths: Collection[str] = tuple(PATHS)) -> dict[str, float]:
    """Median seconds, keyed "case/l/task/path"."""
    result = {}
    for name, sizes in CASES.items():
        for lmax in (1, 2):
            for task, call in calls(lmax, *sizes).items():
                series = [[on_path(path, call) for path in paths] for _ in range(repeats + 1)][1:]
                for path, values in zip(paths, zip(*series, strict=True), strict=True):
                    result[f"{name}/{lmax}/{task}/{path}"] = median(values)
    return result


def memory(paths: Collection[str] = tuple(PATHS)) -> dict[str, float]:
    """MB of the case in the middle, keyed as `times`."""
    result = {}
    for lmax in (1, 2):
        for task in TASKS:
            for path in paths:
                command = [sys.executable, "-m", "benchmarks.network_speed", "--memory-of", str(lmax), task]
                environment = os.environ | {"MLCLUSTER_FUSED": PATHS[path]}
                done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
                result[f"4 x 392/{lmax}/{task}/{path}"] = float(done.stdout.split()[-1])
    return result


def memory_of(lmax: int, task: str) -> float:
    """MB that one call needs once everything is loaded and compiled."""
    calls(lmax, 1, 20)[task]()
    return peak_growth(calls(lmax, *CASES["4 x 392"])[task])


def print_ratios(seconds: dict[str, float], megabytes: dict[str, float]) -> None:
    """Markdown tables of plain against fused."""
    print(
        "| clusters x atoms | l | task | plain, us/atom | fused, us/atom | plain / fused |\n|---|---|---|---|---|---|"
    )
    for name, (n_clusters, n_atoms) in CASES.items():
        for lmax in (1, 2):
            for task in TASKS:
                plain, fused = (1e6 * seconds[f"{name}/{lmax}/{task}/{p}"] / (n_clusters * n_atoms) for p in PATHS)
                print(f"| {name} | {lmax} | {task} | {plain:.1f} | {fused:.1f} | {plain / fused:.1f} |")
    print("\n| 4 x 392 atoms, l | task | plain, MB | fused, MB |\n|---|---|---|---|")
    for lmax in (1, 2):
        for task in TASKS:
            plain, fused = (megabytes[f"4 x 392/{lmax}/{task}/{path}"] for path in PATHS)
            print(f"| {lmax} | {task} | {plain:.0f} | {fused:.0f} |")


def print_growth(largest: int, repeats: int) -> None:
    """Markdown table of the fused path on single clusters of growing size."""
    print("\n| atoms | edges | l | forward, us/atom | step, us/atom |\n|---|---|---|---|---|")
    for n_atoms in (n for n in (500, 1000, 2000, 5000, 10000, 20000) if n <= largest):
        for lmax in (1, 2):
            cost = []
            for call in calls(lmax, 1, n_atoms).values():
                on_path("fused", call)
                cost.append(1e6 * median(on_path("fused", call) for _ in range(repeats)) / n_atoms)
            print(f"| {n_atoms} | {batch(1, n_atoms).num_edges} | {lmax} | {cost[0]:.1f} | {cost[1]:.1f} |")


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--largest", type=int, default=20000, help="atoms of the largest single cluster; 0 for none")
    parser.add_argument("--memory-of", nargs=2, metavar=("L", "TASK"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    keep_freed_memory()
    if arguments.memory_of:
        print(memory_of(int(arguments.memory_of[0]), arguments.memory_of[1]))
        return
    print_ratios(times(arguments.repeats), memory())
    print_growth(arguments.largest, arguments.repeats)


if __name__ == "__main__":
    main()
