"""What of a test set is known from the training set, item by item: the report that stands beside every split."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from mlcluster.chem.elements import SYMBOLS, is_metal
from mlcluster.data.families import unite
from mlcluster.data.fingerprint import nearest
from mlcluster.data.labelled import LabelledCluster
from mlcluster.data.splits import Split

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
        Of their fingerprints, 0 to 1; see `mlcluster.data.fingerprint`.
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
