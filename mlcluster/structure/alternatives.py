"""Places of disorder -> ordered structures: the likeliest, or the likeliest few, true to the stated composition."""

from __future__ import annotations

import heapq
import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mlcluster.chem.elements import METALS
from mlcluster.structure.composition import Choice, stated_cell_contents
from mlcluster.structure.crystal import Crystal
from mlcluster.structure.disorder import Place
from mlcluster.structure.report import Level, Report, site_list


def keep_mask(n_atoms: int, places: Sequence[Place], choice: Choice, ordered: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Expanded atoms present in one alternative, (M,)."""
    keep = ordered.copy()
    for place, pick in zip(places, choice.picks, strict=True):
        if pick >= 0:
            keep[place.options[pick].atoms] = True
    return keep


def likeliest(crystal: Crystal, places: Sequence[Place], ordered_counts: dict[int, int], report: Report) -> Choice:
    """The option of greatest occupancy everywhere, mixed-metal sites shared out to the stated composition.

    A partly occupied atom without an alternative is kept from half occupancy on, otherwise left out; either
    is reported.

    Parameters
    ----------
    ordered_counts
        Atoms of each element in one cell that are not on a mixed site, by atomic number.
    """
    picks = [0 if place.kind != "partial" or place.options[0].weight >= 0.5 else -1 for place in places]
    mixed = [k for k, place in enumerate(places) if place.kind == "mixed"]
    if mixed:
        target = _mixed_target(crystal, [places[k] for k in mixed], ordered_counts)
        shared = _share_out(crystal, [places[k] for k in mixed], target) if target else None
        sites = site_list(crystal.labels[s] for k in mixed for s in places[k].sites)
        if shared is None:
            why = "the stated formula cannot be met" if target else "the file states no usable formula"
            text = f"mixed-metal sites {sites}: {why}; each takes its majority metal."
            report.add("warning", "mixed_metal_majority", text, crystal.labels[places[mixed[0]].sites[0]])
        else:
            for k, pick in zip(mixed, shared, strict=True):
                picks[k] = pick
            text = f"mixed-metal sites {sites}: metals shared out to the stated composition, likeliest first."
            report.add("info", "mixed_metal_composition", text, crystal.labels[places[mixed[0]].sites[0]])
    return Choice(tuple(picks), weight(places, picks))


def enumerate_choices(
    crystal: Crystal,
    places: Sequence[Place],
    start: Choice,
    vary: Sequence[int],
    most: int,
    ordered_counts: dict[int, int],
    report: Report,
) -> list[Choice]:
    """The `most` likeliest combinations over the places `vary`, others as in `start`; says when the list is cut.

    Mixed-metal combinations that miss a stated composition are left out when the formula allows a decision.
    """
    mixed = [k for k, place in enumerate(places) if place.kind == "mixed"]
    target = _mixed_target(crystal, [places[k] for k in mixed], ordered_counts) if mixed else None
    if target and _share_out(crystal, [places[k] for k in mixed], target) is None:
        target = None
    total = math.prod(len(places[k].options) for k in vary)
    found: list[Choice] = []
    tried = 0
    for picks in _best_first(places, list(start.picks), vary):
        tried += 1
        if target is None or _counts(crystal, [(places[k], picks[k]) for k in mixed]) == target:
            found.append(Choice(tuple(picks), weight(places, picks)))
        if len(found) == most or tried >= 200 * most:
            break
    if tried < total:
        text = f"{total} combinations of disorder; the {len(found)} likeliest are given."
        report.add("warning", "enumeration_cut", text)
    return found or [start]


def _best_first(places: Sequence[Place], start: list[int], vary: Sequence[int]):  # type: ignore[no-untyped-def]
    """Combinations in order of falling weight (options of a place are sorted already)."""
    first = list(start)
    for k in vary:
        first[k] = 0
    heap = [(-weight(places, first), tuple(first))]
    seen = {tuple(first)}
    while heap:
        _, picks = heapq.heappop(heap)
        yield list(picks)
        for k in vary:
            if picks[k] + 1 < len(places[k].options):
                following = (*picks[:k], picks[k] + 1, *picks[k + 1 :])
                if following not in seen:
                    seen.add(following)
                    heapq.heappush(heap, (-weight(places, following), following))


def weight(places: Sequence[Place], picks: Sequence[int]) -> float:
    """Product of the relative occupancies of the options picked."""
    shares = [1.0]
    for place, pick in zip(places, picks, strict=True):
        total = sum(option.weight for option in place.options)
        if place.kind != "partial" and total > 0:
            shares.append(place.options[pick].weight / total)
    return math.prod(shares)


def _mixed_target(crystal: Crystal, places: Sequence[Place], ordered_counts: dict[int, int]) -> dict[int, int] | None:
    """Atoms of each metal that the mixed sites must hold in one cell, or None if the formula does not say."""
    on_sites = sum(len(place.options[0].atoms) for place in places)
    metals = sum(n for z, n in ordered_counts.items() if z in METALS) + on_sites
    stated = stated_cell_contents(crystal, metals)
    if stated is None:
        return None
    elements = {int(crystal.numbers[option.sites[0]]) for place in places for option in place.options}
    wanted = {z: stated.get(z, 0.0) - ordered_counts.get(z, 0) for z in elements}
    if any(abs(n - round(n)) > 0.05 or n < -0.05 for n in wanted.values()):
        return None
    target = {z: round(n) for z, n in wanted.items()}
    return {z: n for z, n in target.items() if n} if sum(target.values()) == on_sites else None


def _counts(crystal: Crystal, chosen: Sequence[tuple[Place, int]]) -> dict[int, int]:
    counts: dict[int, int] = {}
    for place, pick in chosen:
        option = place.options[pick]
        z = int(crystal.numbers[option.sites[0]])
        counts[z] = counts.get(z, 0) + len(option.atoms)
    return counts


def _share_out(crystal: Crystal, places: Sequence[Place], target: dict[int, int]) -> list[int] | None:
    """Likeliest pick at each mixed site whose totals meet `target`, by dynamic programming over the counts."""
    elements = sorted(target)
    best: dict[tuple[int, ...], tuple[float, list[int]]] = {(0,) * len(elements): (0.0, [])}
    limit = tuple(target[z] for z in elements)
    for place in places:
        following: dict[tuple[int, ...], tuple[float, list[int]]] = {}
        for state, (score, picks) in best.items():
            for pick, option in enumerate(place.options):
                z = int(crystal.numbers[option.sites[0]])
                if z not in target:
                    continue
                at = elements.index(z)
                total = state[at] + len(option.atoms)
                if total > limit[at]:
                    continue
                key = (*state[:at], total, *state[at + 1 :])
                value = score + math.log(max(option.weight, 1e-6))
                if key not in following or value > following[key][0] + 1e-12:
                    following[key] = (value, [*picks, pick])
        best = following
    return best[limit][1] if limit in best else None


def describe(crystal: Crystal, places: Sequence[Place], choice: Choice, touched: Sequence[int], report: Report) -> None:
    """Say what was decided at each place: a remark a place of the cluster (`touched`), one line for all the rest."""
    elsewhere: list[str] = []
    for number, (place, pick) in enumerate(zip(places, choice.picks, strict=True)):
        if place.kind == "mixed":
            continue
        labels = [crystal.labels[s] for s in place.sites]
        if number not in touched:
            elsewhere += labels
            continue
        if place.kind == "partial":
            share = place.options[0].weight
            fate = "kept whole" if pick >= 0 else "left out"
            text = f"{site_list(labels)}: occupancy {share:.2f} and no alternative stated; {fate}."
            report.add("warning", "residual_disorder", text, labels[0])
            continue
        option = place.options[pick]
        names = site_list(crystal.labels[s] for s in option.sites)
        total = sum(o.weight for o in place.options)
        text = f"disorder over {len(place.options)} alternatives at {site_list(labels)}: {names} taken"
        if len(place.options) == 1:
            text = f"{names}: disordered about a special position; one copy taken"
        level: Level = "warning" if len(place.options) > 1 and abs(total - 1.0) > 0.1 else "info"
        unsure = f" (their occupancies add up to {total:.2f})" if level == "warning" else ""
        report.add(level, "disorder_resolved", f"{text}, occupancy {option.weight:.2f}{unsure}.", labels[0])
    if elsewhere:
        text = f"disorder outside the cluster ({site_list(elsewhere)}) resolved the same way."
        report.add("info", "disorder_outside", text, elsewhere[0])
