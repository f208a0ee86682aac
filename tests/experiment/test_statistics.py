"""Scores and intervals over families, against tables worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from mlcluster.experiment.statistics import (
    Rows,
    estimate,
    family_weights,
    family_wins,
    paired_difference,
    resampled_scores,
    score,
)
from mlcluster.model.scores import regression_metrics


def rows(families: str, errors: list[float], labels: list[float] | None = None, folds: str | None = None) -> Rows:
    label = np.array(labels if labels is not None else [1.0] * len(errors))
    predicted = label + np.array(errors)
    return Rows(
        entries=tuple(f"{family}{number}" for number, family in enumerate(families)),
        families=tuple(families),
        folds=tuple(folds or families),
        label=label,
        predicted=predicted,
        lower=predicted - 0.15,
        upper=predicted + 0.15,
    )


def test_interval_is_that_of_families_not_of_rows() -> None:
    # A is 0.1 better in every one of ten rows, B 0.1 worse. Two families drawn with replacement are AA, AB or BB with
    # probabilities 1/4, 1/2, 1/4: the 5 % and 95 % quantiles are the extremes. Rows drawn one by one would give a
    # difference of 0.00 +- 0.02.
    arm = rows("A" * 10 + "B" * 10, [0.1] * 10 + [-0.3] * 10)
    reference = rows("A" * 10 + "B" * 10, [0.2] * 20)
    found = paired_difference("mae", [arm], [reference])
    assert (found.value, found.lower, found.upper) == pytest.approx((0.0, -0.1, 0.1))
    assert not found.resolved and found.families == 2 and found.seed_sd is None


def test_large_families_weigh_by_their_rows_unless_asked() -> None:
    arm, reference = rows("AAAB", [0.1, 0.1, 0.1, 0.3]), rows("AAAB", [0.2] * 4)
    assert paired_difference("mae", [arm], [reference]).value == pytest.approx(-0.05)
    assert paired_difference("mae_over_families", [arm], [reference]).value == pytest.approx(0.0)
    assert family_wins([arm], [reference]) == (1, 2)


def test_what_is_better_everywhere_is_resolved() -> None:
    arm, reference = rows("ABC", [0.1, 0.2, 0.3]), rows("ABC", [0.2, 0.3, 0.5])
    found = paired_difference("mae", [arm], [reference])
    assert found.resolved and found.value == pytest.approx(-0.4 / 3)
    # CCC has probability 1/27, so the 5 % quantile is that of two C: (-0.2 - 0.2 - 0.1) / 3. A and B alone have 8/27.
    assert (found.lower, found.upper) == pytest.approx((-0.5 / 3, -0.1))
    assert found.fold_sd == pytest.approx(np.std([-0.1, -0.1, -0.2], ddof=1))


def test_seeds_are_averaged_and_their_spread_told() -> None:
    one, other = rows("AB", [0.1, 0.1]), rows("AB", [0.3, 0.3])
    found = estimate("mae", [one, other])
    assert found.value == pytest.approx(0.2) and found.seed_sd == pytest.approx(0.1 * 2**0.5)
    assert found.fold_sd == pytest.approx(0.0)
    # Seed by seed: a reference that drifts with the seed as the arm does takes nothing from the difference.
    pair = paired_difference("mae", [one, other], [rows("AB", [0.2, 0.2]), rows("AB", [0.4, 0.4])])
    assert pair.value == pytest.approx(-0.1) and pair.seed_sd == pytest.approx(0.0) and pair.resolved


@pytest.mark.parametrize("name", ["mae", "rmse", "r2", "spearman"])
def test_scores_are_those_of_the_metrics(name: str) -> None:
    drawn = np.random.default_rng(0)
    some = rows("AABBBCC", list(drawn.normal(0, 0.3, 7)), labels=list(drawn.normal(1, 1, 7)))
    assert score(name, some) == pytest.approx(regression_metrics(some.predicted, some.label)[name])
    # A resample with B twice and without C is the score of those rows written out.
    kept = some.chosen(np.array([0, 1, 2, 3, 4, 2, 3, 4]))  # type: ignore[arg-type]
    found = resampled_scores(name, some, np.array([[1.0, 2.0, 0.0]]))[0]
    assert found == pytest.approx(regression_metrics(kept.predicted, kept.label)[name])


def test_each_sample_has_as_many_families_as_there_are() -> None:
    weights = family_weights(3)
    assert (weights.sum(axis=1) == 3).all()
    # Three of one family: 3 of 27 outcomes.
    assert (weights.max(axis=1) == 3).mean() == pytest.approx(1 / 9, abs=0.03)


def test_coverage_counts_rows_inside() -> None:
    assert rows("AB", [0.1, 0.2]).scores()["coverage"] == pytest.approx(0.5)
