"""The candidates of a screen as a refinement sees them: facts, first estimates, descriptors; read from its table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlcluster.errors import ConfigError
from mlcluster.labels.methods import Channel
from mlcluster.levels.calculation.predict import bundled_calculation_model
from mlcluster.prediction.criteria import Criterion, in_model_space
from mlcluster.prediction.refinement.pair_shells import pair_shells, standardised
from mlcluster.prediction.screening.screen_table import read_screen, read_structures

Array = NDArray[np.float64]

CALCULATION, REFINED = "calculation", "refined"
"""The `basis` of rows that were calculated, and of those that the calculations of others tell."""

_COLUMNS = "input content cluster target method basis value lower upper level".split()


@dataclass(frozen=True, kw_only=True, eq=False)
class Candidates:
    """Distinct clusters of a screen, N of them, and what its rows say of K criteria.

    Parameters
    ----------
    keys
        Content of the input and place of the cluster within it; equal inputs are one candidate.
    inputs
        Number of the first input of that content.
    means, sigmas
        First estimates in model space, (N, K); NaN where there is none.
    descriptors
        Standardised, (N, D).
    place
        Number of a candidate by its key.
    """

    keys: list[tuple[str, int]]
    inputs: list[int]
    means: Array
    sigmas: Array
    descriptors: Array
    place: dict[tuple[str, int], int] = field(default_factory=dict)


def wanted_channels(criteria: Sequence[Criterion]) -> list[list[str]]:
    """Channels of the calculation level that answer each criterion, none for those it knows nothing of.

    Raises
    ------
    ConfigError
        If it answers none at all.
    """
    channels = [Channel.parse(key) for key in bundled_calculation_model().channels]
    found = [
        [c.key for c in channels if c.target == criterion.target and criterion.method in (None, c.method)]
        for criterion in criteria
    ]
    if not any(found):
        raise ConfigError(
            "no calculation tells what is looked for, so there is nothing to refine.",
            found=", ".join(map(str, criteria)),
            expected=f"a criterion on one of {', '.join(channel.key for channel in channels)}",
        )
    return found


def candidates_of(directory: Path, criteria: Sequence[Criterion]) -> Candidates:
    """Read the distinct clusters of a screen; those that failed are none.

    First estimates are those of the screen itself, of another method where a criterion's own was not predicted: they
    only order.

    Raises
    ------
    ConfigError
        If there is nothing of what a criterion asks for.
    """
    rows = read_screen(directory, _COLUMNS).to_pandas()
    rows = rows[rows["target"].notna() & ~rows["basis"].isin((CALCULATION, REFINED))]
    key = [rows["input"], rows["cluster"]]
    first = rows.groupby(key, sort=False).first().reset_index(names=["input", "cluster"])
    first["place"] = first.groupby("input").cumcount()
    distinct = first.drop_duplicates(["content", "place"])
    means, sigmas = (np.full((len(distinct), len(criteria)), np.nan) for _ in range(2))
    for k, criterion in enumerate(criteria):
        chosen = rows[rows["target"] == criterion.target]
        if chosen.empty:
            there = ", ".join(sorted(set(rows["target"])))
            raise ConfigError("this screen has no prediction of what is asked for.", found=criterion, expected=there)
        usual = chosen.assign(other=chosen["method"] != criterion.method).sort_values("other", kind="stable")
        own = usual.drop_duplicates(["input", "cluster"]).set_index(["input", "cluster"])
        own = own.reindex(list(zip(distinct["input"], distinct["cluster"], strict=True)))
        value, lower, upper, level = (own[name].to_numpy(np.float64) for name in ("value", "lower", "upper", "level"))
        told = np.isfinite(value)
        means[told, k], sigmas[told, k] = in_model_space(
            criterion.definition, value[told], lower[told], upper[told], level[told]
        )
    keys = list(zip(distinct["content"].tolist(), distinct["place"].tolist(), strict=True))
    return Candidates(
        keys=keys,
        inputs=distinct["input"].tolist(),
        means=means,
        sigmas=sigmas,
        descriptors=_descriptors(directory, distinct, rows),
        place={key: number for number, key in enumerate(keys)},
    )


def _descriptors(directory: Path, distinct: Any, rows: Any) -> Array:
    """Shells of every candidate beside what the network says of it."""
    network = rows[rows["basis"] == "network"]
    told = network.pivot_table(
        index=["input", "cluster"], columns=["target", "method"], values="value", aggfunc="first"
    )
    told = told.reindex(list(zip(distinct["input"], distinct["cluster"], strict=True)))
    told = told.fillna(told.mean()).fillna(0.0).to_numpy()
    shells: dict[int, list[dict[str, float]]] = {}
    for number, cluster in read_structures(directory, distinct["input"].tolist()):
        shells.setdefault(number, []).append(pair_shells(cluster))
    own = [shells[number][place] for number, place in zip(distinct["input"], distinct["place"], strict=True)]
    both = [
        shell | {f"network {column}": value for column, value in enumerate(values)}
        for shell, values in zip(own, told.tolist(), strict=True)
    ]
    return standardised(both) if both else np.zeros((0, 0))
