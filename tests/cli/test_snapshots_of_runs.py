"""train, evaluate, runs and experiments as their users meet them on a terminal of 80 columns; nothing is trained."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

import mlcluster
from mlcluster.experiment import planned_runs, runs_compare, runs_listed
from tests.cli.snapshots import check

RUN = "0123456789abcdef0123456789abcdef"
SCORES = ("mae", "rmse", "r2", "spearman", "mae_over_families", "coverage", "coverage_low", "coverage_high", "width")
ARMS = {
    "network": (0.251, 0.31, 0.62, 0.81, 0.27, 0.9, 0.83, 0.95, 1.1),
    "mean": (0.412, 0.51, -0.013, -0.123, 0.44, 0.92, 0.85, 0.96, 2.15),
    "ridge on composition": (0.301, 0.37, 0.41, 0.7, 0.33, 0.89, 0.81, 0.94, 1.3),
    "GP on descriptors": (0.283, 0.35, 0.5, 0.74, 0.31, 0.9, 0.83, 0.95, 1.21),
}


def scores(arms: dict[str, tuple[float | None, ...]]) -> dict[str, dict[str, float | None]]:
    return {arm: dict(zip(SCORES, values, strict=True)) | {"n": 102} for arm, values in arms.items()}


def test_train(monkeypatch: pytest.MonkeyPatch) -> None:
    metrics = {
        f"{split}/gap:gfn1-xtb/{arm}/{name}": value
        for split in ("test", "validation")
        for arm, values in scores(ARMS).items()
        for name, value in values.items()
    }
    metrics["ensemble/spread over members of what is held out, standard deviation"] = 0.0123
    done = SimpleNamespace(run_id=RUN, model=Path("models") / RUN, metrics=metrics)
    monkeypatch.setitem(vars(mlcluster), "train", lambda config, **options: done)
    text = " ".join(check("train", "train", "a.yaml").split())
    assert "the network errs by 0.25 eV on average, the mean of known labels by 0.41 eV" in text
    assert text.count("errs by") == 1, "what members stopped on is no test"
    done.metrics.clear()
    check("train-without-test", "train", "a.yaml")


def test_evaluate(monkeypatch: pytest.MonkeyPatch) -> None:
    poor = {"network": (0.151, 0.2, 0.01, 0.1, 0.12, 0.9, 0.8, 0.95, 0.5), "mean": ARMS["mean"]}
    poor["mean"] = (0.152, 0.2, -13200.0, None, 12340.0, *ARMS["mean"][5:])
    rows = [
        {"arm": arm, "target": target, "method": method, "split": "leave-one-family-out", **values, "seeds": 3}
        for target, method, arms in (("gap", "gfn1-xtb", ARMS), ("quantum_yield", "measured", poor))
        for arm, values in scores(arms).items()
    ]
    monkeypatch.setitem(vars(mlcluster), "evaluate", lambda config, **options: {"run_id": RUN, "table": rows})
    text = " ".join(check("evaluate", "evaluate", "a.yaml").split())
    assert "quantum yield (measured), leave-one-family-out: the network errs by 0.15 on average" in text
    assert "no better than the mean" in text
    part = {"part": "1/4", "done": ["fold 1", "fold 5"], "left": ["fold 2"]}
    monkeypatch.setitem(vars(mlcluster), "evaluate", lambda config, **options: part)
    check("evaluate-part", "evaluate", "a.yaml", "--part", "1/4")


def listed(number: int, **changes: object) -> dict[str, object]:
    row = {"run": f"{number}{RUN[1:]}", "name": f"shipped_model_without_directions, seed {number}", "kind": "train"}
    row |= {"experiment": "family_holdout", "status": "finished", "started": "2026-02-03T04:05:06+00:00"}
    row |= {
        "minutes": 12.3,
        "children": 0,
        "data": "feedfeedfeed",
        "metrics": {"test/gap:gfn1-xtb/network/mae": 0.1667},
    }
    return row | changes


def test_runs_list(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    folds = {f"leave-one-family-out seed {k}/gap:gfn1-xtb/network/mae": 1234.5 for k in range(3)}
    rows = [listed(1), listed(2, kind="evaluate", children=12, metrics=folds, data="other")]
    rows.append(listed(3, status="running", minutes=None, metrics={}, kind=None))
    monkeypatch.setattr(runs_listed, "list_runs", lambda store, **options: rows)
    check("runs-list", "runs", "list", "--project", tmp_path)
    monkeypatch.setattr(runs_listed, "list_runs", lambda store, **options: [])
    check("runs-list-empty", "runs", "list", "--project", tmp_path)


def test_runs_show(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    metrics = {f"test/gap:gfn1-xtb/{a}/{name}": value for a, s in scores(ARMS).items() for name, value in s.items()}
    metrics |= {"test/gap:gfn1-xtb/network/family M13/mae": 0.2, "ensemble/epochs": 40.0}
    row = {key: value for key, value in listed(1).items() if key != "children"}
    row |= {"parent": None, "tags": {"mlcluster.entries_hash": "e" * 64, "mlcluster.kind": "train"}, "metrics": metrics}
    row |= {"parameters": {"fit.epochs": "40", "data.source": "[gfn1_models, frameworks]"}}
    files = ["config.json", "environment.json", "splits.json", "predictions/test.parquet", "plots/parity.svg"]
    row |= {"files": files, "children": [listed(2, name="member 0", kind="member")]}
    monkeypatch.setattr(runs_listed, "show_run", lambda store, run: row)
    text = check("runs-show", "runs", "show", RUN, "--project", tmp_path)
    assert "mean of known labels by 0.41 eV" in " ".join(text.split())


def test_runs_compare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    runs, about = [listed(1), listed(2), listed(3)], {"split": "test", "channel": "gap:gfn1-xtb", "unit": "eV"}
    arms = ("network", "mean", "ridge on composition")
    values = [[0.1667, 0.1833, 1234.5], [0.4, 0.4, 0.4], [0.3, None, -0.0123]]
    named = [(f"test/gap:gfn1-xtb/{arm}/mae", each) for arm, each in zip(arms, values, strict=True)]
    wins = [(0.1667, 0, 0, 4), (0.1833, 1, 1, 2), (0.2, 0, 4, 0)]
    entry = {"entry": "gfn1_models/[Au13Ag12(PH3)10Cl8]+_eclipsed_chloride", "family": "M25", "label": 0.5}
    result = {
        "runs": runs,
        "warnings": ["DIFFERENT SPLITS: these runs did not divide the entries alike into training and test."],
        "differences": {
            "config": [{"key": "fit.epochs", "values": ["40", "7", None]}],
            "data": [],
            "environment": [{"key": "platform_detail", "values": ["Linux-6.8.0-45-generic-x86_64-with-glibc2.39"] * 3}],
        },
        "metrics": [{"metric": name, "values": each, "best": 0} for name, each in named],
        "wins": [about | dict(zip(("mae", "wins", "losses", "ties"), each, strict=True)) for each in wins],
        "families": [about | {"family": "M25 phosphine and thiolate rods", "n": 9, "mae": [0.2, 0.1, 0.3], "best": 1}],
        "disagreements": [about | entry | {"predicted": [0.6, 1.0, 0.7], "spread": 0.4}],
    }
    monkeypatch.setattr(runs_compare, "compare_runs", lambda store, runs, **options: result)
    text = check("runs-compare", "runs", "compare", "1", "2", "3", "--project", tmp_path)
    assert text.startswith("DIFFERENT SPLITS") and "the mean of known labels by 0.40 eV" in " ".join(text.split())


def test_experiment_status(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    states = ("finished", "running", "interrupted", "missing")
    runs = [
        {"arm": f"equivariant network with directions up to l = {k}", "seed": k, "state": state}
        | {"run_id": None if state == "missing" else RUN, "folds": None if k else "12 of 12", "core_hours": 0.0123}
        for k, state in enumerate(states)
    ]
    result = {"experiment": "tiny", "question": "Do directions help?", "runs": runs, "core_hours": 0.25, "budget": 0.5}
    monkeypatch.setattr(planned_runs, "experiment_status", lambda directory, **options: result)
    text = check("experiment-status", "experiment", "status", tmp_path)
    assert "experiment run DIR" in text
    del runs[1:]
    assert "experiment report DIR" in check("experiment-status-finished", "experiment", "status", tmp_path)
