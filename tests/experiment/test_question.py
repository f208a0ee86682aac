"""experiment.yaml: what it may say, and how it answers a mistake."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from mlcluster.errors import ConfigError, InputError
from mlcluster.experiment.planned_runs import config_hash, plan_units
from mlcluster.experiment.question import read_experiment
from mlcluster.tracking import RunStore

CHECKOUT = Path(__file__).resolve().parents[2]
STATED = {"question": "Is it so?", "config": "quickstart.yaml", "arms": [{"name": "plain"}]}


@pytest.fixture
def folder(tmp_path: Path):
    def write(**changes: object) -> Path:
        content = {key: value for key, value in {**STATED, **changes}.items() if value is not None}
        (tmp_path / "experiment.yaml").write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
        return tmp_path

    return write


def test_arms_are_crossed_with_the_grid(folder) -> None:
    arms = [{"name": "narrow", "settings": {"model.n_features": 8}}, {"name": "wide"}]
    found = read_experiment(folder(arms=arms, grid={"model.cutoff": [4.0, 5.0], "data.subset": [100]}))
    assert [arm.name for arm in found.arms] == [
        "narrow, cutoff 4.0, subset 100",
        "narrow, cutoff 5.0, subset 100",
        "wide, cutoff 4.0, subset 100",
        "wide, cutoff 5.0, subset 100",
    ]
    first = found.arms[0]
    assert (first.config.model.n_features, first.config.model.cutoff, first.config.data.subset) == (8, 4.0, 100)
    assert first.numbers == {"model.cutoff": 4.0, "data.subset": 100.0} and first.group == "narrow"
    # A model is compared with its like at the same point of the grid.
    assert [found.reference_of(arm).name for arm in found.arms] == [arm.name for arm in found.arms[:2]] * 2


def test_points_of_a_grid_alone_are_compared_with_the_first_or_the_one_named(folder) -> None:
    grid = {"model.cutoff": [4.0, 5.0]}
    found = read_experiment(folder(arms=None, grid=grid))
    assert [found.reference_of(arm).name for arm in found.arms] == ["cutoff 4.0"] * 2
    named = read_experiment(folder(arms=None, grid=grid, reference="cutoff 5.0"))
    assert named.reference_of(named.arms[0]).name == "cutoff 5.0"


def test_settings_of_an_arm_go_before_those_of_all(folder) -> None:
    arms = [{"name": "a"}, {"name": "b", "settings": {"fit.epochs": 3}}]
    found = read_experiment(folder(settings={"fit.epochs": 2}, arms=arms))
    assert [arm.config.fit.epochs for arm in found.arms] == [2, 3]


def test_every_seed_of_every_arm_is_a_run(folder, tmp_path: Path) -> None:
    units = plan_units(read_experiment(folder(arms=[{"name": "a"}, {"name": "b"}], seeds=[3, 4])))
    assert [unit.name for unit in units] == ["a, seed 3", "b, seed 3", "a, seed 4", "b, seed 4"]
    assert all(unit.config.evaluate.seeds == [unit.seed] and unit.config.seed == unit.seed for unit in units)
    # A name is no part of what decides whether a run can be reused; a seed is.
    hashes = [config_hash(unit.config, RunStore(tmp_path)) for unit in units[:3]]
    assert hashes[0] == hashes[1] != hashes[2]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"metric": "mae"}, "unknown key. Found: metric"),
        ({"seed": [1]}, "Did you mean seeds?"),
        ({"decides": {"scores": "mae"}}, "decides.scores: unknown key.*Did you mean decides.score|Did you mean score"),
        ({"decides": {"score": "mea"}}, "no such score"),
        ({"decides": {"channel": "gapp:optical"}}, "decides.channel"),
        ({"arms": [{"name": "a", "set": {}}]}, "unknown key. Found: set"),
        ({"arms": [{"name": "a", "settings": {"modle.lmax": 1}}]}, "model 'a' cannot run.*Did you mean model"),
        ({"arms": [{"name": "a"}, {"name": "a"}]}, "two models have one name"),
        ({"arms": None}, "nothing to try"),
        ({"reference": "plian"}, "Did you mean plain?"),
        ({"config": "quick.yaml"}, "bundled configuration not found"),
        ({"seeds": [1, 1]}, "a seed stands twice"),
        ({"core_hours": 0}, "core_hours"),
    ],
)
def test_mistakes_are_told(folder, changes: dict, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        read_experiment(folder(**changes))


def test_a_directory_without_a_question(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no experiment there.*experiment\.yaml"):
        read_experiment(tmp_path)


@pytest.mark.parametrize(
    "path", sorted((CHECKOUT / "experiments").glob("*/experiment.yaml")), ids=lambda p: p.parent.name
)
def test_experiments_of_the_project_can_run(path: Path) -> None:
    assert plan_units(read_experiment(path.parent))


@pytest.mark.usefixtures("own_names")
def test_a_property_of_ones_own_may_decide(folder) -> None:
    place = folder(config="own.yaml", decides={"channel": "dipole:mine"})
    with pytest.raises(ConfigError, match="unknown target"):
        read_experiment(place)
    declared = {"dipole": {"unit": "debye", "bounds": [0, 40], "methods": ["mine"]}}
    (place / "own.yaml").write_text(yaml.safe_dump({"targets": declared, "model": {"channels": ["dipole:mine"]}}))
    found = read_experiment(place)
    assert found.question.decides.channel == found.arms[0].config.model.channels[0] == "dipole:mine"
