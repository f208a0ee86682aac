"""Isomers of one formula told apart by the point group that their records state for the kernel."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from mlcluster.anatomy import Anatomy
from mlcluster.anatomy.shape import framework_group
from mlcluster.geometry.symmetry_groups import GROUPS

if TYPE_CHECKING:
    from mlcluster.labels.literature.linking import Candidate

_GROUP = re.compile(rf"(?<![A-Za-z])(?:{'|'.join(sorted(GROUPS, key=len, reverse=True))})(?![A-Za-z0-9])")


def stated_group(kernel: str) -> str | None:
    """Point group in the words that a record has for its kernel; None where there is none, or more than one.

    >>> stated_group("vertex-sharing biicosahedral Au7Ag6, eclipsed (D5h)")
    'D5h'
    """
    found = set(_GROUP.findall(kernel))
    return found.pop() if len(found) == 1 else None


def decided_by_symmetry(anatomy: Anatomy, fitting: Sequence[Candidate]) -> list[Candidate]:
    """Records that fit a structure, without isomers whose stated symmetry its metals have not.

    Only where records state different groups, and the metals, elements aside, are close to one of them, as the
    eclipsed and staggered rods are to D5h and D5d; otherwise the question is added to what stays open.
    """
    stated = {candidate.record.id: stated_group(candidate.record.kernel) for candidate in fitting}
    groups = {group for group in stated.values() if group is not None}
    if len(groups) < 2:
        return list(fitting)
    found = framework_group(anatomy)
    if found is None or not found.near or found.symbol not in groups:
        nearest = f"nearest to {found.symbol}" if found is not None else "not measured"
        doubt = f"whether the metals are {' or '.join(sorted(groups))}, as the records state: they are {nearest}"
        return [replace(candidate, unknown=(*candidate.unknown, doubt)) for candidate in fitting]
    return [
        replace(candidate, agrees=(*candidate.agrees, f"symmetry of the metals {found.symbol}"))
        if stated[candidate.record.id] == found.symbol
        else candidate
        for candidate in fitting
        if stated[candidate.record.id] in (None, found.symbol)
    ]
