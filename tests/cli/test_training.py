"""The doors to training, evaluation and the demo."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

import mlcluster
from mlcluster.cli.main import app


def test_train_passes_settings_and_prints_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = {}

    def train(config: Path, **options: object) -> SimpleNamespace:
        print("Epoch 1")
        seen.update(config=config, **options)
        return SimpleNamespace(run_id="r1", model=Path("m"), metrics={"mae": 0.25})

    monkeypatch.setitem(vars(mlcluster), "train", train)
    args = ["train", "a.yaml", "--set", "epochs=2", "--set", "seed=1", "--resume", "r1", "--tag", "who=me=too"]
    result = CliRunner().invoke(app, [*args, "--json"])
    assert json.loads(result.stdout) == {"run_id": "r1", "model": "m", "metrics": {"mae": 0.25}}
    assert "Epoch 1" in result.stderr
    given = {"config": Path("a.yaml"), "settings": ("epochs=2", "seed=1"), "resume": "r1"}
    given |= {"tags": {"who": "me=too"}, "extend": None, "register": None, "scheduler": None}
    assert seen == {**given, "project": None, "tracking_uri": None}
    for wrong in ("who", "=me", "mlcluster.kind=x"):
        refused = CliRunner().invoke(app, ["train", "a.yaml", "--tag", wrong])
        assert refused.exit_code == 2 and "KEY=VALUE" in refused.output
    shown = CliRunner().invoke(app, args).stdout
    assert "0.25" in shown
    assert "run r1" in shown


def test_evaluate_prints_every_arm(monkeypatch: pytest.MonkeyPatch) -> None:
    row = {"arm": "ridge", "target": "gap", "method": "gfn1-xtb", "split": "family", "mae": 0.3, "n": 10, "r2": None}
    document = {"run_id": "r2", "table": [row, {**row, "arm": "network", "mae": 0.25}]}
    monkeypatch.setitem(vars(mlcluster), "evaluate", lambda config, **options: document)
    assert json.loads(CliRunner().invoke(app, ["evaluate", "a.yaml", "--json"]).stdout) == document
    shown = CliRunner().invoke(app, ["evaluate", "a.yaml"]).stdout
    for part in ("ridge", "network", "0.3", "0.25", "run r2"):
        assert part in shown


def test_demo_gets_its_directory_and_a_console(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def demo(out: Path, console: object) -> None:
        console.print(f"made {out.name}")  # type: ignore[attr-defined]

    monkeypatch.setitem(vars(mlcluster), "demo", demo)
    result = CliRunner().invoke(app, ["demo", "--out", str(tmp_path / "here")])
    assert (result.exit_code, result.stdout) == (0, "made here\n")
