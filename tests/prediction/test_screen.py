"""Screening: what is in the table, and that no end of a run at any moment changes it."""

from __future__ import annotations

import json
import multiprocessing
import random
import time
from itertools import groupby
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

import mlcluster
from mlcluster.cli.main import app
from mlcluster.errors import ConfigError, InputError
from mlcluster.prediction import screen as screen_module
from mlcluster.prediction.screen import Progress, screen
from mlcluster.prediction.screening import readers, running
from mlcluster.prediction.screening.screen_record import locked
from mlcluster.prediction.screening.screen_table import part_files, read_screen, read_structures
from mlcluster.runs import ProcessDied, dask_workers
from tests.model.structures import random_cluster
from tests.prediction.screening import FRAMES, make_inputs, make_model, rows, run, run_slowly

INPUTS = 4 + FRAMES


@pytest.fixture(scope="module")
def given(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[str], Path]:
    """Inputs and model."""
    directory = tmp_path_factory.mktemp("inputs")
    return make_inputs(directory), make_model(directory / "model")


@pytest.fixture(scope="module")
def undisturbed(given, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The screen that nothing disturbed."""
    out = tmp_path_factory.mktemp("undisturbed")
    result = run(given[0], out, given[1])
    assert {key: result[key] for key in ("inputs", "predicted", "failed", "reused", "repeated")} == {
        "inputs": INPUTS,
        "predicted": INPUTS - 2,
        "failed": 2,
        "reused": 0,
        "repeated": 2,
    }
    return out


def test_every_input_has_its_rows_in_order(undisturbed: Path) -> None:
    table = rows(undisturbed)
    assert [number for number, _ in groupby(row["input"] for row in table)] == list(range(INPUTS))
    by_input = {number: list(group) for number, group in groupby(table, key=lambda row: row["input"])}
    assert [Path(by_input[k][0]["file"]).name for k in range(4)] == ["a.cif", "b.cif", "same as b.cif", "z.xyz.gz"]
    assert [by_input[4 + k][0]["id"] for k in (0, 4, 9)] == ["random 0", "alone", "the second again"]
    for number, group in by_input.items():
        assert {row["error"] is not None for row in group} == {number in (0, 8)}
    assert "a.cif" in by_input[0][0]["error"] and "no neighbour" in by_input[8][0]["error"]
    good = by_input[1]
    assert [(row["target"], row["method"]) for row in good[:2]] == [("gap", "optical"), ("gap", "gfn1-xtb")]
    assert "quantum_yield" in {row["target"] for row in good[2:]}, "what the formula tells stands behind"
    assert good[0]["formula"] == "Au11Cl3H21P7" and good[0]["family"] == "M11X3" and good[0]["charge"] == 0


def test_rows_are_those_of_predict(undisturbed: Path, given) -> None:
    inputs, model = given
    file = f"{inputs[0]}/b.cif"
    found = [row for row in rows(undisturbed) if row["file"] == file]
    for row, expected in zip(found, mlcluster.predict(file, model=model), strict=True):
        shared = [key for key in expected if key in row]
        assert {"value", "lower", "upper", "reasons", "applicability", "cluster", "model"} <= set(shared)
        for key in shared:
            assert row[key] == (
                pytest.approx(expected[key], rel=1e-6) if key in ("value", "lower", "upper") else expected[key]
            )


def test_what_is_equal_is_computed_once(given, tmp_path: Path, undisturbed: Path, monkeypatch) -> None:
    seen = []
    work = running.run_job
    monkeypatch.setattr(running, "run_job", lambda job: seen.extend(job.items) or work(job))
    run(given[0], tmp_path, given[1])
    assert len(seen) == INPUTS - 2
    names = {row["file"]: row["cluster"] for row in rows(tmp_path) if row["error"] is None}
    assert (names[f"{given[0][0]}/b.cif"], names[f"{given[0][0]}/deeper/same as b.cif"]) == ("b", "same as b")
    first, again = ([r for r in rows(tmp_path) if r["id"] == name] for name in ("random 2", "the second again"))
    assert {row["cluster"] for row in again} == {"the second again"}
    assert [(row["value"], row["upper"]) for row in again] == [(row["value"], row["upper"]) for row in first]


def test_structures_lie_beside_the_rows(undisturbed: Path) -> None:
    ((number, cluster),) = read_structures(undisturbed, [5])
    assert number == 5 and cluster.name == "random 1"
    assert np.allclose(cluster.positions, random_cluster(1).positions, atol=5e-4)
    assert len(list(read_structures(undisturbed, range(INPUTS)))) == INPUTS - 2


def test_the_record_says_what_it_was_made_with(undisturbed: Path, given) -> None:
    record = json.loads((undisturbed / "screen.json").read_text())
    assert record["finished"] and record["counts"]["failed"] == 2
    assert record["run"]["model"] == mlcluster.prediction.predict.open_model(given[1]).hash
    assert record["inputs"][given[0][1]]["items"] == FRAMES
    assert record["environment"]["packages"]["mlcluster"] == mlcluster.__version__


def test_killed_at_any_moment_it_ends_with_the_same_table(given, undisturbed: Path, tmp_path: Path) -> None:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.prediction.screening"])
    choose = random.Random(0)
    parts = len(part_files(undisturbed))
    seen = []
    for _ in range(6):
        process = context.Process(target=run_slowly, args=(given[0], tmp_path, given[1]))
        process.start()
        enough = choose.randrange(parts)
        while process.is_alive() and len(list(tmp_path.glob("predictions/part-*"))) < enough:
            time.sleep(0.001)
        time.sleep(choose.random() * 0.05)
        process.kill()
        process.join()
        seen.append(len(list(tmp_path.glob("predictions/part-*"))))
        if (tmp_path / "predictions").is_dir():
            read_screen(tmp_path)
    assert seen == sorted(seen)
    result = run(given[0], tmp_path, given[1])
    assert result["reused"] == min(2 * seen[-1], INPUTS)
    assert any(0 < number < parts for number in seen)
    assert rows(tmp_path) == rows(undisturbed)
    assert not list(tmp_path.glob("*/.part-*"))


@pytest.mark.parametrize("seed", range(3))
def test_any_parts_may_be_missing_torn_or_unfinished(given, undisturbed: Path, tmp_path: Path, seed: int) -> None:
    run(given[0], tmp_path, given[1])
    choose = random.Random(seed)
    for path in choose.sample(part_files(tmp_path), 6):
        damage = choose.choice(["missing", "torn", "empty", "unfinished"])
        if damage == "missing":
            path.unlink()
        elif damage == "unfinished":
            path.rename(path.with_name(f".{path.name}.1.partial"))
        else:
            path.write_bytes(path.read_bytes()[: path.stat().st_size // 2 if damage == "torn" else 0])
    for path in choose.sample(part_files(tmp_path, "structures"), 2):
        path.unlink()
    run(given[0], tmp_path, given[1])
    assert rows(tmp_path) == rows(undisturbed)
    assert len(list(read_structures(tmp_path, range(INPUTS)))) == INPUTS - 2


def test_parts_that_come_in_any_order_give_the_same(given, undisturbed: Path, tmp_path: Path, monkeypatch) -> None:
    def backwards(work, jobs):
        return reversed([(index, work(job)) for index, job in enumerate(jobs)])

    monkeypatch.setattr(screen_module, "local_readers", lambda processes: backwards)
    run(given[0], tmp_path, given[1])
    assert rows(tmp_path) == rows(undisturbed)


def test_interrupted_it_leaves_what_is_finished(given, undisturbed: Path, tmp_path: Path) -> None:
    def interrupt(progress: Progress) -> None:
        if progress.inputs >= 6:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(given[0], tmp_path, given[1], on_progress=interrupt)
    record = json.loads((tmp_path / "screen.json").read_text())
    assert not record["finished"] and record["counts"]["inputs"] == 6
    expected = rows(undisturbed)
    assert rows(tmp_path) == [row for row in expected if row["input"] < 6]
    assert run(given[0], tmp_path, given[1])["reused"] == 6
    assert rows(tmp_path) == expected


def test_another_model_is_refused_until_asked_for(given, tmp_path: Path) -> None:
    inputs, model = given
    run(inputs, tmp_path, model)
    other = make_model(tmp_path / "other", seed=7)
    before = rows(tmp_path)
    with pytest.raises(ConfigError, match="made otherwise.*model.*--restart"):
        run(inputs, tmp_path, other)
    with pytest.raises(ConfigError, match="charge None"):
        run(inputs, tmp_path, model, charge=1)
    assert rows(tmp_path) == before
    assert run(inputs, tmp_path, other, restart=True)["reused"] == 0
    assert rows(tmp_path)[1]["model"] != before[1]["model"]


def test_changed_inputs_are_computed_again_and_only_they(given, tmp_path: Path) -> None:
    model = given[1]
    inputs = make_inputs(tmp_path / "own")
    run(inputs, tmp_path / "out", model)
    (tmp_path / "own" / "folder" / "b.cif").write_text(random_cluster(30, charge=0).to_cif())
    frames = Path(inputs[1]).read_text().split("14\n")
    Path(inputs[1]).write_text("14\n".join(frames[:-1]))
    result = run(inputs, tmp_path / "out", model)
    # Inputs 0 to 3 (the repeated one with its part), and the last, which a part had for itself and which is gone.
    assert (result["inputs"], result["reused"]) == (INPUTS - 1, INPUTS - 1 - 4)
    run(inputs, tmp_path / "fresh", model)
    assert rows(tmp_path / "out") == rows(tmp_path / "fresh")


def test_one_directory_has_one_screen_at_a_time(given, tmp_path: Path) -> None:
    with locked(tmp_path), pytest.raises(ConfigError, match="another screen is at work"):
        run(given[0], tmp_path, given[1])


def test_an_item_that_kills_its_process_fails_alone(given, tmp_path: Path, undisturbed: Path, monkeypatch) -> None:
    def deadly(work, jobs):
        for index, job in enumerate(jobs):
            killed = any(item.id == "random 3" for item in job.items)
            yield index, ProcessDied(-9) if killed else work(job)

    monkeypatch.setattr(screen_module, "local_readers", lambda processes: deadly)
    monkeypatch.setattr(running, "guarded_readers", lambda: deadly)
    result = run(given[0], tmp_path, given[1])
    assert result["failed"] == 3
    (row,) = (row for row in rows(tmp_path) if row["id"] == "random 3")
    assert "died" in row["error"]
    others = [r for r in rows(undisturbed) if r["id"] not in ("random 2", "random 3", "the second again")]
    assert [r for r in rows(tmp_path) if r["id"] not in ("random 2", "random 3", "the second again")] == others


def test_clusters_in_memory_and_sets_of_a_screen_are_inputs_as_well(given, tmp_path: Path) -> None:
    stream = (random_cluster(k, charge=0).replace(name=f"c{k}") for k in range(3))
    result = run(stream, tmp_path / "a", given[1])  # type: ignore[arg-type]
    assert result["predicted"] == 3
    again = run([str(tmp_path / "a" / "structures")], tmp_path / "b", given[1])
    assert again["predicted"] == 3
    first, second = (read_screen(tmp_path / name).to_pandas() for name in "ab")
    assert first["id"].tolist() == second["id"].tolist()
    assert [name for name, _ in groupby(first["id"])] == ["c0", "c1", "c2"]
    assert np.allclose(first["value"], second["value"], atol=1e-2)


def test_a_table_states_charges(given, tmp_path: Path) -> None:
    (tmp_path / "x.xyz").write_text(random_cluster(0).to_xyz())
    (tmp_path / "list.csv").write_text("file,charge\nx.xyz,1\nx.xyz,\nabsent.cif,0\n")
    run([str(tmp_path / "list.csv")], tmp_path / "out", given[1], charge=3)
    table = rows(tmp_path / "out")
    assert [charge for charge, _ in groupby(row["charge"] for row in table)] == [1, 3, None]
    assert "no such file" in table[-1]["error"]


def test_what_is_not_there_is_refused_before_any_work(given, tmp_path: Path, monkeypatch) -> None:
    (tmp_path / "empty").mkdir()
    for inputs, message in (
        ([str(tmp_path / "absent")], "no such file or folder"),
        ([str(tmp_path / "empty")], "holds no structure"),
        ([], "nothing to screen"),
    ):
        with pytest.raises(InputError, match=message):
            run(inputs, tmp_path / "out", given[1])
    assert not (tmp_path / "out").exists()
    with pytest.raises(InputError, match="no screen in this directory"):
        read_screen(tmp_path)
    monkeypatch.setattr(dask_workers, "ANSWER_SECONDS", 0.2)
    with pytest.raises(ConfigError, match="no Dask scheduler answers"), readers.dask_readers("tcp://127.0.0.1:1"):
        pass
    assert screen(str(given[0][1]), tmp_path / "one", model=given[1], processes=1)["inputs"] == FRAMES


def test_the_command_names_the_first_of_many_that_failed(given, tmp_path: Path) -> None:
    empty = [tmp_path / f"empty {k}.cif" for k in range(7)]
    for path in empty:
        path.write_text("")
    words = ["screen", *map(str, empty), "--out", str(tmp_path / "out"), "--model", str(given[1]), "--processes", "1"]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 1 and "7 failed" in done.stdout
    assert f"{empty[0]}: the file is empty" in done.stderr
    assert "... and 2 more" in done.stderr and empty[5].name not in done.stderr


def test_the_command_counts_and_names_what_failed(given, tmp_path: Path) -> None:
    inputs, model = given
    words = ["screen", inputs[1], "--out", str(tmp_path), "--model", str(model), "--processes", "1"]
    done = CliRunner().invoke(app, [*words, "--json"])
    assert done.exit_code == 1, done.output
    result = json.loads(done.stdout)
    counts = {key: result[key] for key in ("inputs", "predicted", "failed", "reused")}
    assert counts == {"inputs": FRAMES, "predicted": FRAMES - 1, "failed": 1, "reused": 0}
    again = CliRunner().invoke(app, words)
    assert again.exit_code == 1 and f"{FRAMES} were there before" in again.stdout
    (failed,) = [row for row in rows(tmp_path) if row["error"]]
    assert failed["id"] in again.stderr and failed["error"] in again.stderr and "more" not in again.stderr
    refused = CliRunner().invoke(app, [*words, "--charge", "2"])
    assert refused.exit_code == 2 and "--restart" in refused.stderr
    assert CliRunner().invoke(app, [*words, "--slurm", "--scheduler", "tcp://h:1"]).exit_code == 2
