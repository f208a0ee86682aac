"""Every command of the guide to one's own data, in its order, as somebody would who follows it."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from mlcluster.cli.main import app
from mlcluster.labels.conversions import KINDS
from mlcluster.labels.own_targets import TargetDeclaration

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "own_data.md"


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", GUIDE.read_text(encoding="utf-8"), flags=re.DOTALL)


@pytest.mark.slow
@pytest.mark.usefixtures("own_names")
def test_from_a_folder_and_a_table_to_a_model_that_answers(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project)
    (script,), (config,) = blocks("python"), blocks("yaml")
    exec(compile(script, str(GUIDE), "exec"), {})
    (project / "my_data" / "train.yaml").write_text(config)
    commands = [line for block in blocks("bash") for line in block.splitlines() if line]
    assert [command.split()[1] for command in commands] == ["data", "data", "train", "predict", "train"]
    model, told = "", {}
    for command in commands:
        words = shlex.split(command.replace("MODEL", model))
        assert words[0] == "mlcluster"
        done = CliRunner().invoke(app, [*words[1:], "--json"])
        assert done.exit_code == 0, (command, done.stderr)
        told[" ".join(words[1:3])] = json.loads(done.stdout)
        if words[1] == "train":
            model = told[" ".join(words[1:3])]["model"]
    (checked,) = told["data validate"]
    assert (checked["entries"], checked["skipped"], checked["warnings"]) == (42, 0, 4)
    assert all("unusually long bonds" in found["message"] for found in checked["findings"] if found["level"] != "note")
    assert set(checked["labels"]) == {"gap:my gfn1", "gyration_radius:geometry"}
    assert told["data split"]["test"] > 1 and (project / "my_data" / "split.json").is_file()
    metrics = told["train my_data/train.yaml"]["metrics"]
    assert metrics["test/gyration_radius:geometry/network/n"] > 1
    rows = told["predict my_data/cluster_00.xyz"]
    answers = {(row["target"], row["method"]): row for row in rows if row.get("basis") == "network"}
    gap, radius = answers["gap", "my gfn1"], answers["gyration_radius", "geometry"]
    assert (gap["unit"], radius["unit"]) == ("eV", "angstrom")
    assert 0.1 <= radius["lower"] < radius["value"] < radius["upper"] <= 50
    card = (Path(model) / "MODEL_CARD.md").read_text(encoding="utf-8")
    assert "my gfn1" in card and "Gaussian process on" in card, "the last model is the one that takes a network's place"


def test_its_tables_say_what_there_is() -> None:
    text = GUIDE.read_text(encoding="utf-8")
    for key in TargetDeclaration.model_fields:
        assert f"| `{key}` |" in text
    for units in KINDS.values():
        assert all(re.search(rf"[ ;]{re.escape(unit)}[,; ]", text) for unit in units)


def test_what_it_says_of_mistakes_is_so(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same commands with options in place of a configuration: exit codes, reasons, nothing half done."""
    monkeypatch.chdir(project)
    ring = "4\nRing\nAu 0 0 1.6\nAu 0 0 -1.6\nCl 2.0 0 0\nCl -2.0 0 0\n"
    (project / "ring.xyz").write_text(ring)
    (project / "wider.xyz").write_text(ring.replace("2.0", "2.1"))
    (project / "atom.xyz").write_text("1\nlone\nAu 0 0 0\n")
    rows = ["ring.xyz,a,0,0.4", "ring.xyz,b,0,0.5", "wider.xyz,c,0,0.3", "atom.xyz,d,1,0.2", "none.xyz,e,0,0.1"]
    (project / "own.csv").write_text("\n".join(["file,entry,charge,qy", *rows]))
    labels = 'labels={"quantum_yield:measured": {column: qy, unit: percent}}'
    options = ["--option", "path=own.csv", "--option", labels, "--json"]
    done = CliRunner().invoke(app, ["data", "validate", "csv+dir", *options])
    assert done.exit_code == 1
    (result,) = json.loads(done.stdout)
    told = {(found["level"], found["entry"]): found["message"] for found in result["findings"]}
    assert "the only atom of the structure" in told["error", "d"] and "no such file" in told["error", "line 6, e"]
    assert "fractions rather than percent" in told["warning", "line 3, b"]
    assert "the same structure as a with another label" in told["warning", "b"]
    assert (result["entries"], result["skipped"]) == (3, 2)
    split = CliRunner().invoke(app, ["data", "split", "csv+dir", "--kind", "random", *options])
    assert split.exit_code == 0
    assert [one["entry"] for one in json.loads(split.stdout)["skipped"]] == ["line 6, e"]
    for wrong, message in (
        (["csv+dir", "--option", "pth=own.csv"], "Did you mean path"),
        (["csv+dir", "--option", "path=own.csv"], "needs options"),
        (["csv+dir", "--option", "path"], "key=value"),
        (["own_table.csv"], "neither a table nor a source"),
        (["--config", "none.yaml", "csv+dir"], "names its source and options itself"),
        (["--config", "none.yaml"], "no such configuration"),
    ):
        done = CliRunner().invoke(app, ["data", "validate", *wrong])
        assert done.exit_code == 2 and message in done.stderr and "Traceback" not in done.stderr
    done = CliRunner().invoke(app, ["data", "split"])
    assert done.exit_code == 2 and "SOURCE... or --config FILE" in done.stderr
