"""Ranking: probabilities against the normal distribution, the front against its definition, proposals that spread."""

from __future__ import annotations

import json
import math
from pathlib import Path
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlcluster.errors import ConfigError, InputError
from mlcluster.labels import get_target
from mlcluster.prediction.criteria import in_model_space, parse_criteria
from mlcluster.prediction.proposals import propose
from mlcluster.prediction.rank import pareto_front, rank
from mlcluster.prediction.screening.screen_record import write_header
from mlcluster.prediction.screening.screen_table import Parts, structure_row
from tests.model.structures import random_cluster

Z = NormalDist().inv_cdf(0.95)


def screened(directory: Path, clusters: list[dict]) -> Path:
    """A screen with given predictions: name, family and (target, method, value, lower, upper) each."""
    parts = Parts(directory)
    rows, structures = [], []
    units = {"gap": "eV", "emission": "nm", "quantum_yield": "fraction", "dipole": "debye"}
    for number, facts in enumerate(clusters):
        cluster = random_cluster(number, charge=0).replace(name=facts["name"])
        same = {
            "input": number,
            "id": facts.get("id", facts["name"]),
            "file": facts.get("file", "set.xyz"),
            "content": f"{number}",
            "cluster": facts["name"],
        }
        same |= {"formula": facts.get("formula", f"Au{number}"), "n_atoms": 14, "charge": 0, "multiplicity": None}
        same |= {"family": facts["family"], "parent": None, "edits": None, "error": None}
        for target, method, value, lower, upper in facts["predictions"]:
            own = {
                "target": target,
                "method": method,
                "basis": "network",
                "value": value,
                "lower": lower,
                "upper": upper,
            }
            own |= {"unit": units[target], "level": 0.9, "applicability": "inside", "reasons": [], "model": "m"}
            rows.append(same | own)
        structures.append(structure_row(number, cluster, same))
    failed = dict.fromkeys(rows[0]) | {"input": len(clusters), "id": "bad", "file": "bad.cif", "error": "no atoms."}
    parts.write(0, "key", [*rows, failed], structures)
    return directory


@pytest.fixture
def screen(tmp_path: Path) -> Path:
    half = 0.3 * Z
    gaps = {"a": 1.0, "b": 1.5, "c": 2.5, "d": 1.4}
    clusters = []
    for k, (name, gap) in enumerate(gaps.items()):
        predictions = [("gap", "optical", gap, gap - half, gap + half), ("gap", "gfn1-xtb", 9.0, 8.0, 10.0)]
        if name != "d":
            energy = 1.7 - 0.1 * k
            ends = 1239.841984 / (energy + half), 1239.841984 / (energy - half)
            predictions.append(("emission", "measured", 1239.841984 / energy, *ends))
        clusters.append({"name": name, "family": "F" if name in "ab" else "G", "predictions": predictions})
    return screened(tmp_path, clusters)


def test_two_files_of_one_name_are_told_apart(tmp_path: Path) -> None:
    files = {"first/a.cif": "x", "first/b.cif": "x", "second/b.cif": "x", "alone.cif": "y"}
    predictions = [("gap", "optical", 1.5, 1.2, 1.8)]
    facts = [
        {"name": name, "id": file, "file": file, "family": "F", "predictions": predictions}
        for file, name in files.items()
    ]
    rows = rank(screened(tmp_path, facts), "gap>1")
    assert {row["name"] for row in rows} == {"x (a.cif)", "x (first/b.cif)", "x (second/b.cif)", "y"}
    assert {row["cluster"] for row in rows} == {"x", "y"}, "what it is called stays"


def test_frames_of_one_name_are_told_apart(tmp_path: Path) -> None:
    predictions = [("gap", "optical", 1.5, 1.2, 1.8)]
    facts = [{"name": "x", "id": f"set.xyz#{k}", "family": "F", "predictions": predictions} for k in (1, 2)]
    assert [row["name"] for row in rank(screened(tmp_path, facts), "gap>1")] == ["x (set.xyz#1)", "x (set.xyz#2)"]


def test_one_criterion_is_the_normal_distribution(screen: Path) -> None:
    rows = rank(screen, "gap in 1.2..2.0")
    assert [row["cluster"] for row in rows] == ["b", "d", "a", "c"]
    for row in rows:
        own = NormalDist(row["gap_value"], 0.3)
        assert row["probability"] == pytest.approx(own.cdf(2.0) - own.cdf(1.2), abs=1e-9)
        assert row["gap_method"] == "optical" and row["at_least"] == pytest.approx(row["at_most"], abs=1e-12)
    assert [row["rank"] for row in rows] == [1, 2, 3, 4]
    assert [row["family_rank"] for row in rows] == [1, 1, 2, 2]
    assert [row["front"] for row in rows] == [True, False, False, False]


def test_wavelengths_are_judged_as_energies(screen: Path) -> None:
    rows = {row["cluster"]: row for row in rank(screen, ["emission in 700..900"])}
    own = NormalDist(1.7, 0.3)
    expected = own.cdf(1239.841984 / 700) - own.cdf(1239.841984 / 900)
    assert rows["a"]["probability"] == pytest.approx(expected, abs=1e-9)
    assert rows["d"]["probability"] is None and rows["d"]["rank"] == 4
    longer, shorter = (
        {r["cluster"]: r["probability"] for r in rank(screen, [w])} for w in ("emission>800", "emission<800")
    )
    assert longer["c"] > longer["a"] and longer["a"] + shorter["a"] == pytest.approx(1.0)


def test_several_criteria_and_the_bounds_of_their_dependence(screen: Path) -> None:
    for row in rank(screen, ["gap > 1.2", "emission > 750"])[:3]:
        one, two = row["gap_probability"], row["emission_probability"]
        assert row["probability"] == pytest.approx(one * two)
        assert row["at_least"] == pytest.approx(max(0.0, one + two - 1)) and row["at_most"] == min(one, two)
        assert row["at_least"] <= row["probability"] <= row["at_most"]


@pytest.mark.usefixtures("own_names")
def test_a_property_of_ones_own_is_known_by_the_record_of_the_screen(tmp_path: Path) -> None:
    told = [("dipole", "mine", value, value - 0.5, value + 0.5) for value in (3.0, 5.0)]
    made = screened(tmp_path, [{"name": n, "family": n, "predictions": [t]} for n, t in zip("ab", told, strict=True)])
    with pytest.raises(ConfigError, match="unknown target"):
        rank(made, "dipole>4")
    declared = {"dipole": {"unit": "debye", "bounds": [0, 40], "methods": ["mine"]}}
    write_header(made, {"schema": 1, "targets": declared})
    assert [row["cluster"] for row in rank(made, "dipole>4") if row["probability"] is not None] == ["b", "a"]


def test_a_method_may_be_named(screen: Path) -> None:
    row = rank(screen, "gap:gfn1-xtb > 5")[0]
    assert row["gap:gfn1-xtb_value"] == 9.0 and row["probability"] > 0.99
    with pytest.raises(ConfigError, match="lifetime > 1. Expected: emission:measured, gap:gfn1-xtb, gap:optical"):
        rank(screen, "lifetime>1")


def test_rows_may_be_limited_and_proposals_stay(screen: Path) -> None:
    assert [row["cluster"] for row in rank(screen, "gap<1.6", per_family=1)] == ["a", "d"]
    rows = rank(screen, "gap<1.6", top=1, propose=2)
    assert [row["cluster"] for row in rows if row["rank"] == 1] == ["a"]
    assert sorted(row["proposed"] for row in rows if row["proposed"]) == [1, 2]
    assert rank(screen, "gap<1.6", propose=2) == rank(screen, "gap<1.6", propose=2), "the draws are reproducible"
    json.dumps(rows, allow_nan=False)


@pytest.mark.parametrize(
    ("criterion", "message"),
    [
        ("quantum_yeild>0.3", "Did you mean quantum_yield"),
        ("gap ~ 2", "cannot be understood"),
        ("gap in 2..1", "cannot be met"),
        ("quantum_yield > 30", "quantum_yield cannot have this value.*0 to 1 fraction. Is 30% meant"),
        ("QY > 300%", "quantum_yield cannot have this value. Found: 300 %"),
        ("QY > 3 nm", "quantum_yield has no such unit. Found: nm. Expected: fraction, percent, %"),
        ("emission in 1.8..1.4 eV", "cannot be met"),
        ("gap:guess > 1", "gap"),
    ],
)
def test_a_criterion_that_makes_no_sense_is_refused(criterion: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        parse_criteria([criterion])


def test_criteria_of_one_target_are_one_criterion() -> None:
    (criterion,) = parse_criteria(["gap>=1.5e0", "gap in 1..3"])
    assert (criterion.low, criterion.high) == (1.5, 3.0)
    with pytest.raises(ConfigError, match="cannot be met"):
        parse_criteria(["gap>2", "gap<1"])
    with pytest.raises(ConfigError, match="nothing is asked for"):
        parse_criteria([])


@given(value=st.floats(0.05, 0.95), half=st.floats(0.1, 3.0))
def test_yields_go_to_model_space_and_back(value: float, half: float) -> None:
    target = get_target("quantum_yield")
    x = float(target.to_model(value))
    lower, upper = (float(target.from_model(x + sign * half)) for sign in (-1, 1))
    mean, sigma = in_model_space(target, [value], [lower], [upper], [0.9])
    assert mean[0] == pytest.approx(x)
    assert sigma[0] == pytest.approx(half / Z, rel=1e-3)


def test_an_end_cut_at_a_bound_does_not_make_a_prediction_sure() -> None:
    target = get_target("gap")
    _, (sigma,) = in_model_space(target, [0.1], [0.0], [1.1], [0.9])
    assert sigma == pytest.approx(1.0 / Z)
    _, (vague,) = in_model_space(target, [1.0], [0.0], [20.0], [0.9])
    assert vague == pytest.approx(19.0 / Z)


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=12))
def test_the_front_is_what_nobody_beats(points: list[tuple[int, ...]]) -> None:
    scores = np.array(points, dtype=float)
    beaten = [any((other >= row).all() and (other > row).any() for other in scores) for row in scores]
    assert pareto_front(scores).tolist() == [not each for each in beaten]


def test_proposals_spread_over_families_and_kinds() -> None:
    """Three families; the best one holds 50 copies of one kind, so a greedy list would name only them."""
    criteria = parse_criteria(["gap > 2"])
    means = np.array([[2.1]] * 50 + [[2.0]] * 3 + [[1.9]] * 3)
    sigmas = np.full_like(means, 0.4)
    families = ["best"] * 50 + ["second"] * 3 + ["third"] * 3
    kinds = ["same"] * 50 + ["p", "q", "r", "s", "t", "u"]
    probability = criteria[0].probability(means, sigmas)[:, 0]
    picks = propose(4, criteria, means, sigmas, families, kinds, probability)
    assert len({number for number, _ in picks}) == 4
    assert len({families[number] for number, _ in picks[:3]}) == 3
    assert sum(kinds[number] == "same" for number, _ in picks) == 1
    chances = [chance for _, chance in picks]
    assert chances == sorted(chances) and chances[0] == pytest.approx(float(probability[picks[0][0]]), abs=0.06)


def test_another_family_has_a_place_where_the_best_one_fails_together() -> None:
    criteria = parse_criteria(["gap > 2"])
    means, sigmas = np.array([[2.05]] * 4 + [[2.02]]), np.full((5, 1), 0.1)
    probability = criteria[0].probability(means, sigmas)[:, 0]
    picks = propose(2, criteria, means, sigmas, ["best"] * 4 + ["other"], list("abcde"), probability)
    assert probability[4] < probability[0] and 4 in {number for number, _ in picks}


def test_ignorance_wins_no_place_among_the_proposals() -> None:
    """Two sure and two vague candidates whose values all fail alike: their draws are the same, so none is preferred."""
    criteria = parse_criteria(["gap > 2"])
    means, vague = np.full((4, 1), 1.95), np.array([[0.1], [0.1], [3.0], [3.0]])
    families, kinds, equal = list("wxyz"), list("abcd"), np.full(4, 0.3)
    picked = [n for n, _ in propose(4, criteria, means, vague, families, kinds, equal, seed=3)]
    assert picked == [n for n, _ in propose(4, criteria, means, np.full((4, 1), 0.1), families, kinds, equal, seed=3)]


def test_hopeless_and_missing_predictions() -> None:
    criteria = parse_criteria(["gap > 19"])
    means, sigmas = np.array([[1.0], [np.nan], [1.5]]), np.array([[0.01], [np.nan], [0.01]])
    probability = np.array([0.0, math.nan, 0.0])
    assert sorted(n for n, _ in propose(5, criteria, means, sigmas, ["a", "b", "c"], list("abc"), probability)) == [
        0,
        2,
    ]


def test_nothing_predicted(tmp_path: Path) -> None:
    Parts(tmp_path)
    with pytest.raises(InputError, match="nothing in this screen was predicted"):
        rank(tmp_path, "gap>1")
