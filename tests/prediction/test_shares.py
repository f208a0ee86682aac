"""A screen by many tasks: whoever is killed, repeated or run twice, gathered it is the screen of one."""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

import mlcluster
from mlcluster.cli.main import app
from mlcluster.errors import ConfigError, InputError
from mlcluster.prediction.screening.parts import Item, form_parts
from mlcluster.prediction.screening.screen_record import read_header
from mlcluster.prediction.screening.screen_table import part_files
from mlcluster.prediction.screening.shares import parts_of, read_shares
from mlcluster.runs import Share
from tests.model.structures import random_cluster
from tests.prediction.screening import FRAMES, make_inputs, make_model, rows, run

CHECKOUT = Path(__file__).resolve().parents[2]
INPUTS = 4 + FRAMES
COUNTS = ("inputs", "predicted", "failed", "repeated")


@pytest.fixture(scope="module")
def given(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[str], Path]:
    """Inputs and model."""
    directory = tmp_path_factory.mktemp("inputs")
    return make_inputs(directory), make_model(directory / "model")


@pytest.fixture(scope="module")
def undisturbed(given, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict]:
    """The screen that one call made, and what that said."""
    out = tmp_path_factory.mktemp("undisturbed")
    return out, run(given[0], out, given[1])


@pytest.mark.parametrize("of", [1, 2, 5, 12])
def test_gathered_it_is_the_screen_of_one(of: int, given, undisturbed, tmp_path: Path) -> None:
    order = [f"{k}/{of}" for k in range(1, of + 1)]
    random.Random(of).shuffle(order)
    for part in [*order, order[0]]:
        result = run(given[0], tmp_path, given[1], part=part)
        assert result["part"] == str(Share.parse(part))
        assert not (tmp_path / "screen.json").exists()
    assert result["reused"] == result["inputs"] > 0 or of == 12
    gathered = mlcluster.gather(tmp_path)
    assert gathered["missing"] == []
    assert {key: gathered[key] for key in COUNTS} == {key: undisturbed[1][key] for key in COUNTS}
    assert rows(tmp_path) == rows(undisturbed[0])
    one, other = (json.loads((place / "screen.json").read_text()) for place in (tmp_path, undisturbed[0]))
    assert one["finished"] and one["run"] == other["run"] and one["inputs"] == other["inputs"]
    assert run(given[0], tmp_path, given[1])["reused"] == INPUTS, "it is gone on with as any other"


def test_what_is_missing_is_named_and_nothing_is_closed(given, undisturbed, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no part of a screen here"):
        mlcluster.gather(tmp_path)
    for part in ("1/4", "3/4"):
        run(given[0], tmp_path, given[1], part=part)
    told = mlcluster.gather(tmp_path)
    assert told["missing"] == ["2/4", "4/4"], "counted as --part counts them"
    assert "Run these parts again: 2/4, 4/4" in told["sentences"][1]
    run(given[0], tmp_path, given[1], part="2/4")
    run(given[0], tmp_path, given[1], part="4/4")
    torn = next(path for path in part_files(tmp_path) if int(path.stem[-6:]) % 4 == 1)
    torn.write_bytes(torn.read_bytes()[:-30])
    result = CliRunner().invoke(app, ["screen", "gather", str(tmp_path)])
    assert result.exit_code == 1 and "Run these parts again: 1/4" in result.stdout
    assert not (tmp_path / "screen.json").exists()
    run(given[0], tmp_path, given[1], part="1/4")
    result = CliRunner().invoke(app, ["screen", "gather", str(tmp_path), "--json"])
    assert result.exit_code == 1, "two inputs failed"
    assert json.loads(result.stdout)["missing"] == [] and "a.cif" in result.stderr
    assert rows(tmp_path) == rows(undisturbed[0])


@pytest.mark.parametrize("given_part", ["--part 0/3", "--part=0/3"])
def test_the_command_of_a_missing_part_is_that_of_the_others(given_part: str, given, tmp_path: Path) -> None:
    command = f"/opt/bin/mlcluster screen 'my set.extxyz' {given_part} --charge -1 --out {tmp_path}"
    run(given[0], tmp_path, given[1], part="0/3", command=command)
    told = mlcluster.gather(tmp_path)
    assert told["missing"] == ["1/3", "2/3"]
    again = given_part.replace("0/3", "1/3")
    assert told["sentences"][-1] == f"Next: mlcluster screen 'my set.extxyz' {again} --charge -1 --out {tmp_path}"
    for part in ("1/3", "2/3"):
        run(given[0], tmp_path, given[1], part=part, command=command)
    torn = next(path for path in part_files(tmp_path) if int(path.stem[-6:]) % 3 == 0)
    torn.write_bytes(torn.read_bytes()[:-30])
    told = mlcluster.gather(tmp_path)
    assert told["missing"] == ["3/3"] and "the task 0 where they are counted from 0" in told["sentences"][1]


def test_parts_of_other_inputs_or_options_do_not_mix(given, tmp_path: Path) -> None:
    inputs = make_inputs(tmp_path / "own")
    run(inputs, tmp_path / "out", given[1], part="0/2")
    with pytest.raises(ConfigError, match="made otherwise.*charge None"):
        run(inputs, tmp_path / "out", given[1], part="1/2", charge=1)
    with pytest.raises(ConfigError, match="made otherwise"):
        run(inputs, tmp_path / "out", given[1], charge=1)
    Path(inputs[1]).write_text(random_cluster(50).to_xyz())
    run(inputs, tmp_path / "out", given[1], part="1/2")
    with pytest.raises(ConfigError, match="different inputs"):
        mlcluster.gather(tmp_path / "out")
    run(inputs, tmp_path / "out", given[1], part="2/2")
    mlcluster.gather(tmp_path / "out")
    run(inputs, tmp_path / "fresh", given[1])
    assert rows(tmp_path / "out") == rows(tmp_path / "fresh"), "what the longer inputs left is gone"


@pytest.mark.parametrize("text", ["", "[]", "{", '"x"'])
def test_a_record_that_is_none_says_how_to_go_on(text: str, tmp_path: Path) -> None:
    (tmp_path / "screen.json").write_text(text)
    with pytest.raises(InputError, match="screen.json.*--restart"):
        read_header(tmp_path)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"part": "5/4"}, "no part of anything"),
        ({"part": "1/0"}, "no part of anything"),
        ({"part": "a/4"}, "no part of anything"),
        ({"part": "1/4", "restart": True}, "cannot begin a screen anew"),
        ({"part": "1/4", "scheduler": "tcp://127.0.0.1:1"}, "done on this machine"),
    ],
)
def test_what_is_no_part_is_refused(options: dict, message: str, given, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=message):
        run(given[0], tmp_path, given[1], **options)


def test_every_part_has_one_task_and_what_it_repeats() -> None:
    data = [random_cluster(k).to_xyz().encode() for k in (0, 1, 2, 0, 3, 1, 4, 3)]
    items = [Item(id=str(k), file="f", data=each, frame=k) for k, each in enumerate(data)]
    parts = [[part.number for part in parts_of(Share(k, 3), lambda: form_parts(items, "", 1))] for k in range(3)]
    # 3 repeats 0, 5 repeats 1, 7 repeats 4: what another task does comes last, to be copied from.
    assert parts == [[0, 3, 6], [1, 4, 7], [2, 5, 1]]


def work(inputs: list[str], out: Path, model: Path, part: str) -> None:
    """A task that is going to be killed."""
    os.environ["MLCLUSTER_CACHE"] = "off"
    run(inputs, out, model, part=part)


def killed_and_repeated(inputs: list[str], out: Path, model: Path, of: int, kills: int, at_once: int, **wait) -> int:
    """Run all tasks, some at once; kill some of them at random moments and repeat them; how many were killed."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.prediction.test_shares"])
    choose = random.Random(of)
    waiting = [f"{k}/{of}" for k in range(1, of + 1)]
    doomed = set(choose.sample(waiting, kills))
    under_way: dict = {}
    killed = 0
    while waiting or under_way:
        while waiting and len(under_way) < at_once:
            part = waiting.pop(0)
            process = context.Process(target=work, args=(inputs, out, model, part))
            process.start()
            under_way[part] = (process, time.monotonic() + choose.uniform(*wait["within"]) if part in doomed else None)
        time.sleep(0.005)
        for part, (process, until) in list(under_way.items()):
            if process.is_alive() and until is not None and time.monotonic() > until:
                process.kill()  # forgives one that the server of forks has seen end
            if not process.is_alive():
                process.join()
                del under_way[part]
                if process.exitcode:
                    killed += 1
                    doomed.discard(part)
                    waiting.append(part)
    return killed


def test_tasks_that_are_killed_and_repeated_change_nothing(given, undisturbed, tmp_path: Path) -> None:
    killed = killed_and_repeated(given[0], tmp_path, given[1], 5, 3, 2, within=(0.0, 0.6))
    assert mlcluster.gather(tmp_path)["missing"] == [] and killed <= 3
    assert rows(tmp_path) == rows(undisturbed[0])
    assert not list(tmp_path.glob("*/.part-*"))


@pytest.mark.slow
def test_forty_tasks_of_four_thousand_structures_with_kills_equal_one_call(given, tmp_path: Path) -> None:
    place = tmp_path / "many.extxyz"
    place.write_text("".join(random_cluster(k, charge=k % 2).replace(name=f"r{k}").to_xyz() for k in range(4000)))
    run([str(place)], tmp_path / "whole", given[1])
    killed = killed_and_repeated([str(place)], tmp_path / "shared", given[1], 40, 15, 4, within=(0.5, 4.0))
    assert killed > 3
    assert mlcluster.gather(tmp_path / "shared")["missing"] == []
    assert rows(tmp_path / "shared") == rows(tmp_path / "whole")


SBATCH = """#!{python}
# Stands in for sbatch: runs the tasks of an array, eight at a time, some of them twice.
import os, re, subprocess, sys
script = sys.argv[-1]
first, last = map(int, re.search(r"#SBATCH --array=(\\d+)-(\\d+)", open(script).read()).groups())
tasks = [*range(first, last + 1), first]
running = [
    subprocess.Popen(["bash", script], env=os.environ | {{"SLURM_ARRAY_TASK_ID": str(k)}}) for k in tasks
]
sys.exit(max(process.wait() for process in running))
"""


@pytest.mark.slow
def test_the_job_array_of_the_guide_runs(given, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    guide = (CHECKOUT / "docs" / "screening.md").read_text(encoding="utf-8")
    script = next(block for block in re.findall(r"```bash\n(.*?)```", guide, re.DOTALL) if "#SBATCH" in block)
    assert "--array=1-40" in script and "$SLURM_ARRAY_TASK_ID/40" in script
    script = script.replace("1-40", "1-7").replace("/40", "/7").replace("source ~/mlcluster/bin/activate\n", "")
    (tmp_path / "array.sh").write_text(script)
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "sbatch").write_text(SBATCH.format(python=sys.executable))
    (programs / "mlcluster").write_text(
        f'#!/bin/sh\nexec {sys.executable} -m mlcluster "$@" --model {given[1]} --processes 1\n'
    )
    for program in programs.iterdir():
        program.chmod(0o755)
    frames = [random_cluster(k, charge=k % 2).replace(name=f"r{k}").to_xyz() for k in range(500)]
    (tmp_path / "candidates.extxyz").write_text("".join(frames))
    environment = os.environ | {"PATH": f"{programs}:{os.environ['PATH']}", "PYTHONPATH": str(CHECKOUT)}
    done = subprocess.run(
        ["sbatch", "array.sh"], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert len(read_shares(tmp_path / "screened")) == 7
    gathered = mlcluster.gather(tmp_path / "screened")
    assert gathered["missing"] == [] and gathered["predicted"] == 500
    mlcluster.screen("candidates.extxyz", tmp_path / "one", model=given[1], processes=1)
    assert rows(tmp_path / "screened") == rows(tmp_path / "one")
