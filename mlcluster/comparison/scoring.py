"""How good predicted differences are: pairs of relatives whose whole family was held out of every arm."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mlcluster.comparison.calibration import fit_difference_calibrations
from mlcluster.comparison.related import RelatedPair
from mlcluster.errors import DataError
from mlcluster.labels.channels import Channel
from mlcluster.model.calibration import LEVEL, Calibration, families_needed

if TYPE_CHECKING:
    import pandas as pd

Array = NDArray[np.float64]

NO_DIFFERENCE = 0.02
"""Differences of labels (model space) below this have no sign worth knowing: two relaxations of one structure differ by
as much."""

BOOTSTRAPS = 1000


@dataclass(frozen=True, eq=False)
class PairRows:
    """Predicted differences of one arm for one channel, model space.

    Parameters
    ----------
    arm, channel, interval
        Name of the arm, ``target:method``, and ``"paired"`` or ``"independent"``.
    pairs
        One a row.
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


@dataclass(frozen=True, eq=False)
class HeldOut:
    """What one arm says of entries whose family it has not seen, model space."""

    arm: str
    channel: str
    index: Mapping[str, int]
    label: Array
    predicted: Array
    half: Array
    members: Array | None


def held_out_arms(table: pd.DataFrame) -> list[HeldOut]:
    """Read a table of held-out predictions as a run records it; several seeds are averaged, their members pooled.

    Parameters
    ----------
    table
        Columns ``arm, channel, entry, label, predicted, lower, upper`` in the target's unit and, where the arm has
        members, ``members`` in model space.

    Raises
    ------
    DataError
        If a column is missing.
    """
    needed = {"arm", "channel", "entry", "label", "predicted", "lower", "upper"}
    if not needed <= set(table.columns):
        raise DataError("not a table of held-out predictions.", found=sorted(table.columns), expected=sorted(needed))
    arms = []
    for (arm, key), rows in table.groupby(["arm", "channel"], sort=True):
        target = Channel.parse(str(key)).definition
        values = {}
        for entry, group in rows.groupby("entry", sort=True):
            ends = [target.to_model(group[name].to_numpy(dtype=float)) for name in ("predicted", "lower", "upper")]
            half = np.max(np.abs(np.stack(ends[1:]) - ends[0]), axis=0).mean()
            members = [list(each) for each in group["members"] if each is not None] if "members" in group else []
            joined = [value for each in members for value in each]
            label = float(np.mean(target.to_model(group["label"].to_numpy(dtype=float))))
            values[str(entry)] = (label, float(np.mean(ends[0])), float(half), joined)
        width = min((len(v[3]) for v in values.values()), default=0)
        arms.append(
            HeldOut(
                str(arm),
                str(key),
                {entry: k for k, entry in enumerate(values)},
                np.array([v[0] for v in values.values()]),
                np.array([v[1] for v in values.values()]),
                np.array([v[2] for v in values.values()]),
                np.array([v[3][:width] for v in values.values()]) if width else None,
            )
        )
    return arms


def pair_rows(arm: HeldOut, pairs: Sequence[RelatedPair]) -> list[PairRows]:
    """Differences of one arm with both kinds of interval: those of relatives held out, and independent errors.

    A paired interval is calibrated on the pairs of all other families.
    """
    known = [pair for pair in pairs if pair.a in arm.index and pair.b in arm.index]
    if not known:
        return []
    a = np.array([arm.index[pair.a] for pair in known])
    b = np.array([arm.index[pair.b] for pair in known])
    label, predicted = arm.label[b] - arm.label[a], arm.predicted[b] - arm.predicted[a]
    families = np.array([pair.family for pair in known], dtype=str)
    kinds = np.array([pair.kind for pair in known], dtype=str)
    spread = member_spread(arm, a, b)
    paired = np.full(len(known), np.inf)
    for name in np.unique(families):
        own = families == name
        if not own.all():
            fitted = fit_difference_calibrations(
                (label - predicted)[~own], spread[~own], families[~own].tolist(), kinds[~own].tolist()
            )
            floor = np.array([fitted[kind].floor for kind in kinds[own].tolist()])
            paired[own] = next(iter(fitted.values())).multiplier * np.hypot(spread[own], floor)
    independent = np.hypot(arm.half[a], arm.half[b])
    return [
        PairRows(arm.arm, arm.channel, kind, tuple(known), label, predicted, half)
        for kind, half in (("paired", paired), ("independent", independent))
        if np.isfinite(half).any()
    ]


def member_spread(arm: HeldOut, a: NDArray[np.int64], b: NDArray[np.int64]) -> Array:
    """Standard deviation over the members of the difference B - A, model space; zero without members."""
    if arm.members is None or arm.members.shape[1] < 2:
        return np.zeros(len(a))
    return np.std(arm.members[b] - arm.members[a], axis=1, ddof=1)


def calibrate_arm(arm: HeldOut, pairs: Sequence[RelatedPair]) -> dict[str, Calibration]:
    """Calibrations of paired differences on all families, by kind; none where families are too few."""
    known = [pair for pair in pairs if pair.a in arm.index and pair.b in arm.index]
    families = [pair.family for pair in known]
    if len(set(families)) < families_needed(LEVEL):
        return {}
    a = np.array([arm.index[pair.a] for pair in known])
    b = np.array([arm.index[pair.b] for pair in known])
    residual = (arm.label[b] - arm.label[a]) - (arm.predicted[b] - arm.predicted[a])
    return fit_difference_calibrations(residual, member_spread(arm, a, b), families, [pair.kind for pair in known])


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
