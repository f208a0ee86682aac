"""Fragments of one cell -> distinct bodies: symmetry copies counted together, mirror images kept apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mlcluster.geometry.superposition import congruence, is_chiral
from mlcluster.structure.fragments import Fragment

SAME_BODY = 0.02
"""Fragments that coincide to this (angstrom) are copies written out by hand: independent molecules never agree so."""

MIRROR_TOLERANCE = 0.05
"""A body that differs from its mirror image by less than this everywhere (angstrom) counts as achiral."""


@dataclass
class Body:
    """One distinct body: a representative, how many of it the cell holds, and the body it mirrors, if any."""

    fragment: Fragment
    copies: int = 1
    mirror_of: int | None = None


def distinct_bodies(
    fragments: Sequence[Fragment],
    site: NDArray[np.int64],
    operation: NDArray[np.int64],
    handedness: NDArray[np.float64],
) -> list[Body]:
    """Group fragments into distinct bodies, in order of first appearance.

    Parameters
    ----------
    site, operation
        Stated site and symmetry operation of each atom the fragments index, (M,).
    handedness
        Determinant of each symmetry operation, (k,): -1 where it turns a body into its mirror image.
    """
    bodies: list[Body] = []
    by_sites: dict[tuple[int, ...], list[tuple[Body, float, bool]]] = {}
    for fragment in fragments:
        key = tuple(np.sort(site[fragment.atoms]).tolist())
        hand, achiral = _hand(fragment, site, operation, handedness)
        for body, other, either in by_sites.get(key, []):
            if (
                achiral
                or either
                or hand == other
                or not is_chiral(fragment.numbers, fragment.positions, MIRROR_TOLERANCE)
            ):
                body.copies += 1
                break
        else:
            match = _same_body(fragment, bodies) if key not in by_sites else None
            if match is not None:
                match.copies += 1
                continue
            body = Body(fragment, mirror_of=_mirrored(fragment, bodies))
            bodies.append(body)
            by_sites.setdefault(key, []).append((body, hand, achiral))
    return bodies


def _hand(
    fragment: Fragment, site: NDArray[np.int64], operation: NDArray[np.int64], handedness: NDArray[np.float64]
) -> tuple[float, bool]:
    """Handedness of a copy relative to the stated sites, and whether a symmetry element inside makes it achiral."""
    hands = handedness[operation[fragment.atoms]]
    sites = site[fragment.atoms]
    right, left = set(sites[hands > 0].tolist()), set(sites[hands < 0].tolist())
    return (1.0 if len(right) >= len(left) else -1.0), bool(right & left)


def _same_body(fragment: Fragment, bodies: Sequence[Body]) -> Body | None:
    for body in bodies:
        if body.fragment.formula == fragment.formula and _congruent(fragment, body.fragment, False, SAME_BODY):
            return body
    return None


def _mirrored(fragment: Fragment, bodies: Sequence[Body]) -> int | None:
    for k, body in enumerate(bodies):
        if body.fragment.formula == fragment.formula and _congruent(fragment, body.fragment, True, MIRROR_TOLERANCE):
            return k
    return None


def _congruent(one: Fragment, other: Fragment, improper: bool, tolerance: float) -> bool:
    found = congruence(
        one.numbers, one.positions, other.numbers, other.positions, improper=improper, tolerance=tolerance
    )
    return found is not None


def unique_labels(labels: list[str]) -> tuple[str, ...]:
    """Labels with "#2", "#3" ... on symmetry images of one site."""
    seen: dict[str, int] = {}
    unique = []
    for label in labels:
        seen[label] = seen.get(label, 0) + 1
        unique.append(label if seen[label] == 1 else f"{label}#{seen[label]}")
    return tuple(unique)
