"""The composition a file states, against what it lists and what is kept of it; and what follows for disorder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from mlcluster.chem.elements import METALS, NUMBERS, SYMBOLS
from mlcluster.chem.formula import hill_formula, parse_formula
from mlcluster.errors import InputError
from mlcluster.structure.crystal import Crystal
from mlcluster.structure.disorder import Option, Place
from mlcluster.structure.partial import WHOLE
from mlcluster.structure.report import Report

GAIN = 0.25
"""Another option is taken when it brings the cell this many atoms nearer to the composition."""

MET = 0.3
"""A number of atoms within this of the stated one meets it."""


@dataclass(frozen=True)
class Choice:
    """One option at each place, with the product of their relative weights."""

    picks: tuple[int, ...]
    weight: float


def stated_cell_contents(crystal: Crystal, metals_in_cell: int) -> dict[int, float] | None:
    """Atoms of each element in one cell by the stated formula sum and Z, by atomic number.

    Without Z, or with one that contradicts the number of metal sites, Z follows from the metals.
    """
    if crystal.formula_sum is None:
        return None
    try:
        counts, _ = parse_formula(crystal.formula_sum)
    except InputError:
        return None
    by_number = {NUMBERS[symbol]: float(count) for symbol, count in counts.items()}
    metals = sum(count for z, count in by_number.items() if z in METALS)
    units = float(crystal.formula_units or 0)
    if metals and metals_in_cell and abs(units * metals - metals_in_cell) > 0.05 * metals_in_cell:
        ratio = metals_in_cell / metals
        units = round(ratio) if abs(ratio - round(ratio)) < 0.02 and round(ratio) else units
    return {z: count * units for z, count in by_number.items()} if units else None


Counts = Mapping[int, float]
"""Atoms of each element in one cell, by atomic number."""


def listed_contents(numbers: NDArray[np.int64], occupancy: NDArray[np.float64]) -> dict[int, float]:
    """Atoms of each element in one cell, occupancies counted, all alternatives included."""
    return {int(z): float(occupancy[numbers == z].sum()) for z in np.unique(numbers)}


def stated_contents(crystal: Crystal, listed: Counts) -> dict[int, float] | None:
    """`stated_cell_contents` for the metals that are listed."""
    return stated_cell_contents(crystal, round(sum(n for z, n in listed.items() if z in METALS)))


def closest_to_composition(
    places: Sequence[Place], choice: Choice, numbers: NDArray[np.int64], listed: Counts, stated: Counts | None
) -> Choice:
    """The choice, with other options where these bring the cell nearer to its composition.

    Alternatives of different composition, such as chloride and bromide on several sites, are shared out like this. The
    aim for each element is what the stated formula leaves for these places, if they can hold that, otherwise the sum
    of their occupancies. Hydrogen does not count.

    Parameters
    ----------
    numbers
        Atomic number of each expanded atom, (M,).
    """
    held = {k: [_heavy(option, numbers) for option in place.options] for k, place in enumerate(places)}
    vary = [k for k, p in enumerate(places) if p.kind == "positional" and any(c != held[k][0] for c in held[k][1:])]
    elements = sorted({z for k in vary for counts in held[k] for z in counts})
    if not vary:
        return choice
    picks = list(choice.picks)
    table = {k: np.array([[counts.get(z, 0) for z in elements] for counts in held[k]], dtype=float) for k in vary}
    shares = {k: np.array([option.weight for option in places[k].options]) for k in vary}
    weighted = np.sum([shares[k] @ table[k] for k in vary], axis=0)
    aim = np.sum([shares[k] @ table[k] / max(shares[k].sum(), places[k].total) for k in vary], axis=0)
    if stated is not None:
        left = np.array([stated.get(z, 0.0) - listed.get(z, 0.0) for z in elements]) + weighted
        least = np.sum([table[k].min(axis=0) for k in vary], axis=0)
        most = np.sum([table[k].max(axis=0) for k in vary], axis=0)
        aim = np.where((left > least - MET) & (left < most + MET), left, aim)
    while True:
        now = np.sum([table[k][picks[k]] for k in vary], axis=0)
        off = np.abs(now - aim).sum()
        swaps = [
            (round(off - float(np.abs(now - table[k][picks[k]] + row - aim).sum()), 3), shares[k][pick], -k, k, pick)
            for k in vary
            for pick, row in enumerate(table[k])
            if pick != picks[k]
        ]
        gain, *_, k, pick = max(swaps)
        if gain < GAIN:
            return replace(choice, picks=tuple(picks))
        picks[k] = pick


def settle_partial(
    places: Sequence[Place],
    choice: Choice,
    touched: Sequence[int],
    numbers: NDArray[np.int64],
    labels: Sequence[str],
    kept: Counts,
    stated: Counts | None,
) -> Choice:
    """Which partly occupied atoms of a cluster are there, where their number is known.

    Those of one composition whose occupancies add up to a whole number are that many, the likeliest first. One alone
    is kept or left out as the stated formula says, where that leaves no doubt.

    Parameters
    ----------
    touched
        Places at a cluster.
    kept
        Atoms of each element in one cell that the choice keeps.
    """
    picks = list(choice.picks)
    alike: dict[tuple[tuple[int, int], ...], list[int]] = {}
    for k in touched:
        if places[k].kind == "partial":
            alike.setdefault(tuple(sorted(_heavy(places[k].options[0], numbers).items())), []).append(k)
    for counts, members in alike.items():
        share = {k: places[k].options[0].weight for k in members}
        total = sum(share.values())
        if len(members) > 1 and abs(total - round(total)) < WHOLE:
            members.sort(key=lambda k: (-round(share[k], 2), labels[places[k].options[0].sites[0]]))
            for position, k in enumerate(members):
                picks[k] = 0 if position < round(total) else -1
        elif len(members) == 1 and stated is not None and counts:
            sign = -1 if picks[members[0]] == 0 else 1
            now = [abs(kept.get(z, 0.0) - stated.get(z, 0.0)) for z, _ in counts]
            then = [abs(kept.get(z, 0.0) + sign * n - stated.get(z, 0.0)) for z, n in counts]
            if max(then) < MET and max(now) > 1.0 - MET:
                picks[members[0]] = -1 if sign < 0 else 0
    return replace(choice, picks=tuple(picks))


def _heavy(option: Option, numbers: NDArray[np.int64]) -> dict[int, int]:
    elements, counts = np.unique(numbers[option.atoms], return_counts=True)
    return {int(z): int(n) for z, n in zip(elements, counts, strict=True) if z != 1}


def check_listed(crystal: Crystal, listed: Counts, stated: Counts | None, report: Report) -> dict[str, float]:
    """Compare the stated formula sum times Z with what one cell lists; what the list lacks, by symbol."""
    if stated is None:
        return {}
    wrong = [z for z in sorted(set(listed) | set(stated)) if not _close(listed.get(z, 0.0), stated.get(z, 0.0))]
    if wrong:
        text = (
            f"the stated formula {crystal.formula_sum} (Z = {crystal.formula_units or 'not stated'}) does not match "
            f"the atoms listed, {_per_unit(crystal, listed)} per formula unit: "
            f"{', '.join(SYMBOLS[z] for z in wrong)} differ."
        )
        report.add("warning", "formula_mismatch", text)
    lacking = {SYMBOLS[z]: stated[z] - listed.get(z, 0.0) for z in wrong if z in stated}
    return {symbol: n for symbol, n in lacking.items() if n > 0}


def check_kept(crystal: Crystal, kept: Counts, listed: Counts, stated: Counts | None, report: Report) -> None:
    """Say so where the atoms kept do not make up the stated formula although the atoms listed do, hydrogen apart.

    Half an atom a formula unit is what rounding partial occupancies may cost.
    """
    if stated is None:
        return
    units = max(1.0, float(crystal.formula_units or 1))
    wrong = [
        z
        for z in sorted(set(listed) | set(stated))
        if z != 1
        and _close(listed.get(z, 0.0), stated.get(z, 0.0))
        and abs(kept.get(z, 0.0) - stated.get(z, 0.0)) > 0.55 * units + 0.005 * stated.get(z, 0.0)
    ]
    if wrong:
        text = (
            f"the atoms kept, {_per_unit(crystal, kept)} per formula unit, do not make up the stated formula "
            f"{crystal.formula_sum}, the atoms listed do: {', '.join(SYMBOLS[z] for z in wrong)} differ; was the "
            "disorder resolved rightly?"
        )
        report.add("warning", "formula_mismatch", text)


def _per_unit(crystal: Crystal, counts: Counts) -> str:
    units = crystal.formula_units or 1
    return hill_formula({SYMBOLS[z]: round(n / units, 1) for z, n in counts.items()})


def _close(held: float, stated: float) -> bool:
    return abs(held - stated) <= max(0.5, 0.005 * stated)
