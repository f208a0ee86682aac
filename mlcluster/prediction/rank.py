"""`rank`: the clusters of a screen in the order of how likely they meet the criteria."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlcluster.errors import ConfigError, InputError
from mlcluster.labels.own_targets import declare_targets
from mlcluster.prediction.criteria import Criterion, in_model_space, parse_criteria
from mlcluster.prediction.proposals import propose as pick
from mlcluster.prediction.screening.screen_table import read_header, read_screen

_KEY = ["input", "cluster"]
_FACTS = ["id", "file", "cluster", "formula", "charge", "multiplicity", "family", "parent", "edits", "input"]
_PREDICTED = ["target", "method", "value", "lower", "upper", "level", "unit", "applicability"]
_WHOLE = ("charge", "multiplicity", "input")
_SHOWN = ["probability", "value", "lower", "upper", "unit", "method", "applicability"]


def rank(
    directory: str | Path,
    want: Sequence[str] | str,
    *,
    propose: int = 0,
    per_family: int | None = None,
    top: int | None = None,
    seed: int = 0,
) -> list[dict[str, Any]]:
    """Order the clusters of a screen by the probability that they meet all criteria.

    The probability of one criterion takes the prediction as normal in model space (`mlcluster.prediction.criteria`),
    that of all of them takes their errors as independent; `at_least` and `at_most` hold whatever the dependence
    (the bounds of Frechet).

    Parameters
    ----------
    directory
        As given to `screen`; it need not be finished.
    want
        Criteria such as ``"quantum_yield>0.3"`` and ``"emission in 700..900"``, in the units of the targets.
    propose
        Number of clusters to pick for measurement (`mlcluster.prediction.proposals`).
    per_family
        Most rows of one family; all when None.
    top
        Most rows; all when None. What is proposed is listed in any case.
    seed
        Of the draws behind the proposals.

    Returns
    -------
    One dictionary a cluster, the likeliest first: rank, probability, at_least, at_most, front (on the Pareto front of
    the probabilities of the criteria), family_rank (place within its family), proposed (place among the proposals, or
    None) and chance (that this or an earlier proposal meets the criteria), what the cluster is, and for each criterion
    ``NAME_probability``, ``NAME_value``, ``NAME_lower``, ``NAME_upper``, ``NAME_unit``, ``NAME_method`` and
    ``NAME_applicability``. A cluster without a prediction that is asked for comes last, its probability None.

    Raises
    ------
    InputError
        If there is no screen in the directory, or nothing in it was predicted.
    ConfigError
        If a criterion cannot be understood, or its target was not predicted.
    """
    # What a model of the user's own has predicted is known by its record alone.
    declare_targets((read_header(directory) or {}).get("targets", {}))
    criteria = parse_criteria([want] if isinstance(want, str) else list(want))
    found = _candidates(directory, criteria)
    probability = found.chances.prod(axis=1)
    order = np.argsort(-np.nan_to_num(probability, nan=-1.0), kind="stable").tolist()
    front = pareto_front(np.nan_to_num(found.chances, nan=-1.0)) & np.isfinite(probability)
    families = [family or "" for family in found.facts["family"]]
    kinds = list(zip(found.facts["formula"], found.facts["charge"], strict=True))
    picks = (
        pick(propose, criteria, found.means, found.sigmas, families, kinds, probability, seed=seed) if propose else []
    )
    proposed = {number: (place, chance) for place, (number, chance) in enumerate(picks, start=1)}
    rows: list[dict[str, Any]] = []
    of_family: Counter[str] = Counter()
    for place, i in enumerate(order, start=1):
        of_family[families[i]] += 1
        wanted = (top is None or len(rows) < top) and (per_family is None or of_family[families[i]] <= per_family)
        if not wanted and i not in proposed:
            continue
        pick_place, chance = proposed.get(i, (None, None))
        rows.append(
            {"rank": place, **_joint(found.chances[i])}
            | {"front": bool(front[i]), "family_rank": of_family[families[i]]}
            | {"proposed": pick_place, "chance": chance}
            | {key: values[i] for key, values in found.facts.items()}
            | {key: values[i] for key, values in found.shown.items()}
        )
    return rows


@dataclass(frozen=True, kw_only=True)
class Candidates:
    """N clusters and what K criteria ask of them.

    Parameters
    ----------
    facts
        What each cluster is, columns of N plain values.
    shown
        What was predicted for each criterion, columns likewise.
    means, sigmas
        Predictions in model space, (N, K); NaN where there is none.
    chances
        Probability of each criterion, (N, K).
    """

    facts: dict[str, list]
    shown: dict[str, list]
    means: NDArray[np.float64]
    sigmas: NDArray[np.float64]
    chances: NDArray[np.float64]


def _candidates(directory: str | Path, criteria: Sequence[Criterion]) -> Candidates:
    columns = list(dict.fromkeys([*_KEY, *_FACTS, *_PREDICTED]))
    table = read_screen(directory, columns).to_pandas()
    table = table[table["target"].notna()]
    if table.empty:
        raise InputError("nothing in this screen was predicted.", file=directory)
    clusters = table.drop_duplicates(_KEY).set_index(_KEY, drop=False)
    means, sigmas, chances = (np.full((len(clusters), len(criteria)), np.nan) for _ in range(3))
    shown: dict[str, list] = {}
    for k, criterion in enumerate(criteria):
        # The default method of a target stands first.
        rows = _of_criterion(criterion, table).drop_duplicates(_KEY).set_index(_KEY).reindex(clusters.index)
        value, lower, upper, level = (rows[key].to_numpy(np.float64) for key in ("value", "lower", "upper", "level"))
        known = np.isfinite(value)
        means[known, k], sigmas[known, k] = in_model_space(
            criterion.definition, value[known], lower[known], upper[known], level[known]
        )
        chances[known, k] = criterion.probability(means[known, k], sigmas[known, k])
        rows["probability"] = chances[:, k]
        shown |= {f"{criterion.name}_{key}": _plain(rows[key]) for key in _SHOWN}
    facts = {key: _plain(clusters[key]) for key in _FACTS}
    return Candidates(facts=facts, shown=shown, means=means, sigmas=sigmas, chances=chances)


def _of_criterion(criterion: Criterion, table: Any) -> Any:
    rows = table[
        (table["target"] == criterion.target) & ((criterion.method is None) | (table["method"] == criterion.method))
    ]
    if rows.empty:
        there = sorted({f"{a}:{b}" for a, b in zip(table["target"], table["method"], strict=True)})
        raise ConfigError(
            "this screen has no prediction of what is asked for.", found=criterion, expected=", ".join(there)
        )
    return rows


def _joint(chances: NDArray[np.float64]) -> dict[str, float | None]:
    if not np.isfinite(chances).all():
        return dict.fromkeys(("probability", "at_least", "at_most"))
    least = max(0.0, float(chances.sum()) - len(chances) + 1.0)
    return {"probability": float(chances.prod()), "at_least": least, "at_most": float(chances.min())}


def _plain(column: Any) -> list:
    """Python values, None for what is missing; a missing value has made floats of whole numbers."""
    values = column.astype(object).where(column.notna(), None).tolist()
    return [None if v is None else int(v) for v in values] if column.name in _WHOLE else values


def pareto_front(scores: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which rows no other row beats: at least as good in every column and better in one.

    Parameters
    ----------
    scores
        (N, K), larger is better.

    >>> pareto_front(np.array([[1.0, 0.0], [0.5, 0.5], [0.4, 0.5], [0.0, 1.0]])).tolist()
    [True, True, False, True]
    """
    best = np.empty((0, scores.shape[1]))
    front = np.zeros(len(scores), dtype=bool)
    # A row can only be beaten by one with a larger sum, so whoever is not beaten when it comes never is.
    for i in np.argsort(-scores.sum(axis=1), kind="stable"):
        row = scores[i]
        if not ((best >= row).all(axis=1) & (best > row).any(axis=1)).any():
            front[i] = True
            best = np.vstack([best, row])
    return front
