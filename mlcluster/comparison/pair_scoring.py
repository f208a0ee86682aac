"""How good predicted differences are: pairs of related clusters whose family was held out of every model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mlcluster.errors import DataError
from mlcluster.labels.methods import Channel
from mlcluster.model.held_out import HeldOut
from mlcluster.model.related_pairs import (
    RelatedPair,
    difference_residuals,
    fit_difference_calibrations,
    pairs_predicted,
)

if TYPE_CHECKING:
    import pandas as pd

Array = NDArray[np.float64]

NO_DIFFERENCE = 0.02
"""Differences of labels (model space) below this have no sign worth knowing: two relaxations of one structure differ by
as much."""

BOOTSTRAPS = 1000


@dataclass(frozen=True, eq=False)
class PairRows:
    """Predicted differences of one model or baseline for one channel, model space.

    Parameters
    ----------
    arm, channel, interval
        Name of the model or baseline, ``target:method``, and ``"paired"`` or ``"independent"``.
    pairs
        One per row.
    label, predicted
        B - A, (N,).
    half
        Half-width of the interval, (N,).
    """

    arm: str
    channel: str
    interval: str
    pairs: tuple[RelatedPair, ...]
    label: Array
    predicted: Array
    half: Array

    @property
    def families(self) -> NDArray[np.str_]:
        """Family of each pair."""
        return np.array([pair.family for pair in self.pairs], dtype=str)

    def of_kind(self, kind: str) -> PairRows:
        """Pairs of one kind."""
        keep = np.array([pair.kind == kind for pair in self.pairs], dtype=bool)
        pairs = tuple(pair for pair in self.pairs if pair.kind == kind)
        return PairRows(
            self.arm, self.channel, self.interval, pairs, self.label[keep], self.predicted[keep], self.half[keep]
        )


def held_out_models(table: pd.DataFrame) -> list[HeldOut]:
    """Read a table of held-out predictions as a run records it; several seeds are averaged, their members pooled.

    Parameters
    ----------
    table
        Columns ``arm, channel, entry, label, predicted, lower, upper`` in the target's unit and, where the model
        has members, ``members`` in model space.

    Raises
    ------
    DataError
        If a column is missing.
    """
    needed = {"arm", "channel", "entry", "label", "predicted", "lower", "upper"}
    if not needed <= set(table.columns):
        raise DataError("not a table of held-out predictions.", found=sorted(table.columns), expected=sorted(needed))
    found = []
    for (name, key), rows in table.groupby(["arm", "channel"], sort=True):
        target = Channel.parse(str(key)).definition
        values: dict[str, tuple[float, float, float, list[float]]] = {}
        families: list[str] = []
        for entry, group in rows.groupby("entry", sort=True):
            ends = [target.to_model(group[name].to_numpy(dtype=float)) for name in ("predicted", "lower", "upper")]
            half = np.max(np.abs(np.stack(ends[1:]) - ends[0]), axis=0).mean()
            members = [list(each) for each in group["members"] if each is not None] if "members" in group else []
            joined = [value for each in members for value in each]
            label = float(np.mean(target.to_model(group["label"].to_numpy(dtype=float))))
            values[str(entry)] = (label, float(np.mean(ends[0])), float(half), joined)
            families.append(str(group["family"].iloc[0]) if "family" in group else "")
        width = min((len(v[3]) for v in values.values()), default=0)
        label, predicted, half = np.array([value[:3] for value in values.values()], dtype=np.float64).T
        pooled = np.array([value[3][:width] for value in values.values()]).reshape(len(values), width)
        entries = list(values)
        found.append(HeldOut.of(str(name), str(key), entries, families, label, predicted, half=half, members=pooled))
    return found


def pair_rows(part: HeldOut, pairs: Sequence[RelatedPair]) -> list[PairRows]:
    """Differences of one model with both kinds of interval: those of related clusters held out, and independent errors.

    A paired interval is calibrated on the pairs of all other families.
    """
    known, rows = pairs_predicted(part, pairs)
    if not known:
        return []
    a, b = rows.T
    label, predicted = part.label[b] - part.label[a], part.predicted[b] - part.predicted[a]
    families = np.array([pair.family for pair in known], dtype=str)
    kinds = np.array([pair.kind for pair in known], dtype=str)
    residual, spread = difference_residuals(part, rows)
    paired = np.full(len(known), np.inf)
    for name in np.unique(families):
        own = families == name
        if not own.all():
            fitted = fit_difference_calibrations(
                residual[~own], spread[~own], families[~own].tolist(), kinds[~own].tolist()
            )
            floor = np.array([fitted[kind].floor for kind in kinds[own].tolist()])
            paired[own] = next(iter(fitted.values())).multiplier * np.hypot(spread[own], floor)
    independent = np.hypot(part.half[a], part.half[b])
    return [
        PairRows(part.name, part.key, kind, tuple(known), label, predicted, half)
        for kind, half in (("paired", paired), ("independent", independent))
        if np.isfinite(half).any()
    ]


def scores(rows: PairRows) -> dict[str, float]:
    """Scores with every family weighing the same; NaN where nothing counts.

    ``sign_accuracy`` over pairs whose labels differ by more than `NO_DIFFERENCE`; a predicted difference of exactly
    zero is half right. ``mae`` of the difference, ``mae_of_zero`` of saying that nothing differs. ``coverage`` of the
    intervals, ``resolved`` the share whose interval leaves out zero, and ``sign_accuracy_resolved`` among these.
    """
    parts, families = _sums(rows)
    return _ratios(parts, np.ones((1, families)))[0] | {"pairs": float(len(rows.pairs)), "families": float(families)}


def _sums(rows: PairRows) -> tuple[dict[str, tuple[Array, Array]], int]:
    """Numerator and denominator of each score by family, (F,) each, and the number of families."""
    families, index, counts = np.unique(rows.families, return_inverse=True, return_counts=True)
    weight = 1.0 / counts[index]
    right = np.where(rows.predicted == 0, 0.5, np.sign(rows.predicted) == np.sign(rows.label))
    counted = np.abs(rows.label) > NO_DIFFERENCE
    resolved = np.abs(rows.predicted) > rows.half
    error = np.abs(rows.predicted - rows.label)
    every = np.ones(len(weight), dtype=bool)

    def sums(values: NDArray, keep: NDArray[np.bool_]) -> tuple[Array, Array]:
        chosen = np.where(keep, weight, 0.0)
        above = np.bincount(index, chosen * np.where(keep, values, 0.0), minlength=len(families))
        below = np.bincount(index, chosen, minlength=len(families))
        return above.astype(np.float64), below.astype(np.float64)

    return {
        "sign_accuracy": sums(right, counted),
        "mae": sums(error, every),
        "mae_of_zero": sums(np.abs(rows.label), every),
        "coverage": sums(error <= rows.half, every),
        "half_width": sums(rows.half, every),
        "resolved": sums(resolved, every),
        "sign_accuracy_resolved": sums(right, counted & resolved),
    }, len(families)


def _ratios(parts: Mapping[str, tuple[Array, Array]], repeats: Array) -> list[dict[str, float]]:
    """Scores for each row of how often each family is drawn, (B, F)."""
    columns = {}
    for name, (above, below) in parts.items():
        total = repeats @ below
        with np.errstate(invalid="ignore", divide="ignore"):
            columns[name] = np.where(total > 0, (repeats @ above) / total, np.nan)
    return [{name: float(values[k]) for name, values in columns.items()} for k in range(len(repeats))]


def bootstrap(rows: PairRows, level: float = 0.95, seed: int = 0) -> dict[str, tuple[float, float]]:
    """Interval of each score when families are drawn with replacement: their pairs are no independent trials."""
    parts, families = _sums(rows)
    draws = np.random.default_rng(seed).multinomial(families, np.full(families, 1.0 / families), BOOTSTRAPS)
    found = {}
    ratios = _ratios(parts, draws.astype(np.float64))
    for name in parts:
        values = np.array([ratio[name] for ratio in ratios])
        known = values[np.isfinite(values)]
        ends = [(1 - level) / 2, (1 + level) / 2]
        low, high = np.quantile(known, ends).tolist() if len(known) else (float("nan"), float("nan"))
        found[name] = (low, high)
    return found


def risk_coverage(rows: PairRows) -> list[tuple[float, float]]:
    """Share of pairs answered, and share of wrong signs among them, surest pairs (|difference| / half-width) first.

    Only pairs whose labels differ by more than `NO_DIFFERENCE`; families weigh the same.
    """
    counted = np.abs(rows.label) > NO_DIFFERENCE
    if not counted.any():
        return []
    _, index, counts = np.unique(rows.families[counted], return_inverse=True, return_counts=True)
    weight = 1.0 / counts[index]
    sure = np.abs(rows.predicted[counted]) / rows.half[counted]
    wrong = np.where(
        rows.predicted[counted] == 0, 0.5, np.sign(rows.predicted[counted]) != np.sign(rows.label[counted])
    )
    order = np.argsort(-sure, kind="stable")
    answered, mistakes = np.cumsum(weight[order]), np.cumsum((weight * wrong)[order])
    return list(zip((answered / answered[-1]).tolist(), (mistakes / answered).tolist(), strict=True))
