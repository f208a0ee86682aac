"""What a split leaks: families on both sides, the same cluster twice, and the nearest neighbours by structure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mlcluster.chem.elements import SYMBOLS, is_metal
from mlcluster.data.families import unite
from mlcluster.data.labelled import LabelledCluster
from mlcluster.data.splits import Split
from mlcluster.structure.cluster import Cluster

REACH = 8.0
"""Longest distance counted, angstrom."""
WIDTH = 0.5
"""Width of a bin, angstrom; a distance is shared linearly between the two bins nearest to it."""
DONOR = 2.9
"""Longest distance of a donor to its metal, angstrom; the carbon of a thiolate is beyond."""
_BINS = int(REACH / WIDTH)
_CHUNK = 1 << 22  # numbers compared at a time


def fingerprint(cluster: Cluster) -> NDArray[np.float32]:
    """Counts of distances up to `REACH` between two metals, a metal and a donor, and two donors, (48,).

    A donor is a non-metal other than hydrogen within `DONOR` of a metal: what follows behind it differs between two
    models of one ligand, not between frameworks. A complex of one metal, or a molecule, is told by all its heavy atoms
    instead; pairs without metal count there by a tenth if there is one.
    """
    from scipy.spatial import cKDTree

    metal = is_metal(cluster.numbers)
    kept = (cluster.numbers > 1) | metal
    if metal.sum() > 1:
        distance, _ = cKDTree(cluster.positions[metal]).query(cluster.positions)
        kept &= distance < DONOR
    elif not kept.any():
        kept[:] = True
    points, metal = cluster.positions[kept], metal[kept]
    pairs = cKDTree(points).query_pairs(REACH, output_type="ndarray")
    distance = np.linalg.norm(points[pairs[:, 0]] - points[pairs[:, 1]], axis=1)
    kind = 2 - metal[pairs[:, 0]].astype(int) - metal[pairs[:, 1]].astype(int)
    place = np.clip(distance / WIDTH - 0.5, 0, _BINS - 1)
    low = np.minimum(place.astype(int), _BINS - 2)
    share = place - low
    weight = np.where((kind == 2) & (metal.sum() == 1), 0.1, 1.0)
    counts = np.bincount(kind * _BINS + low, weight * (1 - share), minlength=3 * _BINS)
    counts += np.bincount(kind * _BINS + low + 1, weight * share, minlength=3 * _BINS)
    return counts.astype(np.float32)


def overlap(a: NDArray[np.float32], b: NDArray[np.float32]) -> NDArray[np.float64]:
    """Share of distances that structures have in common, (A, B): 1 for the same structure, 0 for nothing alike.

    The sum of the smaller counts over the sum of the larger ones (Ruzicka), so size counts as well as shape.
    """
    from scipy.spatial.distance import cdist

    apart = cdist(a, b, "cityblock")
    total = a.sum(axis=1, dtype=np.float64)[:, None] + b.sum(axis=1, dtype=np.float64)[None, :]
    return np.divide(total - apart, total + apart, out=np.ones_like(total), where=total > 0)


def nearest(queries: Sequence[Cluster], known: Sequence[Cluster]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Index of the most similar known structure of each query, (Q,), and their overlap, (Q,)."""
    a = np.stack([fingerprint(cluster) for cluster in queries])
    b = np.stack([fingerprint(cluster) for cluster in known])
    index, value = np.zeros(len(a), dtype=np.int64), np.zeros(len(a))
    rows = max(1, _CHUNK // len(b))
    for start in range(0, len(a), rows):
        shared = overlap(a[start : start + rows], b)
        index[start : start + rows] = shared.argmax(axis=1)
        value[start : start + rows] = shared.max(axis=1)
    return index, value


SAME_STRUCTURE = 0.9
"""Overlap of fingerprints from which two structures count as the same one. In nc_database, M25(SR)18 by different
authors, ligands and dopants overlap by 0.82 to 0.97 (0.65 for silver), alloys of one framework by 0.86 to 0.98 and
clusters of other counts by at most 0.81; isomers of Au22(SR)16 in ausr by 0.76 to 0.93."""


@dataclass(frozen=True, kw_only=True)
class Neighbour:
    """Most similar training entry of one test entry.

    Parameters
    ----------
    entry, family
        The test entry.
    nearest
        The training entry.
    overlap
        Of their fingerprints, 0 to 1; see `mlcluster.data.leakage`.
    same_family
        Whether any training entry is of the family of the test entry.
    """

    entry: str
    family: str
    nearest: str
    overlap: float
    same_family: bool


@dataclass(frozen=True, kw_only=True)
class LeakageReport:
    """Findings on one split.

    Parameters
    ----------
    kind
        Of the split.
    families_on_both_sides
        Families with entries in training and test.
    neighbours
        One a test entry.
    duplicates
        Test entry and training entry of different sources that hold the same cluster: the same metals, in number and
        kind, and the same anionic donors.
    torn_pairs
        Declared pairs, and entries with their parent, of which one is learned from and the other judged by.
    """

    kind: str
    families_on_both_sides: tuple[str, ...]
    neighbours: tuple[Neighbour, ...]
    duplicates: tuple[tuple[str, str], ...]
    torn_pairs: tuple[tuple[str, str], ...]

    @property
    def known_structures(self) -> int:
        """Test entries with a training entry of nearly the same structure."""
        return sum(neighbour.overlap >= SAME_STRUCTURE for neighbour in self.neighbours)

    @property
    def leaks(self) -> bool:
        """Whether anything at all was found."""
        return bool(self.families_on_both_sides or self.duplicates or self.torn_pairs or self.known_structures)

    def summary(self) -> str:
        """One sentence, for logs and tables."""
        median = np.median([neighbour.overlap for neighbour in self.neighbours]) if self.neighbours else 0.0
        return (
            f"{self.kind} split, {len(self.neighbours)} test entries: "
            f"{len(self.families_on_both_sides)} families on both sides, "
            f"{self.known_structures} structures known from training, "
            f"{len(self.duplicates)} duplicates across sources, {len(self.torn_pairs)} pairs torn apart; "
            f"median overlap with the nearest training entry {median:.2f}"
        )

    def write(self, path: Path) -> None:
        """Write as JSON."""
        path.write_text(json.dumps(asdict(self) | {"summary": self.summary()}, indent=1), encoding="utf-8")


def leakage_report(
    items: Sequence[LabelledCluster], split: Split, pairs: Iterable[tuple[str, str]] = ()
) -> LeakageReport:
    """Compare the test side of a split with what is learned from, training and validation alike.

    Parameters
    ----------
    items
        Entries that the split names, of one or several sources.
    split
        The split; one by any means.
    pairs
        Declared pairs of entries, as in `mlcluster.data.families.unite`.
    """
    pairs = list(pairs)
    by_entry = {item.entry: item for item in unite(items, pairs)}
    learned = [by_entry[entry] for entry in (*split.train, *split.validation)]
    tested = [by_entry[entry] for entry in split.test]
    learned_families = {str(item.family) for item in learned}
    neighbours: list[Neighbour] = []
    if tested and learned:
        index, shared = nearest([item.cluster for item in tested], [item.cluster for item in learned])
        for item, near, value in zip(tested, index.tolist(), shared.tolist(), strict=True):
            family = str(item.family)
            neighbours.append(
                Neighbour(
                    entry=item.entry,
                    family=family,
                    nearest=learned[near].entry,
                    overlap=round(value, 4),
                    same_family=family in learned_families,
                )
            )
    return LeakageReport(
        kind=split.kind,
        families_on_both_sides=tuple(sorted({n.family for n in neighbours if n.same_family})),
        neighbours=tuple(neighbours),
        duplicates=tuple(_duplicates(tested, learned)),
        torn_pairs=tuple(_torn(tested, learned, pairs)),
    )


def _duplicates(tested: Sequence[LabelledCluster], learned: Sequence[LabelledCluster]) -> list[tuple[str, str]]:
    known: dict[str, list[LabelledCluster]] = {}
    for item in learned:
        known.setdefault(_identity(item), []).append(item)
    return [
        (item.entry, other.entry)
        for item in tested
        for other in known.get(_identity(item), ())
        if other.source != item.source
    ]


def _identity(item: LabelledCluster) -> str:
    """Metals by element and the structural key; the whole formula where that says too little."""
    numbers = item.cluster.numbers
    metals = numbers[is_metal(numbers)]
    if len(metals) < 2:
        return f"{item.cluster.formula} {item.key}"
    kinds, counts = np.unique(metals, return_counts=True)
    return " ".join(f"{SYMBOLS[z]}{n}" for z, n in zip(kinds, counts, strict=True)) + f" {item.key}"


def _torn(
    tested: Sequence[LabelledCluster], learned: Sequence[LabelledCluster], pairs: Iterable[tuple[str, str]]
) -> list[tuple[str, str]]:
    test, train = {item.entry for item in tested}, {item.entry for item in learned}
    torn = [(a, b) for a, b in pairs if (a in test and b in train) or (b in test and a in train)]
    parents: dict[tuple[str, str], str] = {}
    for item in learned:
        if item.parent:
            parents.setdefault((item.source, item.parent), item.entry)
    return torn + [
        (item.entry, parents[item.source, item.parent])
        for item in tested
        if item.parent and (item.source, item.parent) in parents
    ]
