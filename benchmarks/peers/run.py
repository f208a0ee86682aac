"""Our network beside schnetpack's PaiNN, in one run on one core.

Usage: ``python -m benchmarks.peers.run [--rounds 3] [--repeats 5]`` in the checkout. The first run makes an environment
for the peer in ``build/peers`` (several GB). Both see the same batches and neighbours, have 3 layers with 64 features,
one thread and the same allocator settings, and take turns; the table gives medians of the ratios of processor time. The
peer has features of degree 1 only, so both of our degrees are compared with that.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

import torch

from benchmarks.measure import keep_freed_memory
from benchmarks.network_batches import CASES, CUTOFF, N_FEATURES, N_LAYERS, N_RADIAL, write_arrays
from benchmarks.network_speed import TASKS, memory, times

HERE = Path(__file__).resolve().parent
CHECKOUT = HERE.parents[1]
ENVIRONMENT = CHECKOUT / "build" / "peers" / "schnetpack"
REQUIREMENTS, PEER = HERE / "requirements.txt", "schnetpack==2.1.1"
PYTHON = ENVIRONMENT / "bin" / "python"
SIZES = {"cutoff": CUTOFF, "n_features": N_FEATURES, "n_layers": N_LAYERS, "n_radial": N_RADIAL}


def make_environment() -> None:
    """Install the peer, unless these very requirements are installed already."""
    stamp, wanted = ENVIRONMENT / ".complete", f"{PEER}\n{REQUIREMENTS.read_text()}"
    if stamp.is_file() and stamp.read_text() == wanted:
        return
    subprocess.run([sys.executable, "-m", "venv", "--clear", str(ENVIRONMENT)], check=True)
    install = [str(PYTHON), "-m", "pip", "install", "-q"]
    subprocess.run([*install, "-r", str(REQUIREMENTS)], check=True)
    subprocess.run([*install, "--no-deps", PEER], check=True)
    stamp.write_text(wanted)


def peer(place: Path, last: str) -> str:
    """Output of the peer on a folder of batches or on one of them."""
    command = [str(PYTHON), "-m", "benchmarks.peers.schnetpack_painn", str(place), json.dumps(SIZES), last]
    environment = os.environ | {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    return subprocess.run(
        command, cwd=CHECKOUT, env=environment, check=True, stdout=subprocess.PIPE, text=True
    ).stdout.splitlines()[-1]


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--repeats", type=int, default=5)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    keep_freed_memory()
    make_environment()
    with tempfile.TemporaryDirectory() as folder:
        write_arrays(Path(folder))
        rounds = []
        for _ in range(arguments.rounds):
            theirs = json.loads(peer(Path(folder), str(arguments.repeats)))
            rounds.append((theirs, times(arguments.repeats, ["fused"])))
        case = list(CASES).index("4 x 392")
        their_memory = {task: float(peer(Path(folder) / f"{case}.npz", task)) for task in TASKS}
    our_memory = memory(["fused"])
    print("| clusters x atoms | task | PaiNN, us/atom | l = 1, us/atom | ratio | l = 2, us/atom | ratio |")
    print("|---|---|---|---|---|---|---|")
    for name, (n_clusters, n_atoms) in CASES.items():
        for task in TASKS:
            theirs = [t[f"{name}/{task}"] for t, _ in rounds]
            cells = [f"{1e6 * median(theirs) / (n_clusters * n_atoms):.1f}"]
            for lmax in (1, 2):
                ours = [o[f"{name}/{lmax}/{task}/fused"] for _, o in rounds]
                ratio = median(a / b for a, b in zip(theirs, ours, strict=True))
                cells += [f"{1e6 * median(ours) / (n_clusters * n_atoms):.1f}", f"{ratio:.1f}"]
            print(f"| {name} | {task} | {' | '.join(cells)} |")
    print("\n| 4 x 392, task | PaiNN, MB | l = 1, MB | share | l = 2, MB | share |\n|---|---|---|---|---|---|")
    for task in TASKS:
        total = their_memory[task]
        ours = [our_memory[f"4 x 392/{lmax}/{task}/fused"] for lmax in (1, 2)]
        cells = [f"{total:.0f}", *(cell for mb in ours for cell in (f"{mb:.0f}", f"{mb / total:.2f}"))]
        print(f"| {task} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
