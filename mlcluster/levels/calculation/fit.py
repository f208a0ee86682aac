"""Fitting the channels of the calculation level, and judging them on families held out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from mlcluster.errors import DataError
from mlcluster.levels.calculation.channel_fit import Line, Row, fit_line, held_out
from mlcluster.levels.calculation.entries import Entry
from mlcluster.levels.calculation.predict import CalculationChannel
from mlcluster.model.calibration import LEVEL as NOMINAL
from mlcluster.model.calibration import Calibration, families_needed, fit_calibration
from mlcluster.model.domain import describe_domain, reasons_outside
from mlcluster.model.held_out import HeldOut
from mlcluster.model.scores import family_mean

CALCULATION, MEAN = "calculation", "mean"
"""Names of this level and of its baseline in held-out tables."""


@dataclass(frozen=True)
class Recipe:
    """What a channel is fitted on.

    Parameters
    ----------
    descriptors
        Names; every descriptor that all entries have when None.
    ridge
        Penalty as `fit_line` has it.
    """

    descriptors: tuple[str, ...] | None
    ridge: float = 0.0

    def fit(self, rows: Sequence[Row], values: NDArray[np.float64]) -> Line:
        """The line of these rows."""
        return fit_line(rows, values, self.names(rows), ridge=self.ridge)

    def names(self, rows: Sequence[Row]) -> tuple[str, ...]:
        """Descriptors it uses on these rows; the number of atoms says how a file was made, and is none of them."""
        if self.descriptors is not None:
            return self.descriptors
        return tuple(name for name in rows[0] if name != "atoms" and all(name in row for row in rows))


GAP = Recipe(("gfn1_gap_ev",))
RECIPES: dict[str, Recipe] = {
    "gap": GAP,
    "ionization_energy": Recipe(("gfn1_homo_ev", "size", "charge")),
    "electron_affinity": Recipe(("gfn1_lumo_ev", "size", "charge")),
    "gap:dft-pbe-lanl2dz": Recipe(None, ridge=0.05),
}
"""Recipe of a target, or of one of its channels: labels over many classes of ligands need more than one descriptor."""


def recipe_of(channel: str) -> Recipe:
    """Recipe of a channel, or else of its target.

    Raises
    ------
    DataError
        If there is none.
    """
    found = RECIPES.get(channel) or RECIPES.get(channel.partition(":")[0])
    if found is None:
        raise DataError("the calculation level does not learn this.", found=channel, expected=", ".join(RECIPES))
    return found


def fit_channel(channel: str, entries: Sequence[Entry], source: str = "") -> tuple[CalculationChannel, HeldOut]:
    """Fit one channel with intervals over families, and the rows they rest on beside the mean.

    Parameters
    ----------
    entries
        Those without a label of the channel are passed over.
    source
        Where the labels are from, for the card.

    Raises
    ------
    DataError
        If there are fewer rows than the line has parameters, or a single family.
    """
    rows = [entry for entry in entries if channel in entry.labels]
    families = [entry.family for entry in rows]
    if len(set(families)) < 2:
        raise DataError("too few families to hold one out.", site=channel, found=len(set(families)), expected="2")
    recipe = recipe_of(channel)
    table, labels = [entry.described.values for entry in rows], np.array([entry.labels[channel] for entry in rows])
    own = held_out(table, labels, families, recipe.fit)
    mean = held_out(table, labels, families, lambda some, values: fit_line(some, values, ()))
    outside = _outside(rows)
    half = _half_of_new_family(labels - own, families)
    calibration = fit_calibration(labels - own, np.zeros(len(rows)), families, outside=outside)
    names = [entry.name for entry in rows]
    judged = [
        HeldOut.of(CALCULATION, channel, names, families, labels, own, half=half, left_out=""),
        HeldOut.of(MEAN, channel, names, families, labels, mean, half=_half_of_new_family(labels - mean, families)),
    ]
    fitted = {
        "source": source,
        "rows": len(rows),
        "families": len(set(families)),
        "mae": float(np.abs(labels - own).mean()),
        "mae_over_families": family_mean(np.abs(labels - own), families),
        "mae_of_mean": float(np.abs(labels - mean).mean()),
        "coverage_over_families": family_mean((np.abs(labels - own) <= half).astype(float), families),
    }
    found = CalculationChannel(
        model=recipe.fit(table, labels),
        calibration=calibration,
        differences=isomer_calibration(rows, labels - own),
        domain=_domain(rows),
        fitted=fitted,
    )
    return found, HeldOut.joined(judged)


def isomer_calibration(rows: Sequence[Entry], residual: NDArray[np.float64]) -> dict[str, Calibration]:
    """Interval of the difference of two isomers, calibrated on pairs whose family was held out of the line.

    Nothing where fewer families have such pairs than a conformal interval of the nominal level needs.

    Parameters
    ----------
    residual
        Label less prediction held out, (N,).
    """
    groups: dict[tuple[str, int | None, str], list[int]] = {}
    for number, entry in enumerate(rows):
        cluster = entry.described.anatomy.cluster
        groups.setdefault((cluster.formula, cluster.charge, entry.family), []).append(number)
    pairs = [pair for members in groups.values() for pair in combinations(members, 2)]
    families = [rows[a].family for a, _ in pairs]
    if len(set(families)) < families_needed(NOMINAL):
        return {}
    errors = np.array([residual[b] - residual[a] for a, b in pairs])
    return {"isomer": fit_calibration(errors, np.zeros(len(errors)), families)}


def _domain(rows: Sequence[Entry]) -> dict[str, object]:
    return describe_domain([entry.described.anatomy.cluster for entry in rows], [entry.family for entry in rows])


def _outside(rows: Sequence[Entry]) -> NDArray[np.bool_]:
    """Whether each entry lies outside the domain of all other families, (N,)."""
    domains = {family: _domain([e for e in rows if e.family != family]) for family in {e.family for e in rows}}
    return np.array([bool(reasons_outside(e.described.anatomy, domains[e.family])) for e in rows])


def _half_of_new_family(residual: NDArray[np.float64], families: Sequence[str]) -> NDArray[np.float64]:
    """Half-width of each row's interval, calibrated without its family, (N,)."""
    names, half = np.array(families), np.empty(len(families))
    for family in set(families):
        rest = names != family
        fitted = fit_calibration(residual[rest], np.zeros(int(rest.sum())), names[rest].tolist())
        half[~rest] = fitted.half_width(0.0)
    return half
