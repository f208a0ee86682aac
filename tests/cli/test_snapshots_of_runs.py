"""train, evaluate, runs and experiments as their users meet them on a terminal of 80 columns; nothing is trained."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

import mlcluster
from tests.cli.snapshots import check

RUN = "0123456789abcdef0123456789abcdef"
SCORES = ("mae", "rmse", "r2", "spearman", "mae_over_families", "coverage", "coverage_low", "coverage_high", "width")
ARMS = {
    "network": (0.251, 0.31, 0.62, 0.81, 0.27, 0.9, 0.83, 0.95, 1.1),
    "mean": (0.412, 0.51, -0.013, None, 0.44, 0.92, 0.85, 0.96, 2.15),
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
    poor["mean"] = (0.152, *poor["mean"][1:])
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
