from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mlcluster.chem.cluster_formula import parse_cluster_formula
from mlcluster.levels.formula.entries import Rows, literature_rows
from mlcluster.levels.formula.family_held_out import fit_mean, fit_ridge, held_out_families
from mlcluster.levels.formula.features import describe
from mlcluster.levels.formula.fit import choose, fit_candidate, fit_channel, hold_out_families
from mlcluster.levels.formula.formula_record import record_of_formula
from mlcluster.levels.formula.predict import FORMULA
from mlcluster.levels.formula.settings import CANDIDATES, MEAN
from mlcluster.levels.formula.through_rates import THROUGH_RATES, compare_rates, rows_with_both
from mlcluster.model.scores import family_mean, regression_metrics

LINEAR = next(c for c in CANDIDATES if c.name == "linear on metals and charge")


def _made_up(n: int = 36, families: int = 12, noise: float = 0.02) -> Rows:
    """Emission that is a plain function of the share of silver, in families of three."""
    rng = np.random.default_rng(0)
    records, names = [], []
    for k in range(n):
        silver = int(rng.integers(0, 13))
        records.append(
            record_of_formula(parse_cluster_formula(f"[Au{13 - silver}Ag{silver}(PPh3)10Cl2]3+".replace("Au0", "")))
        )
        names.append(f"family {k % families}")
    share = np.array([record.metals.get("Ag", 0) / record.n_metals for record in records])
    return Rows(
        channel="emission:measured",
        entries=tuple(f"entry {k}" for k in range(n)),
        families=tuple(names),
        records=tuple(records),
        methods=("measured",) * n,
        label=1.4 + share + noise * rng.normal(size=n),
        bound=(None,) * n,
        described=describe(records),
    )


def test_finds_what_is_there_and_nothing_where_nothing_is():
    rows = _made_up()
    shuffled = replace(rows, label=np.random.default_rng(1).permutation(rows.label))

    found = choose(rows)[0]
    nothing = choose(shuffled)[0]

    assert found.candidate != MEAN and found.error < 0.1 * fit_candidate(rows, MEAN).error
    assert nothing.error > 0.8 * fit_candidate(shuffled, MEAN).error


def test_a_held_out_family_does_not_know_its_own_labels():
    rows = _made_up(n=14, families=7)
    own = np.array(rows.families) == "family 3"
    spoiled = replace(rows, label=np.where(own, rows.label + 5.0, rows.label))

    before, after = (hold_out_families(each, candidates=[MEAN, LINEAR])[0] for each in (rows, spoiled))

    np.testing.assert_allclose(after.predicted[own], before.predicted[own])
    tables = [held_out_families(each, candidates=[LINEAR]).parts() for each in (rows, spoiled)]
    for first, second in zip(*tables, strict=True):
        np.testing.assert_allclose(second.half[own], first.half[own], err_msg=first.name)
        np.testing.assert_allclose(second.predicted[own], first.predicted[own], err_msg=first.name)


def test_intervals_cover_and_the_formula_beats_its_baselines_where_it_should():
    parts = {part.name: part for part in held_out_families(_made_up(), candidates=[MEAN, LINEAR]).parts()}

    assert set(parts) == {FORMULA, "mean", "ridge on composition"}
    assert parts[FORMULA].inside().mean() > 0.75
    error = {name: np.abs(part.predicted - part.label).mean() for name, part in parts.items()}
    assert error[FORMULA] < 0.2 * error["mean"]


def test_a_bound_pulls_up_and_never_down():
    rows = _made_up(noise=0.3)
    low, high = 0.0, 4.0
    bounded = {b: replace(rows, label=np.r_[b, rows.label[1:]], bound=("lower", *rows.bound[1:])) for b in (low, high)}
    without = rows.take(np.arange(len(rows)) > 0)

    predicted = {
        b: fit_candidate(each, LINEAR).predict(rows.take(np.arange(len(rows)) == 0))[0][0]
        for b, each in bounded.items()
    }
    free = fit_candidate(without, LINEAR).predict(rows.take(np.arange(len(rows)) == 0))[0][0]

    assert predicted[low] == pytest.approx(free, abs=0.05), "a bound that holds anyway says next to nothing"
    assert predicted[high] > free + 0.1


def test_the_ridge_is_that_of_scikit_learn():
    from sklearn.linear_model import Ridge
    from sklearn.model_selection import GridSearchCV, LeaveOneGroupOut
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    rows = _made_up(noise=0.1)
    inputs = np.array(
        [[r.metals.get("Ag", 0) / 13, r.metals.get("Au", 0) / 13, 13, 3 / 13] for r in rows.records], dtype=float
    )
    groups = LeaveOneGroupOut()
    search = GridSearchCV(
        make_pipeline(StandardScaler(), Ridge()), {"ridge__alpha": np.logspace(-1, 4, 6)}, cv=groups,
        scoring="neg_mean_absolute_error",
    )  # fmt: skip
    expected = search.fit(inputs, rows.label, groups=rows.families).predict(inputs)

    np.testing.assert_allclose(fit_ridge(rows)(rows.records), expected, atol=2e-3)


def test_the_mean_weighs_families_alike():
    rows = _made_up(n=4, families=4)
    rows = replace(rows, families=("a", "a", "a", "b"), label=np.array([0.0, 0.0, 0.0, 1.0]))

    assert fit_mean(rows)(rows.records).tolist() == [0.5] * 4


def test_family_error_by_hand():
    assert family_mean(np.array([1.0, 3.0, 4.0]), ["a", "a", "b"]) == pytest.approx(3.0)


def test_yields_and_lifetimes_through_the_rates_agree():
    yields, lifetimes = literature_rows("quantum_yield:measured"), literature_rows("lifetime:measured")
    both = rows_with_both(yields, lifetimes)

    parts = compare_rates(yields, lifetimes, candidates=[MEAN]).parts()

    assert both[0].entries == both[1].entries
    assert {part.name for part in parts} >= {FORMULA, THROUGH_RATES}
    by_rates = [part for part in parts if part.name == THROUGH_RATES]
    # With mean rates of the other families, yield and lifetime give back one pair of rates a family.
    phi, tau = (part.in_unit()[1] for part in by_rates)
    assert ((phi > 0) & (phi < 1) & (tau > 0)).all()
    assert len(set(np.round(np.log10(phi / tau), 6))) == len(set(both[0].families))


def test_the_model_of_a_channel_says_what_it_has_seen():
    model = fit_channel(literature_rows("lifetime:measured"), candidates=[MEAN, LINEAR])
    record = record_of_formula(parse_cluster_formula("[Rh200(SePh)60]5+"))

    reasons = " ".join(model.reasons_outside(record))

    assert all(word in reasons for word in ("Rh", "heavier chalcogenolate", "200 metal", "+5"))
    assert model.reasons_outside(record_of_formula(parse_cluster_formula("[Cu6I6(ppda)2]0"))) == []


def test_a_compound_under_several_conditions_is_several_named_rows():
    rows = replace(_made_up(n=6, families=4), entries=("a", "b", "a", "c", "a", "b"))

    table = held_out_families(rows, candidates=[MEAN]).parts()[0]

    assert table.entry.tolist() == ["a", "b", "a (2)", "c", "a (3)", "b (2)"]


def test_what_has_no_intervals_has_no_coverage():
    parts = compare_rates(
        literature_rows("quantum_yield:measured"), literature_rows("lifetime:measured"), candidates=[MEAN]
    ).parts()

    assert all("coverage" not in part.scores() for part in parts)
    _, predicted, lower, upper = parts[0].in_unit()
    assert "coverage" not in regression_metrics(predicted, predicted, lower, upper)


def test_a_ridge_on_a_single_family_predicts():
    rows = _made_up(n=4, families=1)

    assert np.isfinite(fit_ridge(rows)(rows.records)).all()
