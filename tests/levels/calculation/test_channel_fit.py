"""Lines and trees on descriptors: what they learn, how they are stored, and intervals over families."""

from __future__ import annotations

import json

import numpy as np
import pytest

from mlcluster.errors import DataError, ModelError
from mlcluster.levels.calculation.channel_fit import dealt, family_coverage, family_half_width, from_dict, held_out
from mlcluster.levels.calculation.lines import Row, fit_line
from mlcluster.levels.calculation.process import fit_process
from mlcluster.levels.calculation.random_trees import fit_trees
from mlcluster.levels.calculation.recipes import Recipe, choose

LEAF = [-1, 0.0, -1, -1, 1.0]


@pytest.fixture
def rows() -> list[Row]:
    random = np.random.default_rng(0)
    return [{"gap": float(a), "size": float(b), "noise": float(c)} for a, b, c in random.uniform(0, 2, (60, 3))]


def test_a_line_finds_its_slopes(rows: list[Row]) -> None:
    values = [0.3 + 1.5 * row["gap"] - 2.0 * row["size"] for row in rows]
    line = fit_line(rows, values, ["gap", "size"])
    assert line.slopes == pytest.approx((1.5, -2.0))
    assert line.offset == pytest.approx(0.3)
    assert np.abs(fit_line(rows, values, ["gap", "size"], ridge=1.0).slopes) == pytest.approx((0.75, 1.0), rel=0.2)


def test_a_line_needs_more_rows_than_slopes(rows: list[Row]) -> None:
    with pytest.raises(DataError, match="too few"):
        fit_line(rows[:2], [1.0, 2.0], ["gap", "size"])
    assert fit_line(rows[:3], [1.0, 2.0, 3.0], ["gap", "size"]).names == ("gap", "size")


def test_models_survive_json_to_the_last_bit(rows: list[Row]) -> None:
    values = [np.sin(3 * row["gap"]) + row["size"] for row in rows]
    names, families = ["gap", "size"], [str(k % 7) for k in range(len(rows))]
    for model in (
        fit_line(rows, values, names),
        fit_trees(rows, values, names, trees=20),
        fit_process(rows, values, families, names),
    ):
        again = from_dict(json.loads(json.dumps(model.to_dict())))
        assert (again.predict(rows) == model.predict(rows)).all()


def test_trees_are_those_of_scikit_learn(rows: list[Row]) -> None:
    from sklearn.ensemble import ExtraTreesRegressor

    values = [np.sin(3 * row["gap"]) for row in rows]
    names = ["gap", "noise"]
    matrix = np.array([[row[name] for name in names] for row in rows])
    forest = ExtraTreesRegressor(20, max_features=0.5, random_state=3).fit(matrix, values)
    ours = fit_trees(rows, values, names, seed=3, trees=20)
    elsewhere = [{name: row[name] * 0.9 + 0.05 for name in names} for row in rows]
    expected = forest.predict(np.array([[row[name] for name in names] for row in elsewhere]))
    assert ours.predict(elsewhere) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(
    "stored",
    [
        {},
        {"kind": "line", "names": ["a"], "slopes": [], "offset": 0.0},
        {"kind": "trees", "names": ["a"], "nodes": [], "starts": []},
        {"kind": "trees", "names": ["a"], "nodes": [LEAF, LEAF], "starts": [0, 2]},
        {"kind": "trees", "names": ["a"], "nodes": [LEAF, LEAF], "starts": [1]},
        {"kind": "trees", "names": ["a"], "nodes": [[0, 1.0, 0, 0, 0.0]], "starts": [0]},
        {"kind": "trees", "names": ["a"], "nodes": [[1, 1.0, 1, 2, 0.0], LEAF, LEAF], "starts": [0]},
        {"kind": "trees", "names": ["a"], "nodes": [[0, 1.0, 1, 5, 0.0], LEAF], "starts": [0]},
        {"kind": "trees", "names": ["a"], "nodes": [[0, 1.0, 1, 2, 0.0], LEAF, LEAF], "starts": [0, 2]},
        {"kind": "gaussian process", "names": ["a"], "families": ["f"], "x": [[1.0]], "center": [0.0], "scale": [0.0]},
        {"kind": "forest", "names": ["a"]},
    ],
)
def test_a_stored_model_that_is_none_is_refused(stored: dict) -> None:
    with pytest.raises(ModelError, match="no stored model"):
        from_dict(stored)


def test_a_missing_descriptor_is_named(rows: list[Row]) -> None:
    line = fit_line(rows, [row["gap"] for row in rows], ["gap"])
    with pytest.raises(ModelError, match="none of gap"):
        line.predict([{"size": 1.0}])


def test_a_group_held_out_is_predicted_by_the_others_only(rows: list[Row]) -> None:
    values = np.array([row["gap"] for row in rows])
    groups = ["own" if k < 10 else f"g{k % 5}" for k in range(len(rows))]
    spoiled = np.where(np.arange(len(rows)) < 10, 99.0, values)

    def fit(some: object, target: np.ndarray, families: object) -> object:
        assert len(families) == len(target)  # type: ignore[arg-type]
        return fit_line(some, target, ["gap"])  # type: ignore[arg-type]

    predicted = held_out(rows, spoiled, groups, fit)  # type: ignore[arg-type]
    assert predicted[:10] == pytest.approx(values[:10])


@pytest.mark.parametrize(("families", "expected"), [(9, 9.0), (8, np.inf), (19, 18.0)])
def test_the_half_width_is_the_conformal_quantile_over_families(families: int, expected: float) -> None:
    """Of n families with errors 1 to n, the ceil(0.9 (n + 1))-th; nine are the fewest that allow 90 %."""
    names = [str(k) for k in range(families)]
    assert family_half_width(np.arange(1.0, families + 1), names) == expected


def test_a_family_of_many_rows_counts_once() -> None:
    errors = [*np.arange(1.0, 10.0), *[100.0] * 1000]
    names = [*(str(k) for k in range(9)), *["large"] * 1000]
    assert family_half_width(errors, names) == 100.0
    assert family_half_width(errors, names, level=0.8) == 9.0


def test_coverage_over_families_is_near_its_level() -> None:
    random = np.random.default_rng(1)
    names = [str(k // 2) for k in range(400)]
    covered, width = family_coverage(random.normal(0, 0.1, 400), names)
    assert 0.85 < covered < 0.95
    assert width == pytest.approx(0.1645, rel=0.15)


def test_a_gaussian_process_finds_what_a_line_cannot(rows: list[Row]) -> None:
    values = np.array([np.sin(3 * row["gap"]) for row in rows])
    families = [str(k) for k in range(len(rows))]
    names = ("gap",)
    line = held_out(rows, values, families, lambda some, v, _: fit_line(some, v, names))
    process = held_out(rows, values, families, lambda some, v, f: fit_process(some, v, f, names))
    assert np.abs(process - values).mean() < 0.2 * np.abs(line - values).mean()


def test_groups_are_dealt_whole_and_evenly() -> None:
    groups = [*"a" * 6, *"b" * 3, *"c" * 3, "d", "e"]
    parts = dealt(groups, 2, seed=5)
    assert len({(group, part) for group, part in zip(groups, parts, strict=True)}) == 5
    assert sorted(parts.count(part) for part in set(parts)) == [7, 7]
    assert len(set(dealt(groups, 99))) == 5


@pytest.mark.parametrize(("curved", "kind"), [(False, "ridge"), (True, "gaussian process")])
def test_the_simpler_recipe_is_chosen_unless_another_is_better(rows: list[Row], curved: bool, kind: str) -> None:
    values = np.array([np.sin(4 * row["gap"]) if curved else row["gap"] for row in rows])
    recipes = [Recipe(("gap",), ridge=1e-9), Recipe(("gap",), kind="gaussian process")]
    chosen, errors = choose(recipes, rows, values, [str(k % 12) for k in range(len(rows))])
    assert chosen.kind == kind
    assert errors[kind] == min(errors.values()) or errors[kind] <= 1.02 * min(errors.values())
