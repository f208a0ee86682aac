"""Fitting the channels of the calculation level, with intervals that rest on families held out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlcluster.data.labelled import LabelledCluster
from mlcluster.electronic.capping import Ligands
from mlcluster.errors import DataError
from mlcluster.levels.calculation.channel_fit import Fit, held_out
from mlcluster.levels.calculation.entries import Entry
from mlcluster.levels.calculation.lines import Row, fit_line
from mlcluster.levels.calculation.predict import CalculationChannel
from mlcluster.levels.calculation.recipes import Recipe, choose, fit_chosen, recipes_of
from mlcluster.model.calibration import LEVEL as NOMINAL
from mlcluster.model.calibration import Calibration, families_needed, fit_calibration
from mlcluster.model.domain import describe_domain, reasons_outside
from mlcluster.model.held_out import HeldOut
from mlcluster.model.related_pairs import KINDS, related_pairs
from mlcluster.model.scores import family_mean

Array = NDArray[np.float64]

CALCULATION, MEAN = "calculation", "mean"
"""Names of this level and of its baseline in held-out tables."""


@dataclass(frozen=True)
class Labelled:
    """Entries that have a label of one channel.

    Parameters
    ----------
    channel
        ``target:method``.
    entries
        All of them have it.
    """

    channel: str
    entries: tuple[Entry, ...]

    @classmethod
    def of(cls, channel: str, entries: Sequence[Entry]) -> Labelled:
        """Those with a label.

        Raises
        ------
        DataError
            If they are of a single family, or none.
        """
        found = cls(channel, tuple(entry for entry in entries if channel in entry.labels))
        families = len(set(found.families))
        if families < 2:
            raise DataError("too few families to hold one out.", site=channel, found=families, expected="2")
        return found

    @property
    def rows(self) -> list[Row]:
        """Descriptors of each."""
        return [entry.described.values for entry in self.entries]

    @property
    def labels(self) -> Array:
        """Model space, (N,)."""
        return np.array([entry.labels[self.channel] for entry in self.entries])

    @property
    def families(self) -> list[str]:
        """Of each."""
        return [entry.family for entry in self.entries]

    @property
    def names(self) -> list[str]:
        """Of each."""
        return [entry.name for entry in self.entries]

    def predicted(self, fit: Fit, parts: Sequence[str] | None = None) -> Array:
        """Prediction of each by models that saw none of its part, or of its family, (N,)."""
        return held_out(self.rows, self.labels, self.families if parts is None else parts, fit, self.families)

    def table(self, name: str, predicted: Array, parts: Sequence[str] | None = None, **columns: Any) -> HeldOut:
        """Held-out rows with intervals that rest on the other parts."""
        half = half_of_others(self.labels - predicted, self.families, parts)
        return HeldOut.of(name, self.channel, self.names, self.families, self.labels, predicted, half=half, **columns)


def fit_channel(
    channel: str,
    entries: Sequence[Entry],
    source: str = "",
    *,
    recipes: Sequence[Recipe] | None = None,
    ligands: Ligands = "capped",
) -> tuple[CalculationChannel, HeldOut]:
    """Fit one channel with intervals over families, and the rows they rest on beside the mean.

    Of several recipes one is chosen by families left out, anew for each family that is held out of the scores.

    Parameters
    ----------
    entries
        Those without a label of the channel are passed over.
    source
        Where the labels are from, for the card.
    recipes
        What to fit; those of the channel when None.
    ligands
        As they were described. Of whole ones no class is common enough to be one of the domain.

    Raises
    ------
    DataError
        If there are fewer rows than the line has parameters, or a single family.
    """
    data = Labelled.of(channel, entries)
    tried = recipes_of(channel) if recipes is None else recipes
    own = data.predicted(lambda rows, values, families: fit_chosen(tried, rows, values, families))
    mean = data.predicted(lambda rows, values, _: fit_line(rows, values, ()))
    labels, families = data.labels, data.families
    outside = _outside(data.entries, ligands)
    half = half_of_others(labels - own, families)
    chosen, errors = choose(tried, data.rows, labels, families)
    fitted = {
        "source": source,
        "rows": len(labels),
        "families": len(set(families)),
        "mae": float(np.abs(labels - own).mean()),
        "mae_over_families": family_mean(np.abs(labels - own), families),
        "mae_of_mean": float(np.abs(labels - mean).mean()),
        "coverage_over_families": family_mean((np.abs(labels - own) <= half).astype(float), families),
    }
    if errors:
        fitted |= {"chosen": chosen.kind, "error_of": errors}
    found = CalculationChannel(
        model=chosen.fit(data.rows, labels, families),
        calibration=fit_calibration(labels - own, np.zeros(len(labels)), families, outside=outside),
        differences=pair_calibrations(data.entries, labels - own),
        domain=_domain(data.entries, ligands),
        fitted=fitted,
    )
    return found, HeldOut.joined([data.table(CALCULATION, own), data.table(MEAN, mean)])


def pair_calibrations(rows: Sequence[Entry], residual: Array) -> dict[str, Calibration]:
    """Intervals of differences by kind of pair, each calibrated on pairs whose family was held out of the model.

    Isomers, defects, dopings and ligand exchanges of one family, judged on the capped clusters. A kind that fewer
    families have than a conformal interval of the nominal level needs is left out.

    Parameters
    ----------
    residual
        Label less prediction held out, (N,).
    """
    number = {entry.name: k for k, entry in enumerate(rows)}
    pairs = related_pairs([_capped_item(entry) for entry in rows])
    found = {}
    for kind in KINDS:
        own = [pair for pair in pairs if pair.kind == kind]
        families = [pair.family for pair in own]
        if len(set(families)) >= families_needed(NOMINAL):
            errors = np.array([residual[number[pair.b]] - residual[number[pair.a]] for pair in own])
            found[kind] = fit_calibration(errors, np.zeros(len(errors)), families)
    return found


def half_of_others(residual: Array, families: Sequence[str], parts: Sequence[str] | None = None) -> Array:
    """Half-width of each row's interval, calibrated without its part, or its family, (N,)."""
    names, part = np.array(families), np.array(families if parts is None else parts)
    half = np.empty(len(names))
    for one in set(part.tolist()):
        rest = part != one
        fitted = fit_calibration(residual[rest], np.zeros(int(rest.sum())), names[rest].tolist())
        half[~rest] = fitted.half_width(0.0)
    return half


def _capped_item(entry: Entry) -> LabelledCluster:
    cluster, item = entry.described.anatomy.cluster, entry.item
    parent, edits = ("", "") if item is None else (item.parent, item.edits)
    return LabelledCluster(
        entry=entry.name, family=entry.family, cluster=cluster, labels=(), parent=parent, edits=edits
    )


def _domain(rows: Sequence[Entry], ligands: Ligands) -> dict[str, object]:
    found = describe_domain([entry.described.anatomy.cluster for entry in rows], [entry.family for entry in rows])
    return found if ligands == "capped" else found | {"ligand_classes": None}


def _outside(rows: Sequence[Entry], ligands: Ligands) -> NDArray[np.bool_]:
    """Whether each entry lies outside the domain of all other families, (N,)."""
    domains = {family: _domain([e for e in rows if e.family != family], ligands) for family in {e.family for e in rows}}
    return np.array([bool(reasons_outside(e.described.anatomy, domains[e.family])) for e in rows])
