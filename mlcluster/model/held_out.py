"""`HeldOut`: what models and baselines say of entries held out of them, one row an entry, and its scores."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mlcluster.labels.methods import Channel
from mlcluster.model.calibration import fit_calibration
from mlcluster.model.domain import CRITERIA, fit_thresholds, is_outside
from mlcluster.model.scores import coverage_of, ranking_gain, regression_metrics

Array = NDArray[np.float64]
Names = NDArray[np.str_]


@dataclass(frozen=True, kw_only=True, eq=False)
class HeldOut:
    """A table of held-out predictions; `parts` gives those of one model and channel, which alone have scores.

    Parameters
    ----------
    model
        Name of the model or baseline in tables, (N,).
    channel
        ``target:method``, (N,).
    seed, left_out
        Fold that held the row out: its seed, and the family or part left out, "" where the whole run holds it out.
    entry, family
        Of each row.
    label, predicted
        Model space, (N,).
    spread
        Standard deviation over the members, model space, (N,); 0 for a model without members.
    distance
        Applicability-domain distances: how far each row lies beyond what its model had learned from, (N, 4), columns as
        `mlcluster.model.domain.CRITERIA`; NaN where it was not measured.
    half
        Half-width of the interval, model space, (N,); NaN before calibration.
    members
        What each member says, model space, (N, M); NaN for a model without members. Differences of entries are taken
        member by member.
    """

    model: Names
    channel: Names
    seed: NDArray[np.int64]
    left_out: Names
    entry: Names
    family: Names
    label: Array
    predicted: Array
    spread: Array
    distance: Array
    half: Array
    members: Array

    @classmethod
    def of(
        cls,
        model: str,
        channel: str,
        entry: Sequence[str],
        family: Sequence[str],
        label: ArrayLike,
        predicted: ArrayLike,
        **columns: Any,
    ) -> HeldOut:
        """Rows of one model and channel; of the other columns one value stands for all rows, or none is known."""
        n = len(entry)
        given: dict[str, Any] = {"seed": 0, "left_out": "", "spread": 0.0, "half": np.nan, "distance": np.nan} | columns

        def filled(values: Any, *shape: int) -> Array:
            return np.broadcast_to(np.asarray(values, dtype=np.float64), (n, *shape))

        return cls(
            model=np.array([model] * n, dtype=str),
            channel=np.array([channel] * n, dtype=str),
            seed=np.full(n, given["seed"], dtype=np.int64),
            left_out=np.array([given["left_out"]] * n, dtype=str),
            entry=np.array(entry, dtype=str).reshape(n),
            family=np.array(family, dtype=str).reshape(n),
            label=filled(label),
            predicted=filled(predicted),
            spread=filled(given["spread"]),
            distance=filled(given["distance"], len(CRITERIA)),
            half=filled(given["half"]),
            members=np.asarray(given["members"], dtype=np.float64) if "members" in given else np.empty((n, 0)),
        )

    @classmethod
    def joined(cls, tables: Iterable[HeldOut]) -> HeldOut:
        """All rows of several tables; a row with fewer members than another has NaN for those it lacks."""
        parts = list(tables) or [cls.of("", "", (), (), (), ())]
        widest = max(part.members.shape[1] for part in parts)
        whole = {
            field.name: np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(cls)[:-1]
        }
        missing = [((0, 0), (0, widest - part.members.shape[1])) for part in parts]
        members = [np.pad(p.members, gap, constant_values=np.nan) for p, gap in zip(parts, missing, strict=True)]
        return cls(**whole, members=np.concatenate(members))

    def __len__(self) -> int:
        return len(self.entry)

    def rows(self, keep: ArrayLike) -> HeldOut:
        """Rows of a mask or of row numbers."""
        chosen = np.asarray(keep)
        return HeldOut(**{field.name: getattr(self, field.name)[chosen] for field in fields(self)})

    def of_entries(self, entries: Collection[str]) -> HeldOut:
        """Rows of some entries."""
        return self.rows(np.array([entry in entries for entry in self.entry.tolist()], dtype=bool))

    def of_models(self, *names: str) -> HeldOut:
        """Rows of some models or baselines."""
        return self.rows(np.isin(self.model, names))

    def parts(self) -> list[HeldOut]:
        """Rows of each channel and model, in the order in which they first occur."""
        keys = list(zip(self.channel.tolist(), self.model.tolist(), strict=True))
        numbers = {key: number for number, key in enumerate(dict.fromkeys(keys))}
        place = np.array([numbers[key] for key in keys], dtype=np.int64)
        return [self.rows(place == number) for number in numbers.values()]

    def each(self, change: Callable[[HeldOut], HeldOut]) -> HeldOut:
        """The table of what `change` makes of each part."""
        return HeldOut.joined(change(part) for part in self.parts())

    @property
    def name(self) -> str:
        """Model or baseline of a part."""
        return str(self.model[0])

    @property
    def key(self) -> str:
        """Channel of a part."""
        return str(self.channel[0])

    @property
    def families(self) -> list[str]:
        """Families of the rows, each once, in alphabetical order."""
        return sorted(set(self.family.tolist()))

    def in_unit(self) -> tuple[Array, Array, Array, Array]:
        """Label, prediction, and lower and upper end of the 90 % interval of a part, in the target's unit."""
        target = Channel.parse(self.key).definition
        lower, upper = target.interval_from_model(self.predicted - self.half, self.predicted + self.half)
        return target.from_model(self.label), target.from_model(self.predicted), lower, upper

    @property
    def latent_distance(self) -> Array:
        """Latent distance, (N,)."""
        return self.distance[:, CRITERIA.index("latent distance")]

    @property
    def doubt(self) -> Array:
        """Half-width that one calibration of all rows gives, model space, (N,): what rows are ranked by.

        Nested intervals cannot rank them: those of a family are narrower the worse it fares, as only the others count.
        """
        outside = is_outside(self.distance, fit_thresholds(self.distance, self.family.tolist()))
        fitted = fit_calibration(self.label - self.predicted, self.spread, self.family.tolist(), outside=outside)
        return fitted.half_width(self.spread, outside)

    def inside(self) -> NDArray[np.bool_]:
        """Whether each label lies in its interval, (N,)."""
        return np.abs(self.label - self.predicted) <= self.half

    def scores(self) -> dict[str, float]:
        """Scores of a part over all rows, and means over the scores of each family.

        ``mae_over_families`` lets a small family count as much as a large one; ``spearman_within_families`` asks for
        the order of relatives alone, whatever the level of their family. ``coverage`` and ``coverage_over_families``
        have 95 % intervals (``_low``, ``_high``) that know that rows of one family go together; ``coverage_rows_low``
        and ``_high`` are the binomial ones of independent rows. ``ranking_by_width`` and ``ranking_by_distance`` say
        how well these rank the errors, families weighing the same: 1 as the errors themselves, 0 not at all.
        """
        label, predicted, lower, upper = self.in_unit()
        each = [regression_metrics(predicted[rows], label[rows]) for rows in self._by_family()]
        error = np.abs(predicted - label)
        scores = regression_metrics(predicted, label) | {
            "mae_over_families": float(np.mean([scores["mae"] for scores in each])),
            "spearman_within_families": float(np.mean([scores["spearman"] for scores in each])),
            "ranking_by_distance": self._ranking(error, self.latent_distance),
        }
        if np.isnan(self.half).any():
            return scores
        covered = coverage_of(self.inside(), self.family.tolist())
        return scores | {
            "coverage": covered.share,
            "coverage_low": covered.low,
            "coverage_high": covered.high,
            "coverage_rows_low": covered.rows_low,
            "coverage_rows_high": covered.rows_high,
            "coverage_over_families": covered.family_share,
            "coverage_over_families_low": covered.family_low,
            "coverage_over_families_high": covered.family_high,
            "width": float((upper - lower).mean()),
            "ranking_by_width": self._ranking(error, self.doubt),
        }

    def _by_family(self) -> list[NDArray[np.bool_]]:
        return [self.family == name for name in self.families]

    def _ranking(self, error: Array, doubt: Array) -> float:
        known = np.isfinite(doubt)
        return ranking_gain(error[known], doubt[known], self.family[known].tolist())["gain"]

    def mae_by_family(self) -> dict[str, float]:
        """Mean absolute error of a part on each family, in the target's unit."""
        label, predicted, _, _ = self.in_unit()
        errors = np.abs(predicted - label)
        return {name: float(errors[rows].mean()) for name, rows in zip(self.families, self._by_family(), strict=True)}

    def to_json(self) -> dict[str, list]:
        """Plain values of each column, number for number."""
        return {field.name: getattr(self, field.name).tolist() for field in fields(self)}

    @classmethod
    def from_json(cls, columns: Mapping[str, list]) -> HeldOut:
        """Table from what `to_json` gave."""
        empty = cls.of("", "", (), (), (), ())
        if not columns["entry"]:
            return empty
        kinds = {name: getattr(empty, name).dtype for name in columns}
        return cls(
            **{name: np.array(columns[name], dtype=str if kind.kind == "U" else kind) for name, kind in kinds.items()}
        )


def with_fold(table: HeldOut, seed: int, left_out: str | None) -> HeldOut:
    """The same rows with the fold that held them out."""
    names = np.array([left_out or ""] * len(table), dtype=str)
    return replace(table, seed=np.full(len(table), seed, dtype=np.int64), left_out=names)
