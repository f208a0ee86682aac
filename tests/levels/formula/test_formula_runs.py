from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import pytest

from mlcluster.errors import ConfigError
from mlcluster.labels.literature.table import bundled
from mlcluster.levels.formula.level import RATES_SPLIT
from mlcluster.levels.formula.predict import load_formula_model
from mlcluster.levels.run_config import load_config
from mlcluster.resources import config_path
from mlcluster.tracking import RunStore
from mlcluster.training.evaluate import evaluate
from mlcluster.training.train import train


@pytest.fixture(scope="module")
def project(new_project: Callable[[], Path]) -> Path:
    return new_project()


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, ...]:
    """A table of one's own: the measurements with a lifetime."""
    table = tmp_path_factory.mktemp("table") / "mine.csv"
    with open(bundled("measurements.csv"), encoding="utf-8", newline="") as stream:
        rows = [row for row in csv.DictReader(stream) if row["lifetime_us"]]
    with open(table, "w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    return (
        f"formula.table={table}",
        'formula.channels={"lifetime:measured": [], "quantum_yield:measured": []}',
        "formula.candidates=[mean, linear on metals and charge]",
        "evaluate.seeds=[0, 1]",
    )


def test_train_gives_a_model_and_a_run_that_leads_back_to_it(project: Path, settings: tuple[str, ...]):
    result = train(config_path("formula_level.yaml"), settings, project=project)

    model = load_formula_model(result.model)
    run = RunStore(project).find(result.run_id)
    assert set(model.channels) == {"lifetime:measured", "quantum_yield:measured"}
    assert model.training["run_id"] == result.run_id
    assert run.status == "FINISHED"
    assert run.tags()["mlcluster.model_hash"] == model.hash
    assert run.tags()["mlcluster.data_hash"] == model.training["data_hash"]
    assert result.metrics["leave-one-family-out/lifetime:measured/formula/n"] == 12
    assert {"model", "plots", "predictions"} <= set(run.files())


def test_evaluate_shows_baselines_and_rates_on_the_same_rows(project: Path, settings: tuple[str, ...]):
    result = evaluate(config_path("formula_level.yaml"), settings, project=project)

    rows = {(row["split"], row["arm"], row["target"]): row for row in result["table"]}
    for target in ("lifetime", "quantum_yield"):
        own = [rows["leave-one-family-out", arm, target] for arm in ("formula", "mean", "ridge on composition")]
        assert len({row["n"] for row in own}) == 1 and {row["seeds"] for row in own} == {2}
        assert all(0 <= row["coverage_low"] <= row["coverage"] <= row["coverage_high"] <= 1 for row in own)
        through = [row for (split, _, name), row in rows.items() if split == RATES_SPLIT and name == target]
        assert len(through) == 3 and len({row["n"] for row in through}) == 1
    assert RunStore(project).find(result["run_id"]).read_json("table.json") == result["table"]


def test_a_run_of_the_formula_level_is_not_resumed(project: Path, settings: tuple[str, ...]):
    with pytest.raises(ConfigError, match="not resumed"):
        train(config_path("formula_level.yaml"), settings, resume="abc", project=project)


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("formula.candidates=[linear on al]", "linear on all"),
        ('formula.channels={"emission:optical": []}', "unknown method for emission"),
        ("formula.tabel=x.csv", "Did you mean formula.table"),
    ],
)
def test_wrong_settings_are_refused_with_the_nearest_right_ones(setting: str, message: str):
    with pytest.raises((ConfigError), match=message):
        load_config(config_path("formula_level.yaml"), [setting])
