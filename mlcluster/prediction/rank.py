"""`rank`: the clusters of a screen in the order of how surely they meet the criteria."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlcluster.errors import ConfigError, InputError
from mlcluster.labels.own_targets import declare_targets
from mlcluster.prediction.criteria import Criterion, in_model_space, parse_criteria
from mlcluster.prediction.proposals import propose as pick
from mlcluster.prediction.screening.screen_record import read_header
from mlcluster.prediction.screening.screen_table import part_files, read_screen

_KEY = ["input", "cluster"]
_FACTS = ["id", "file", "cluster", "formula", "charge", "multiplicity", "family", "parent", "edits", "input"]
_PREDICTED = ["target", "method", "value", "lower", "upper", "level", "unit", "applicability"]
_WHOLE = ("charge", "multiplicity", "input")
_SHOWN = ["probability", "value", "lower", "upper", "unit", "method", "applicability", "informative"]


def rank(
    directory: str | Path,
    want: Sequence[str] | str,
    *,
    propose: int = 0,
    per_family: int | None = None,
    top: int | None = None,
    seed: int = 0,
    anyway: bool = False,
) -> list[dict[str, Any]]:
    """Order the clusters of a screen by how surely they meet all criteria.

    The probability of one criterion takes the prediction as normal in model space (`mlcluster.prediction.criteria`),
    that of all of them takes their errors as independent; `at_least` and `at_most` hold whatever the dependence
    (the bounds of Frechet). The order is that of `Criterion.cautious`, in which nobody gains by a wider interval;
    clusters outside the applicability domain of a prediction come behind all that are inside.

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
    anyway
        Rank also by a target that its model does not know better than the mean of known clusters.

    Returns
    -------
    list[dict[str, Any]]
        One dictionary a cluster, the surest first: rank, name (parent and edits, or its own, with its
        file where two have one name), score (what the order
        goes by), probability, at_least, at_most, front (on the Pareto front of the probabilities of the criteria),
        family_rank (place within its family), proposed (place among the proposals, or None) and chance (that this or an
        earlier proposal meets the criteria), what the cluster is, and for each criterion ``NAME_probability``,
        ``NAME_value``, ``NAME_lower``, ``NAME_upper``, ``NAME_unit``, ``NAME_method``, ``NAME_applicability`` and
        ``NAME_informative``. A cluster without a prediction that is asked for comes last, its probability None.

    Raises
    ------
    InputError
        If there is no screen in the directory, or nothing in it was predicted.
    ConfigError
        If a criterion cannot be understood, its target was not predicted, or no model that predicted it knows more
        than the mean, by its own held-out scores.
    """
    # What a model of the user's own has predicted is known by its record alone.
    declare_targets((read_header(directory) or {}).get("targets", {}))
    criteria = parse_criteria([want] if isinstance(want, str) else list(want))
    found = _candidates(directory, criteria)
    if not anyway:
        _refuse_uninformed(criteria, found)
    probability, score = found.chances.prod(axis=1), found.cautious.prod(axis=1)
    order = np.lexsort((-np.nan_to_num(score, nan=-1.0), found.doubtful, ~np.isfinite(score))).tolist()
    front = pareto_front(np.nan_to_num(found.cautious, nan=-1.0)) & np.isfinite(probability)
    families = [family or "" for family in found.facts["family"]]
    kinds = list(zip(found.facts["formula"], found.facts["charge"], strict=True))
    picks = (
        pick(propose, criteria, found.means, found.sigmas, families, kinds, probability, seed=seed) if propose else []
    )
    proposed = {number: (place, chance) for place, (number, chance) in enumerate(picks, start=1)}
    names = _names(found.facts)
    rows: list[dict[str, Any]] = []
    of_family: Counter[str] = Counter()
    for place, i in enumerate(order, start=1):
        of_family[families[i]] += 1
        wanted = (top is None or len(rows) < top) and (per_family is None or of_family[families[i]] <= per_family)
        if not wanted and i not in proposed:
            continue
        pick_place, chance = proposed.get(i, (None, None))
        rows.append(
            {"rank": place, "name": names[i], "score": _finite(score[i]), **_joint(found.chances[i])}
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
    chances, cautious
        Probability of each criterion, and that of `Criterion.cautious`, (N, K).
    doubtful
        Whether a prediction lies outside the applicability domain, or its model knows no more than the mean, (N,).
    """

    facts: dict[str, list]
    shown: dict[str, list]
    means: NDArray[np.float64]
    sigmas: NDArray[np.float64]
    chances: NDArray[np.float64]
    cautious: NDArray[np.float64]
    doubtful: NDArray[np.bool_]


def _candidates(directory: str | Path, criteria: Sequence[Criterion]) -> Candidates:
    columns = list(dict.fromkeys([*_KEY, *_FACTS, *_PREDICTED]))
    with_scores = "informative" in _columns(directory)
    table = read_screen(directory, [*columns, *(["informative"] if with_scores else [])]).to_pandas()
    table = table[table["target"].notna()]
    if table.empty:
        raise InputError("nothing in this screen was predicted.", file=directory)
    clusters = table.drop_duplicates(_KEY).set_index(_KEY, drop=False)
    means, sigmas, chances, cautious = (np.full((len(clusters), len(criteria)), np.nan) for _ in range(4))
    doubtful = np.zeros(len(clusters), dtype=bool)
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
        least = float(np.min(sigmas[known, k], initial=np.inf))
        cautious[known, k] = criterion.cautious(means[known, k], sigmas[known, k], least)
        rows["probability"] = chances[:, k]
        # What says nothing of itself is taken at its word.
        rows["informative"] = rows["informative"].fillna(True).astype(bool) if with_scores else True
        doubtful |= ((rows["applicability"] == "outside") | ~rows["informative"]).to_numpy()
        shown |= {f"{criterion.name}_{key}": _plain(rows[key]) for key in _SHOWN}
    facts = {key: _plain(clusters[key]) for key in _FACTS}
    return Candidates(
        facts=facts,
        shown=shown,
        means=means,
        sigmas=sigmas,
        chances=chances,
        cautious=cautious,
        doubtful=doubtful,
    )


def _refuse_uninformed(criteria: Sequence[Criterion], found: Candidates) -> None:
    """Stop at a criterion that every prediction answers with no more than the mean of known clusters."""
    for criterion in criteria:
        informed = found.shown[f"{criterion.name}_informative"]
        values = found.shown[f"{criterion.name}_value"]
        if not any(known for known, value in zip(informed, values, strict=True) if value is not None):
            raise ConfigError(
                f"the model of {criterion.name} is no better than the mean of known clusters, by its own held-out "
                "scores: an order by it would be an order of noise.",
                found=criterion,
                hint="--anyway (anyway=True) ranks all the same; mlcluster runs card shows the scores.",
            )


def _names(facts: Mapping[str, Sequence[Any]]) -> list[str]:
    """What each candidate is: its parent and what was done to it, or its own name; where names repeat, with its file.

    Where files repeat as well, as in a set of many, the name its set gave it stands for the file.
    """
    edited = zip(facts["parent"], facts["edits"], facts["cluster"], strict=True)
    plain = [f"{parent}, {edits}" if parent and edits else str(cluster) for parent, edits, cluster in edited]
    often = Counter(plain)
    files = [Path(str(file or "")) for file in facts["file"]]
    alike = {name for name, count in often.items() if count > 1}
    short = Counter((name, file.name) for name, file in zip(plain, files, strict=True))
    named = []
    for name, file, entry in zip(plain, files, facts["id"], strict=True):
        told = file.name if short[name, file.name] == 1 else str(entry or file)
        named.append(f"{name} ({told})" if name in alike and told != name else name)
    return named


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _columns(directory: str | Path) -> set[str]:
    """Columns of the first part of a screen; those made by an earlier version have fewer."""
    import pyarrow.parquet as pq

    return set(pq.read_schema(next(iter(part_files(directory)))).names) if part_files(directory) else set()


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

    Examples
    --------
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
