"""What screening costs: each stage, cold and cached runs, memory over many candidates, one Dask worker and two.

Usage: ``python -m benchmarks.screen_speed [stages] [runs] [rate] [memory] [dask] [--files 200] [--crystal FILE.cif]``

The files are rods [Au13Ag12(PPh3)10Cl8]+ of 373 atoms, each with its atoms moved a little, as CIF in P1; ``--crystal``
takes copies of a real crystal instead, each with its own comment. Processor time tells the cost where other work shares
the cores.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks.measure import resident_mb
from mlcluster.anatomy import Anatomy
from mlcluster.data.families import family_key
from mlcluster.design.frameworks import build
from mlcluster.graph.reading import ReadCache
from mlcluster.levels.network.cluster_graph import ClusterGraph
from mlcluster.prediction.predict import open_model, predict_each
from mlcluster.prediction.screen import screen
from mlcluster.structure.cluster import Cluster
from mlcluster.structure.files import read_text
from mlcluster.structure.read import read_parsed
from mlcluster.structure.result import ReadOptions


def rods(count: int, r: str, first: int = 0) -> Iterator[Cluster]:
    """Rods with moved atoms, no two alike, numbered from `first` on."""
    rod = build("rod-halide", r=r)
    for k in range(first, first + count):
        moved = rod.positions + np.random.default_rng(k).normal(scale=0.01, size=rod.positions.shape)
        yield rod.replace(positions=moved, name=f"rod {k}")


def write_files(directory: Path, count: int, crystal: Path | None, first: int = 0) -> Path:
    """CIFs to read: rods, or copies of a crystal."""
    directory.mkdir(parents=True)
    if crystal is None:
        for k, rod in enumerate(rods(count, "Ph", first)):
            (directory / f"{k:05d}.cif").write_text(rod.to_cif())
    else:
        text = crystal.read_text()
        for k in range(count):
            (directory / f"{k:05d}.cif").write_text(f"# copy {k}\n{text}")
    return directory


def time_stages(directory: Path) -> None:
    """Processor time of each stage, file by file."""
    torch.set_num_threads(1)
    ensemble, options = open_model(None), ReadOptions()
    kept = ReadCache(directory / "kept")
    os.environ["MLCLUSTER_CACHE"] = str(directory.parent / "stages")
    spent: Counter[str] = Counter()

    def timed(name: str, function: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
        start = time.process_time()
        result = function(*arguments, **named)
        spent[name] += 1e6 * (time.process_time() - start)
        return result

    paths = sorted(directory.glob("*.cif"))
    for path in [paths[0], *paths]:
        if path == paths[0]:
            spent.clear()  # The first one compiles and loads.
        file = timed("bytes, format, hash", read_text, path)
        cluster = timed("parse and separate", read_parsed, file, options)[0].cluster
        anatomy = Anatomy(cluster)
        timed("superatom electrons", getattr, anatomy, "valence_electrons")
        seen = timed("graph", ClusterGraph.of, anatomy, ensemble.config)
        timed("networks and Hamiltonian (one at a time)", ensemble.predict, [seen.graph], kept=True)
        timed("all of a prediction, levels kept", predict_each, [anatomy], ensemble, features=[seen])
        timed("family", family_key, anatomy)
        kept.read(file, options)
        timed("from the cache instead of parse and electrons", kept.read, file, options)
    print("| stage | ms of one core |\n|---|---|")
    for name, microseconds in spent.items():
        print(f"| {name} | {microseconds / 1e3 / len(paths):.1f} |")


def time_runs(directory: Path, processes: int) -> None:
    """The command twice, the second time with the cache full, into a new directory."""
    count = len(list(directory.glob("*.cif")))
    environment = os.environ | {"MLCLUSTER_CACHE": str(directory.parent / "cache")}
    print(f"| run, {processes} processes | structures | clock, s | a second | processor, s |\n|---|---|---|---|---|")
    for name in ("cold", "cached"):
        out = directory.parent / name
        command = [sys.executable, "-m", "mlcluster", "screen", str(directory), "--out", str(out)]
        before, start = os.times(), time.perf_counter()
        subprocess.run([*command, "--processes", str(processes)], env=environment, check=True, capture_output=True)
        seconds, after = time.perf_counter() - start, os.times()
        spent = after.children_user + after.children_system - before.children_user - before.children_system
        print(f"| {name} | {count} | {seconds:.1f} | {count / seconds:.1f} | {spent:.1f} |")


def time_rate(directory: Path, rounds: int = 3) -> None:
    """Processor time a structure in one warm process, cold and from the cache in turn: their ratio outlasts company."""
    count = len(list(directory.glob("*.cif")))
    torch.set_num_threads(1)
    _warm()
    spent: dict[str, list[float]] = {"cold": [], "from the cache": []}
    for number in range(rounds):
        os.environ["MLCLUSTER_CACHE"] = str(directory.parent / f"rate{number}")
        for name, times in spent.items():
            start = time.process_time()
            screen(str(directory), directory.parent / f"rate {name} {number}", processes=1)
            times.append(1e3 * (time.process_time() - start) / count)
    cold, kept = (float(np.median(times)) for times in spent.values())
    print("| path | ms of one core a structure | a second on two cores |\n|---|---|---|")
    print(f"| cold | {cold:.1f} | {2e3 / cold:.0f} |\n| from the cache | {kept:.1f} | {2e3 / kept:.0f} |")
    print(f"Ratio {kept / cold:.2f}; all of a screen but starting its processes.")


def measure_memory(directory: Path, count: int) -> None:
    """Resident memory of a screen in one process, which reads, predicts and writes, over many candidates."""
    seen: list[tuple[int, float]] = []
    screen(
        rods(count, "H"),  # type: ignore[arg-type]
        directory / "memory",
        processes=1,
        on_progress=lambda progress: seen.append((progress.inputs, resident_mb())),
    )
    late = np.array([each for each in seen if each[0] > count / 4])
    slope = np.polyfit(late[:, 0], late[:, 1], 1)[0]
    print(
        f"{count} candidates of 73 atoms: {seen[len(seen) // 4][1]:.0f} MB after a quarter, {seen[-1][1]:.0f} MB at the"
    )
    print(f"end; slope {1e3 * slope:.2f} kB a candidate, {1e2 * slope:+.0f} MB over 100,000.")


def time_dask(directory: Path) -> None:
    """As many files by one worker process and by two, both started and warm before the clock runs."""
    from distributed import Client

    place = directory.parent / "scheduler.json"
    count = len(list(directory.iterdir()))
    environment = os.environ | {"MLCLUSTER_CACHE": "off", "OMP_NUM_THREADS": "1"}
    start = [sys.executable, "-m"]
    common: dict[str, Any] = {"env": environment, "stderr": subprocess.DEVNULL}
    one = ["distributed.cli.dask_worker", "--scheduler-file", str(place), "--nthreads", "1", "--no-nanny"]
    scheduler = ["distributed.cli.dask_scheduler", "--scheduler-file", str(place), "--port", "0"]
    running = [subprocess.Popen([*start, *scheduler], **common)]
    times = {}
    try:
        for workers in (1, 2):
            running.append(subprocess.Popen([*start, *one], **common))
            while not place.is_file():
                time.sleep(0.1)
            with Client(scheduler_file=str(place)) as client:
                client.wait_for_workers(workers)
                client.run(_warm)
                address = client.scheduler.address
            # The first job of a process loads what it needs: that is no part of a rate.
            first = write_files(directory.parent / f"first{workers}", 16, None, first=1_000_000 * workers)
            screen(str(first), directory.parent / f"out-first{workers}", scheduler=address, part_size=4)
            # Other structures for each, so that nothing is remembered.
            files = write_files(directory.parent / f"files{workers}", count, None, first=10_000_000 * workers)
            begun = time.perf_counter()
            screen(str(files), directory.parent / f"dask{workers}", scheduler=address, part_size=16)
            times[workers] = time.perf_counter() - begun
    finally:
        for process in running:
            process.kill()
            process.wait()
    print(f"One Dask worker {times[1]:.1f} s, two {times[2]:.1f} s: {times[1] / times[2]:.2f} x.")


def _warm() -> None:
    predict_each([build("rod-halide")], open_model(None))


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("what", nargs="*", default=["stages", "runs", "rate", "memory", "dask"])
    parser.add_argument("--files", type=int, default=200)
    parser.add_argument("--candidates", type=int, default=10_000)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--crystal", type=Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        files = write_files(Path(folder) / "files", arguments.files, arguments.crystal)
        if "stages" in arguments.what:
            time_stages(files)
        if "runs" in arguments.what:
            time_runs(files, arguments.processes)
        if "rate" in arguments.what:
            time_rate(files)
        if "memory" in arguments.what:
            measure_memory(Path(folder), arguments.candidates)
        if "dask" in arguments.what:
            time_dask(files)


if __name__ == "__main__":
    main()
