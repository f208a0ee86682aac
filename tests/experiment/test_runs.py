"""Runs listed, shown and compared; the runs are logged as training logs them, with predictions made by hand."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from mlcluster.cli.main import app
from mlcluster.data.splits import Split
from mlcluster.errors import InputError
from mlcluster.experiment.runs_compare import compare_runs
from mlcluster.experiment.runs_listed import list_runs, show_run
from mlcluster.tracking import RunStore
from mlcluster.training.config import TrainConfig, load_config
from mlcluster.training.folds import Fold
from mlcluster.training.member import MemberJob
from mlcluster.training.record import ENTRIES_HASH, log_held_out, open_run
from mlcluster.training.scoring import ArmPredictions

FAMILIES = ("M13", "M13", "M25", "M25", "M38", "<b>&")
LABEL = (1.0, 1.2, 2.0, 2.2, 0.5, 1.5)


def arm(name: str, error: tuple[float, ...]) -> ArmPredictions:
    label = np.array(LABEL)
    return ArmPredictions(
        arm=name,
        channel="gap:gfn1-xtb",
        entries=tuple(f"entry {k}" for k in range(len(label))),
        families=FAMILIES,
        label=label,
        predicted=label + np.array(error),
        spread=np.zeros(len(label)),
        remoteness=np.full((len(label), 4), np.nan),
        half=np.full(len(label), 0.35),
    )


def make_run(
    store: RunStore,
    name: str,
    error: tuple[float, ...],
    *,
    settings: tuple[str, ...] = (),
    entries: str = "e" * 64,
    test: tuple[str, ...] = ("entry 0",),
) -> str:
    config = load_config(TrainConfig(), [f"name={name}", "experiment=tests", *settings])
    split = Split(kind="family", train=("a",), validation=("b",), test=test, seed=0)
    fold = Fold(name="ensemble", jobs=(MemberJob(directory=Path(), split=split, seed=0),))
    run = open_run(store, config, "train", f"{entries}{test}", [fold], None, {ENTRIES_HASH: entries})
    arms = [arm("network", error), arm("mean", (0.4, -0.4, 0.4, -0.4, 0.4, -0.4))]
    log_held_out(run, "test", arms, "held out", plots=False)
    run.finish()
    return run.id


@pytest.fixture(scope="module")
def compared(new_project: Callable[[], Path]) -> tuple[RunStore, str, str, str]:
    """Store, and three runs: the second errs less on M13 and more on M38, the third had other data."""
    store = RunStore(new_project())
    first = make_run(store, "first", (0.2, -0.2, 0.1, 0.1, 0.1, 0.3))
    second = make_run(store, "second", (0.1, 0.0, 0.1, -0.1, 0.5, 0.3), settings=("fit.epochs=7",))
    third = make_run(store, "third", (0.0,) * 6, entries="f" * 64, test=("entry 1",), settings=("data.subset=9",))
    return store, first, second, third


def test_only_what_differs_is_shown(compared: tuple[RunStore, str, str, str]) -> None:
    store, first, second, _ = compared
    result = compare_runs(store, [first, second[:10]])
    assert [run["run"] for run in result["runs"]] == [first, second]
    assert result["warnings"] == []
    assert result["differences"] == {
        "config": [
            {"key": "name", "values": ["first", "second"]},
            {"key": "fit.epochs", "values": ["40", "7"]},
        ],
        "data": [],
        "environment": [],
    }


def test_errors_by_family_are_those_counted_by_hand(compared: tuple[RunStore, str, str, str]) -> None:
    store, first, second, _ = compared
    result = compare_runs(store, [first, second], most_entries=2)
    by_family = {row["family"]: row for row in result["families"]}
    assert by_family["M13"]["mae"] == pytest.approx([0.2, 0.05]) and by_family["M13"]["best"] == 1
    assert by_family["M25"]["mae"] == pytest.approx([0.1, 0.1]) and by_family["M25"]["best"] is None
    assert by_family["M38"]["mae"] == pytest.approx([0.1, 0.5]) and by_family["M38"]["n"] == 1
    own, other = result["wins"]
    assert (own["wins"], own["losses"], own["ties"]) == (0, 0, 4)
    assert (other["wins"], other["losses"], other["ties"]) == (1, 1, 2)
    assert (own["mae"], other["mae"]) == pytest.approx((1.0 / 6, 1.1 / 6))
    most, next_most = result["disagreements"]
    assert most["entry"] == "gfn1_models/entry 4" and most["spread"] == pytest.approx(0.4)
    assert most["label"] == 0.5 and most["predicted"] == pytest.approx([0.6, 1.0])
    assert next_most["entry"][-7:] in ("entry 1", "entry 3") and next_most["spread"] == pytest.approx(0.2)
    metrics = {row["metric"]: row for row in result["metrics"]}
    row = metrics["test/gap:gfn1-xtb/network/mae"]
    assert row["values"] == pytest.approx([1.0 / 6, 1.1 / 6]) and row["best"] == 0
    assert metrics["test/gap:gfn1-xtb/mean/mae"]["best"] is None
    assert not any("/family " in name for name in metrics)
    baseline = compare_runs(store, [first, second], arm="mean")
    assert {row["best"] for row in baseline["families"]} == {None}
    with pytest.raises(InputError, match="no such model.*network, mean"):
        compare_runs(store, [first, second], arm="forest")


def test_other_data_and_splits_are_named_loudly(compared: tuple[RunStore, str, str, str]) -> None:
    store, first, _, third = compared
    result = compare_runs(store, [first, third])
    said = " ".join(result["warnings"])
    assert "DIFFERENT DATA" in said and "DIFFERENT SPLITS" in said
    assert "validation" in said and "hold out the same" not in said, "a seed alone changes who validates"
    keys = [row["key"] for row in result["differences"]["data"]]
    assert keys == ["structures and labels", "split", "data.subset"]
    args = ["runs", "compare", first, third, "--project", str(store.directory.parent)]
    shown = CliRunner().invoke(app, args).stdout.splitlines()
    assert shown[0].startswith("DIFFERENT DATA"), "before anything else"


def test_seeds_and_sources_are_brought_together(compared: tuple[RunStore, str, str, str]) -> None:
    store, first, _, _ = compared
    config = load_config(TrainConfig(), ["name=several", "experiment=tests", "data.source=[gfn1_models, frameworks]"])
    run = open_run(store, config, "evaluate", "d" * 64, [], None)
    for seed, error in ((0, 0.1), (1, 0.3)):
        arms = [arm("network", (error,) * 6)]
        arms[0] = replace(arms[0], entries=tuple(f"gfn1_models/{entry}" for entry in arms[0].entries))
        log_held_out(run, f"test seed {seed}", arms, "held out", seed=seed, plots=False)
    run.finish()
    result = compare_runs(store, [first, run.id])
    assert result["wins"][1]["mae"] == pytest.approx(0.2) and len(result["predictions"]) == 6
    (row,) = [row for row in result["metrics"] if row["metric"] == "test/gap:gfn1-xtb/network/mae"]
    assert row["values"] == pytest.approx([1.0 / 6, 0.2]) and row["best"] == 0
    fewer = store.start("tests", "fewer rows", {"mlcluster.kind": "note"})
    fewer.log_metrics([("test/gap:gfn1-xtb/network/mae", 0.01, 0), ("test/gap:gfn1-xtb/network/n", 2, 0)])
    metrics = {row["metric"]: row for row in compare_runs(store, [first, fewer.id])["metrics"]}
    assert metrics["test/gap:gfn1-xtb/network/mae"]["best"] is None, "judged by other rows"
    assert metrics["test/gap:gfn1-xtb/network/mae"]["values"] == pytest.approx([1.0 / 6, 0.01])


def test_runs_without_common_rows_say_so(compared: tuple[RunStore, str, str, str]) -> None:
    store, first, second, _ = compared
    bare = store.start("tests", "bare")
    bare.finish("FAILED")
    result = compare_runs(store, [first, bare.id])
    said = " ".join(result["warnings"])
    assert "No held-out predictions are recorded" in said and "Not finished" in said and result["families"] == []
    assert "No environment is recorded" in said and "at least one run does not say in what" not in said


def test_list_and_show(compared: tuple[RunStore, str, str, str]) -> None:
    store, first, second, third = compared
    child = store.find(first).child("fold 1", {"mlcluster.kind": "fold"})
    child.finish()
    rows = {row["run"]: row for row in list_runs(store, experiment="tests", kind="train")}
    assert list(rows) == [third, second, first], "newest first, without the notes and evaluations of other tests"
    assert rows[first]["children"] == 1 and rows[first]["status"] == "finished" and len(rows[first]["data"]) == 12
    assert rows[first]["metrics"] == {"test/gap:gfn1-xtb/network/mae": pytest.approx(1.0 / 6)}
    assert [row["run"] for row in list_runs(store, kind="train", limit=1)] == [third]
    assert list_runs(store, kind="train", status="running") == [] == list_runs(store, experiment="nothing")
    assert [row["run"] for row in list_runs(store, children=True, kind="fold")] == [child.id]
    shown = show_run(store, first)
    assert shown["parameters"]["fit.epochs"] == "40" and shown["tags"]["mlcluster.entries_hash"] == "e" * 64
    assert {"config.json", "environment.json", "splits.json", "predictions/test.parquet"} <= set(shown["files"])
    assert [row["run"] for row in shown["children"]] == [child.id]


def test_command_line_writes_tables_csv_and_page(compared: tuple[RunStore, str, str, str], tmp_path: Path) -> None:
    store, first, second, third = compared
    where = ["--project", str(store.directory.parent)]
    listed = CliRunner().invoke(app, ["runs", "list", "--kind", "train", "--out", str(tmp_path / "l.csv"), *where])
    assert listed.exit_code == 0, listed.stderr
    assert all(part in listed.stdout for part in (first[:12], "second", "0.1667"))
    assert len(_csv(tmp_path / "l.csv")) == 3
    result = CliRunner().invoke(app, ["runs", "show", first[:10], *where])
    assert result.exit_code == 0 and "fit.epochs" in result.stdout and "predictions/test.parquet" in result.stdout
    out, report = tmp_path / "c.csv", tmp_path / "c.html"
    args = ["runs", "compare", first, second, third, "--out", str(out), "--report", str(report), *where]
    result = CliRunner().invoke(app, args)
    assert result.exit_code == 0, result.stderr
    assert all(part in result.stdout for part in ("fit.epochs", "M38", "entry 4"))
    rows = {(row["section"], row["name"]): row for row in _csv(out)}
    assert rows["config", "fit.epochs"][second] == "7"
    family = rows["family mae", "test/gap:gfn1-xtb/M38 (n = 1)"]
    assert (float(family[first]), float(family[second])) == pytest.approx((0.1, 0.5))
    document = json.loads(CliRunner().invoke(app, [*args[:5], *where, "--json"]).stdout)
    assert document["wins"][2]["losses"] == 0
    page = report.read_text()
    assert "<b>&<" not in page and "&lt;b&gt;&amp;" in page
    assert re.findall(r'(?:src|href)="(?!#|data:text/csv)', page) == [], "it loads nothing"
    assert page.count("<svg") == 3 and "<script" not in page
    HTMLParser().feed(page)
    assert CliRunner().invoke(app, ["runs", "compare", first, *where]).exit_code == 2
    missing = CliRunner().invoke(app, ["runs", "compare", first, "zzz", *where])
    assert missing.exit_code == 2 and "no such run" in missing.stderr


def _csv(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_text())))
