"""Families divided by the geometry of their metal cores."""

from __future__ import annotations

from collections.abc import Sequence

from mlcluster.anatomy import Anatomy
from mlcluster.chem.elements import is_metal
from mlcluster.data.families import renamed
from mlcluster.data.labelled import LabelledCluster
from mlcluster.match.cores import match_cores

SAME_CORE = 0.7
"""Largest deviation (angstrom, root mean square over the metals) of two cores that count as one framework."""


def refine_by_core(items: Sequence[LabelledCluster], same: float = SAME_CORE) -> list[LabelledCluster]:
    """Divide families into those whose metals can be laid on each other and those that cannot.

    It only ever divides, never unites; entries of one parent, and entries whose number of metals differs, stay together
    with the largest part. For studies of isomers: the default split does not use it.
    """
    refined: list[LabelledCluster] = []
    representatives: dict[tuple[str | None, int], list[LabelledCluster]] = {}
    of_parent: dict[tuple[str | None, str, str], int] = {}
    for item in items:
        metals = int(is_metal(item.cluster.numbers).sum())
        known = representatives.setdefault((item.family, metals), [])
        relative = (item.family, item.source, item.parent)
        number = of_parent.get(relative) if item.parent else None
        if number is None:
            number = next((k for k, other in enumerate(known) if _same_core(item, other, same)), len(known))
        if number == len(known):
            known.append(item)
        if item.parent:
            of_parent[relative] = number
        refined.append(item if number == 0 else renamed(item, f"{item.family} core {number + 1}", item.key))
    return refined


def _same_core(a: LabelledCluster, b: LabelledCluster, same: float) -> bool:
    match = match_cores(Anatomy(a.cluster), Anatomy(b.cluster))
    return match is None or match.rmsd <= same
