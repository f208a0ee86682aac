"""A neighbourhood of small clusters and a calculation that costs nothing, for tests of refinement."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mlcluster.prediction.predict import Prediction
from mlcluster.prediction.screening.work import Job, Outcome, Screened
from mlcluster.structure.cluster import Cluster
from mlcluster.structure.formats import parse_xyz

WANT = "gap:dft-pbe-lanl2dz > 1.5"


def neighbours(count: int, seed: int = 0) -> list[Cluster]:
    """Octahedra of gold, silver and copper, each metal with a chloride, no two alike."""
    corners = 2.0 * np.concatenate([np.eye(3), -np.eye(3)])
    positions = np.concatenate([corners, corners * (1 + 2.4 / 2.0)])
    random, found = np.random.default_rng(seed), dict[tuple[int, ...], Cluster]()
    while len(found) < count:
        metals = tuple(random.choice([79, 47, 29], size=6).tolist())
        numbers = [*metals, *[17] * 6]
        name = f"octahedron {len(found)}"
        found.setdefault(metals, Cluster(numbers=numbers, positions=positions, charge=0, multiplicity=1, name=name))
    return list(found.values())


def gap_of(cluster: Cluster) -> float:
    """What the calculation says: silver opposite to copper opens the gap, gold beside gold closes it the more."""
    z = cluster.numbers[:6].tolist()
    opposite = sum({z[k], z[k + 3]} == {47, 29} for k in range(3))
    return 1.0 + 0.3 * opposite - 0.002 * z.count(79) ** 4


def calculate(job: Job) -> list[Outcome]:
    """As `run_job` with the level of calculation, for items of `neighbours`."""
    (item,) = job.items
    (crystal,), _ = parse_xyz(item.data.decode(), item.file)
    cluster = Cluster(numbers=crystal.numbers, positions=crystal.coordinates, charge=0, name=item.name)
    return [outcome(cluster, gap_of(cluster))]


def outcome(cluster: Cluster, gap: float | None, reason: str = "open shell") -> Outcome:
    """A calculated row of the gap, or a row of the network that says why there is none."""
    same = {"file": "", "cluster": cluster.name, "formula": cluster.formula, "target": "gap", "unit": "eV"}
    same |= {"method": "dft-pbe-lanl2dz", "level": 0.9, "applicability": "inside", "reasons": (), "model": "none"}
    value = 1.0 if gap is None else gap
    row = Prediction(
        **same,
        value=value,
        lower=value - 0.2,
        upper=value + 0.2,
        basis="network" if gap is None else "calculation",
        not_calculated=reason if gap is None else "",
    )  # type: ignore[arg-type]
    return Outcome(clusters=(Screened(cluster=cluster, family="", predictions=[row.to_dict()]),))


def best_of(clusters: Sequence[Cluster], count: int) -> set[str]:
    """Names of those with the largest gaps."""
    return {cluster.name for cluster in sorted(clusters, key=gap_of, reverse=True)[:count]}
