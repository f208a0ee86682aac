"""Pairs of related clusters among labelled ones: isomers, defects, dopings, ligand exchanges and charge states.

The difference of two related clusters is predicted better than either, as they share most of their errors. How well is
learned, as for single values, from families held out: see `fit_difference_calibrations`.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mlcluster.anatomy import Anatomy
from mlcluster.chem.elements import SYMBOLS
from mlcluster.data.labelled import LabelledCluster
from mlcluster.model.calibration import (
    LEVEL,
    Calibration,
    difference_key,
    families_needed,
    family_rms,
    fit_calibration,
)
from mlcluster.model.held_out import HeldOut

Array = NDArray[np.float64]

KINDS = ("isomer", "defect", "doping", "ligand exchange", "charge state")
"""Kinds of related clusters that have a scale of their own."""

LEAST_FAMILIES = 3
"""Families with pairs of a kind that its own scale needs; below, the scale of all kinds is taken."""

_KIND_OF_RELATION = {kind: kind for kind in KINDS} | {"mirror image": "isomer", "identical": "isomer"}

MOST_PAIRS = 300
"""Pairs of one kind and family that are looked at, drawn evenly: beyond that a family says the same again."""


_DISTORTIONS = ("rattle", "scale", "displaced")


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
    made from one parent by displacing atoms alone are the same isomer and no pair, nor is one with the parent.
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
    return _Make(item.entry, metals, ligands, cluster.charge, "" if edits else item.parent or item.entry)


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


def fit_difference_calibrations(
    residual: ArrayLike, spread: ArrayLike, families: Sequence[str], kinds: Sequence[str]
) -> dict[str, Calibration]:
    r"""Calibrate differences of pairs whose family was held out, with a scale for each kind of pair.

    A swapped pair of atoms changes a gap less than a new ligand shell: residuals and spreads are divided by the error
    :math:`s_k` of their kind before one quantile q is taken over whole families, so that the half-width is
    :math:`q \sqrt{\sigma^2 + s_k^2}`.

    Parameters
    ----------
    residual
        Labelled less predicted difference, model space, (N,).
    spread
        Standard deviation of the difference over the members, model space, (N,).
    families, kinds
        Of each pair.

    Returns
    -------
    dict[str, Calibration]
        A calibration for each kind of `KINDS`.
    """
    r, sigma = np.asarray(residual, dtype=float), np.asarray(spread, dtype=float)
    names, which = np.asarray(families, dtype=str), np.asarray(kinds, dtype=str)
    overall = max(family_rms(r, names), np.finfo(float).tiny)
    scale = {}
    for kind in KINDS:
        own = which == kind
        enough = len(set(names[own].tolist())) >= LEAST_FAMILIES
        scale[kind] = max(family_rms(r[own], names[own]), 1e-6 * overall) if enough else overall
    each = np.array([scale.get(kind, overall) for kind in which.tolist()])
    fitted = fit_calibration(r / each, sigma / each, names.tolist())
    return {kind: replace(fitted, floor=fitted.floor * scale[kind]) for kind in KINDS}


def pairs_predicted(part: HeldOut, pairs: Sequence[RelatedPair]) -> tuple[list[RelatedPair], NDArray[np.int64]]:
    """Pairs of which one model predicted both clusters, and the rows of A and B, (N, 2)."""
    row = {entry: number for number, entry in enumerate(part.entry.tolist())}
    known = [pair for pair in pairs if pair.a in row and pair.b in row]
    return known, np.array([(row[pair.a], row[pair.b]) for pair in known], dtype=np.int64).reshape(-1, 2)


def difference_residuals(part: HeldOut, rows: NDArray[np.int64]) -> tuple[Array, Array]:
    """Labelled less predicted difference B - A, and its standard deviation over the members, model space, (N,) each.

    The spread is zero for a model with fewer than two members.
    """
    a, b = rows.T
    residual = (part.label[b] - part.label[a]) - (part.predicted[b] - part.predicted[a])
    members = part.members[:, ~np.isnan(part.members).all(axis=0)]
    if members.shape[1] < 2:
        return residual, np.zeros(len(rows))
    return residual, np.std(members[b] - members[a], axis=1, ddof=1)


def calibrate_differences(part: HeldOut, pairs: Sequence[RelatedPair]) -> dict[str, Calibration]:
    """Calibrations of differences by kind, from the held-out rows of one model; none where families are too few."""
    known, rows = pairs_predicted(part, pairs)
    families = [pair.family for pair in known]
    if len(set(families)) < families_needed(LEVEL):
        return {}
    return fit_difference_calibrations(*difference_residuals(part, rows), families, [pair.kind for pair in known])


def stored_differences(
    channels: Sequence[str], stored: Mapping[str, Mapping[str, Any]], relation: str
) -> dict[str, Calibration]:
    """Calibrations of differences that a model file holds, by channel, for a pair of that relation; none for strangers.

    Only those that rest on enough independent families to need no assumption (`Calibration.kind` "conformal").
    """
    kind = _KIND_OF_RELATION.get(relation)
    if kind is None:
        return {}
    keys = {channel: difference_key(channel, kind) for channel in channels}
    found = {channel: Calibration.from_json(stored[key]) for channel, key in keys.items() if key in stored}
    return {channel: calibration for channel, calibration in found.items() if calibration.kind == "conformal"}
