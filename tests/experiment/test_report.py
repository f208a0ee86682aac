"""What a report makes of rows: baselines of unlike data kept apart, arms at the same point compared, curves drawn."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import yaml

from mlcluster.experiment.answer import compared
from mlcluster.experiment.experiment_plots import draw
from mlcluster.experiment.judged_rows import Baseline, Judged, _united
from mlcluster.experiment.question import read_experiment
from mlcluster.experiment.statistics import Rows

LABEL = np.array([1.0, 1.2, 1.5, 2.0])


def rows(error: float) -> Rows:
    predicted = LABEL + error
    return Rows(
        entries=("a", "b", "c", "d"),
        families=("A", "A", "B", "C"),
        folds=("A", "A", "B", "C"),
        label=LABEL,
        predicted=predicted,
        lower=predicted - 0.2,
        upper=predicted + 0.2,
    )


@pytest.fixture
def curve(tmp_path: Path):
    """An experiment of two arms at two amounts of data, and its rows."""
    content = {
        "question": "Does it help?",
        "config": "quickstart.yaml",
        "arms": [{"name": "scratch"}, {"name": "pretrained", "settings": {"fit.epochs": 7}}],
        "grid": {"data.learn": [50, 100]},
        "seeds": [0],
    }
    (tmp_path / "experiment.yaml").write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    experiment = read_experiment(tmp_path)
    errors = dict(zip([arm.name for arm in experiment.arms], (0.4, 0.3, 0.2, 0.25), strict=True))
    ridge = {name: {0: rows(0.5 if "50" in name else 0.1)} for name in errors}
    mean = {name: {0: rows(0.6)} for name in errors}
    judged = Judged(
        split="leave-one-family-out",
        channel="gap:gfn1-xtb",
        arms={name: {0: rows(error)} for name, error in errors.items()},
        baselines={base.name: base for base in _united({"mean": mean, "ridge": ridge})},
    )
    return experiment, judged


def test_a_baseline_is_there_once_for_each_data(curve) -> None:
    _, judged = curve
    assert list(judged.baselines) == ["mean", "ridge, data of scratch, learn 50", "ridge, data of scratch, learn 100"]
    assert judged.baselines["ridge, data of scratch, learn 50"].arms == ("scratch, learn 50", "pretrained, learn 50")
    assert isinstance(judged.baselines["mean"], Baseline) and len(judged.baselines["mean"].arms) == 4


def test_arms_meet_their_like_and_the_baseline_of_their_data(curve) -> None:
    table = compared(*curve)
    pairs = {(row["arm"], row["reference"]): row["difference"].value for row in table["differences"]}
    assert pairs == pytest.approx(
        {
            ("pretrained, learn 50", "scratch, learn 50"): -0.2,
            ("pretrained, learn 100", "scratch, learn 100"): -0.05,
            ("pretrained, learn 50", "mean"): -0.4,
            ("pretrained, learn 50", "ridge, data of scratch, learn 50"): -0.3,
            ("pretrained, learn 100", "ridge, data of scratch, learn 100"): 0.15,
        }
    )
    assert table["best"] == "pretrained, learn 50"


def test_arms_that_differ_in_one_number_get_a_curve(curve) -> None:
    experiment, judged = curve
    plots = draw(experiment, judged, compared(experiment, judged))
    assert set(plots.values()) == {"plots/scores.png", "plots/parity.png", "plots/curve.png"}
    for path in plots.values():
        assert (experiment.directory / path).read_bytes().startswith(b"\x89PNG")
