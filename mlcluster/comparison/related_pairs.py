"""Pairs of related clusters among labelled ones: isomers, defects, dopings, ligand exchanges and charge states."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from mlcluster.anatomy import Anatomy
from mlcluster.chem.elements import SYMBOLS
from mlcluster.data.labelled import LabelledCluster

MOST_PAIRS = 300
"""Pairs of one kind and family that are looked at, drawn evenly: beyond that a family says the same again."""


_DISTORTIONS = ("rattle", "scale")


@dataclass(frozen=True)
class RelatedPair:
    """Two entries of one family and how they are related by composition."""

    a: str
    b: str
    family: str
    kind: str


@dataclass(frozen=True)
class _Make:
    """What an entry is made of."""

    entry: str
    metals: Counter[str]
    ligands: Counter[str]
    charge: int | None
    distortion_of: str


def related_pairs(items: Sequence[LabelledCluster], *, most: int = MOST_PAIRS, seed: int = 0) -> list[RelatedPair]:
    """Pairs of related clusters within each family, at most `most` of each kind and family.

    The kind follows from the composition as in `mlcluster.match.relation`, without a look at the geometry. Two entries
    that were made from one parent by rattling or scaling alone are the same isomer and no pair.
    """
    by_family: dict[str, list[_Make]] = defaultdict(list)
    for item in items:
        by_family[item.family or item.entry].append(_make(item))
    generator = np.random.default_rng(seed)
    found = []
    for family, makes in sorted(by_family.items()):
        by_kind: dict[str, list[tuple[str, str]]] = defaultdict(list)
        for a, b in _candidates(makes, generator):
            kind = _kind(a, b)
            if kind is not None:
                by_kind[kind].append((a.entry, b.entry))
        for kind, pairs in sorted(by_kind.items()):
            if len(pairs) > most:
                pairs = [pairs[k] for k in sorted(generator.choice(len(pairs), most, replace=False).tolist())]
            found += [RelatedPair(a, b, family, kind) for a, b in pairs]
    return found


def _make(item: LabelledCluster) -> _Make:
    cluster, anatomy = item.cluster, Anatomy(item.cluster)
    metals = Counter(SYMBOLS[z] for z in cluster.numbers[anatomy.metal].tolist())
    ligands = Counter(ligand.formula for ligand in anatomy.ligands)
    edits = [edit for edit in item.edits.split("; ") if edit.partition(" ")[0] not in ("", "parent", *_DISTORTIONS)]
    return _Make(item.entry, metals, ligands, cluster.charge, "" if edits else item.parent)


def _candidates(makes: Sequence[_Make], generator: np.random.Generator, limit: int = 200_000) -> Iterator:
    """All pairs of a family; of a large one all isomers, and other pairs drawn at random."""
    n = len(makes)
    if n * (n - 1) // 2 <= limit:
        yield from combinations(makes, 2)
        return
    groups: dict[tuple, list[_Make]] = defaultdict(list)
    for make in makes:
        groups[tuple(sorted(make.metals.items())), tuple(sorted(make.ligands.items())), make.charge].append(make)
    for group in groups.values():
        yield from combinations(group, 2)
    for i, j in generator.integers(0, n, size=(limit, 2)).tolist():
        a, b = makes[min(i, j)], makes[max(i, j)]
        if i != j and (a.metals, a.ligands, a.charge) != (b.metals, b.ligands, b.charge):
            yield a, b


def _kind(a: _Make, b: _Make) -> str | None:
    if a.metals == b.metals and a.ligands == b.ligands:
        if a.distortion_of and a.distortion_of == b.distortion_of:
            return None
        return "isomer" if a.charge == b.charge else "charge state"
    moved = (a.ligands - b.ligands).total() + (b.ligands - a.ligands).total()
    total_a, total_b = a.metals.total(), b.metals.total()
    if total_a == total_b and a.ligands == b.ligands:
        return "doping"
    if a.metals == b.metals:
        return "defect" if a.ligands <= b.ligands or b.ligands <= a.ligands else "ligand exchange"
    one_site = a.metals <= b.metals or b.metals <= a.metals
    return "defect" if abs(total_a - total_b) == 1 and one_site and moved <= 1 else None
