"""`compute`: every outcome recorded, nothing done twice, nothing lost to a kill."""

from __future__ import annotations

import csv
import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from mlcluster.cli.main import app
from mlcluster.data.compute import compute
from mlcluster.data.compute.labelling import Job, run_job
from mlcluster.data.compute.structure_sets import entries, structure_key
from mlcluster.design.frameworks import build
from mlcluster.electronic.calculators import CALCULATORS
from mlcluster.errors import ConfigError, InputError
from mlcluster.runs import Journal, held
from mlcluster.structure.cluster import Cluster


@pytest.fixture(scope="module")
def structures() -> dict[str, Cluster]:
    """Two that work and one open shell."""
    good = {name: build("m4-phosphine", metal=name) for name in ("Au", "Cu")}
    return good | {"odd": build("m4-phosphine", metal="Ag").replace(charge=1, multiplicity=2)}


def test_the_key_of_a_structure_sees_what_matters() -> None:
    cluster = build("m4-phosphine")
    shifted = cluster.replace(positions=cluster.positions + [1e-3, 0, 0])
    others = [cluster.replace(charge=4), cluster.replace(multiplicity=3), shifted, build("m4-phosphine", metal="Ag")]
    assert len({structure_key(c) for c in (cluster, *others)}) == 5
    renamed = cluster.replace(name="other", positions=cluster.positions + 1e-9)
    assert structure_key(renamed) == structure_key(cluster)


# Inputs


def test_a_directory_a_file_and_a_source(tmp_path: Path, structures: dict[str, Cluster]) -> None:
    for name, cluster in structures.items():
        (tmp_path / f"{name}.xyz").write_text(cluster.replace(name="same").to_xyz())
    (tmp_path / "broken.xyz").write_text("3\n\nAu 0 0\n")
    (tmp_path / "notes.txt").write_text("nothing")
    found = {entry.name: entry for entry in entries(tmp_path)}
    assert set(found) == {"same", "same#2", "same#3", "broken.xyz"}
    assert "cut off" in str(found["broken.xyz"].error)
    assert [entry.name for entry in entries(tmp_path / "odd.xyz")] == ["same"]
    assert len(entries("gfn1_models")) == 2924


def test_what_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="gfn1_models"):
        entries("gfn2_models")
    with pytest.raises(InputError, match="holds no structure files"):
        entries(tmp_path)


# The whole


def test_accepted_failed_and_reused(tmp_path: Path, structures: dict[str, Cluster]) -> None:
    progress: list[tuple[int, int, str]] = []
    first = compute(structures, tmp_path, limit=1, on_progress=lambda *seen: progress.append(seen))
    assert (first["computed"], first["accepted"], first["failed"]) == (1, 1, [])
    assert progress == [(1, 1, "Au")]
    second = compute(structures, tmp_path, processes=2)
    assert (second["inputs"], second["computed"], second["reused"], second["accepted"]) == (3, 2, 1, 2)
    ((failure),) = second["failed"]
    assert failure["entry"] == "odd"
    assert "open shell" in failure["reason"]
    third = compute(structures, tmp_path)
    assert (third["computed"], third["reused"], third["accepted"]) == (0, 3, 2)
    with open(tmp_path / "labels.csv", newline="") as handle:
        labels = {row["entry"]: row for row in csv.DictReader(handle)}
    assert set(labels) == {"Au", "Cu"}
    assert labels["Au"]["charge"] == "2"
    assert float(labels["Au"]["gap_ev"]) == pytest.approx(2.9, abs=0.3)
    changed = structures | {"Au": structures["Au"].replace(positions=structures["Au"].positions * 1.001)}
    assert compute(changed, tmp_path)["computed"] == 1


def test_a_fault_of_a_program_is_a_failure_of_its_item(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(cluster: Cluster) -> None:
        raise ZeroDivisionError("no such integral")

    monkeypatch.setitem(CALCULATORS, "gfn1-xtb", fail)
    row = run_job(Job(entry="a", structure="0", method="gfn1-xtb", cluster=build("m3-phosphine")))
    assert (row["accepted"], row["reason"]) == (False, "ZeroDivisionError: no such integral")


def test_the_command_tells_what_failed(tmp_path: Path, structures: dict[str, Cluster]) -> None:
    source = tmp_path / "set.xyz"
    source.write_text("".join(c.replace(name=name).to_xyz() for name, c in structures.items() if name != "Cu"))
    done = CliRunner().invoke(app, ["data", "compute", str(source), "--out", str(tmp_path / "out"), "--json"])
    assert done.exit_code == 1
    result = json.loads(done.stdout)
    assert (result["accepted"], [row["entry"] for row in result["failed"]]) == (1, ["odd"])
    again = CliRunner().invoke(app, ["data", "compute", str(source), "--out", str(tmp_path / "out")])
    assert again.exit_code == 1
    assert "0 calculated now, 2 before, 1 labels" in " ".join(again.stdout.split())


def test_wrong_requests_are_refused(tmp_path: Path, structures: dict[str, Cluster]) -> None:
    with pytest.raises(ConfigError, match="no such calculation"):
        compute(structures, tmp_path, method="pm7")
    with pytest.raises(ConfigError, match="no entry of that name"):
        compute(structures, tmp_path, only=["Hg"])
    done = CliRunner().invoke(app, ["data", "compute", "nowhere.xyz", "--out", str(tmp_path)])
    assert done.exit_code == 2


def test_a_killed_run_goes_on_where_it_stood_and_leaves_no_process(tmp_path: Path) -> None:
    source, out = tmp_path / "set.xyz", tmp_path / "out"
    source.write_text("".join(build("m4-phosphine").replace(name=f"e{k}").to_xyz() for k in range(40)))
    command = [sys.executable, "-m", "mlcluster", "data", "compute", str(source), "--out", str(out), "--json"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    journal = Journal(out / "results.jsonl")
    _wait_until(lambda: len(journal.rows()) >= 2)
    children = _children(process.pid)
    process.send_signal(signal.SIGKILL)
    process.wait()
    _wait_until(lambda: not any(Path(f"/proc/{child}").exists() for child in children))
    before = journal.rows()
    assert 2 <= len(before) < 40
    result = compute(source, out, processes=2)
    assert result["accepted"] == 40
    assert result["reused"] >= len(before)
    assert journal.rows()[: len(before)] == before


def _children(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()


def _wait_until(condition) -> None:  # type: ignore[no-untyped-def]
    limit = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < limit, "waited in vain"
        time.sleep(0.05)


def test_parts_are_gathered_by_the_call_without_one(tmp_path: Path, structures: dict[str, Cluster]) -> None:
    names = list(structures)
    for part in ("1/2", "0/2", "1/2"):
        result = compute(structures, tmp_path / "parts", part=part)
        assert result["labels"] is None and result["inputs"] in (len(names) // 2, (len(names) + 1) // 2)
    assert result["computed"] == 0 and not (tmp_path / "parts" / "labels.csv").exists()
    with held(tmp_path / "parts" / ".lock-0001-of-0002"), pytest.raises(ConfigError, match="another process does"):
        compute(structures, tmp_path / "parts", part="1/2")
    gathered = compute(structures, tmp_path / "parts")
    whole = compute(structures, tmp_path / "whole")
    assert gathered["computed"] == 0 and gathered["accepted"] == whole["accepted"]
    one, other = (_without_times(tmp_path / name / "labels.csv") for name in ("parts", "whole"))
    assert one == other and len(one) > 1


def _without_times(path: Path) -> list[str]:
    return [line.rpartition(",")[0] for line in path.read_text(encoding="utf-8").splitlines()]
