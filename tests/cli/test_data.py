"""The data verbs as commands: tables, JSON and exit codes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from mlcluster.cli.data_sets import app as data
from mlcluster.cli.main import app

HEAVY = ["ase", "numpy", "pandas", "pandera", "pymatgen", "scipy", "torch"]
VERBS = ["list", "validate", "add", "link"]


@pytest.fixture
def own_table(tmp_path: Path) -> Path:
    path = tmp_path / "own.csv"
    path.write_text(
        "measurement_id,cluster_id,formula,charge,qy_fraction,medium,doi\n"
        "u1,Au25_own,[Au25(TBBT)18]-,-1,0.47,toluene,10.1000/own\n",
        encoding="utf-8",
    )
    return path


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import json, sys\nfrom typer.testing import CliRunner\nfrom mlcluster.cli.main import app\n"
        f"for verb in {VERBS!r}:\n"
        "    assert CliRunner().invoke(app, ['data', verb, '--help']).exit_code == 0\n"
        f"print(json.dumps([name for name in {HEAVY!r} if name in sys.modules]))"
    )
    checkout = Path(__file__).resolve().parents[2]
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=checkout)
    assert json.loads(done.stdout) == []


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_explains_itself(verb: str) -> None:
    result = CliRunner().invoke(data, [verb, "--help"])
    assert result.exit_code == 0
    assert "--json" in result.stdout and "--debug" in result.stdout


def test_validate_is_clean_on_the_bundled_tables() -> None:
    shown = CliRunner().invoke(app, ["data", "validate"])
    assert shown.exit_code == 0, shown.stderr
    assert "0 errors" in shown.stdout and "110 pairs, 71 with a member that has no measurement" in shown.stdout
    parsed = CliRunner().invoke(app, ["data", "validate", "--json"])
    assert [row["holds"] for row in json.loads(parsed.stdout)] == ["measurements", "pairs"]


def test_validate_lists_faults_and_says_so_with_its_exit_code(test_data: Path, own_table: Path) -> None:
    faults = str(test_data / "literature" / "faults.csv")
    result = CliRunner().invoke(app, ["data", "validate", faults, str(own_table)])
    assert result.exit_code == 1
    assert "20 of 24 rows are refused" in result.stderr
    # Rows are wrapped in a table: single words are looked for.
    for word in ("yield-in-percent", "unknown-ligand", "impossible-charge", "error:"):
        assert word in result.stdout
    assert f"{own_table}: 0 errors" in result.stdout
    parsed = CliRunner().invoke(app, ["data", "validate", faults, "--json"])
    assert parsed.exit_code == 1
    (row,) = json.loads(parsed.stdout)
    assert {"line", "row", "entry", "column", "value", "rule", "message", "level"} == set(row["findings"][0])


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["validate", "absent.csv"], "absent.csv"),
        (["add", "{table}"], "--to"),
        (["link", "--cifs", "{dir}"], "no crystal structure here"),
        (["vlidate"], "validate"),
    ],
)
def test_a_wrong_command_is_explained(args: list[str], message: str, own_table: Path) -> None:
    filled = [arg.format(table=own_table, dir=own_table.parent) for arg in args]
    result = CliRunner().invoke(app, ["data", *filled])
    assert result.exit_code == 2
    assert message in result.stderr and "Traceback" not in result.stderr


def test_add_once_and_not_twice(own_table: Path, tmp_path: Path) -> None:
    target = tmp_path / "mine"
    first = CliRunner().invoke(app, ["data", "add", str(own_table), "--to", str(target)])
    assert first.exit_code == 0, first.stderr
    assert "1 measurement added" in first.stdout
    second = CliRunner().invoke(app, ["data", "add", str(own_table), "--to", str(target), "--json"])
    assert second.exit_code == 1
    assert "nothing was added" in second.stderr
    assert json.loads(second.stdout)[0]["added"] == 0
    assert CliRunner().invoke(app, ["data", "validate", str(target / "measurements.csv")]).exit_code == 0


def test_link_shows_what_and_why(shared_data: Path) -> None:
    result = CliRunner().invoke(app, ["data", "link", "--cifs", str(shared_data / "cod"), "--json"])
    assert result.exit_code == 0, result.stderr
    (row,) = json.loads(result.stdout)
    assert (row["status"], row["candidates"][0]["cluster_id"]) == ("possible", "Au25_PET18_0")
    assert "Au25_PET18_0" in CliRunner().invoke(app, ["data", "link", "--cifs", str(shared_data / "cod")]).stdout


def test_link_takes_a_charge_from_a_manifest(shared_data: Path, tmp_path: Path) -> None:
    crystal = shared_data / "cod" / "1540567.cif"
    (tmp_path / "charges.csv").write_text(f"file,charge\n{crystal},0\n", encoding="utf-8")
    args = ["data", "link", "--cifs", str(crystal.parent), "--manifest", str(tmp_path / "charges.csv"), "--json"]
    (row,) = json.loads(CliRunner().invoke(app, [*args, "--out", str(tmp_path / "links.csv")]).stdout)
    assert (row["status"], row["record"]) == ("matched", "Au25_PET18_0")
    assert "matched,Au25_PET18_0" in (tmp_path / "links.csv").read_text(encoding="utf-8")


def test_list_tells_what_is_here_and_how_to_get_the_rest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLCLUSTER_DATA_DIR", str(tmp_path))
    result = CliRunner().invoke(app, ["data", "list", "--json"])
    assert result.exit_code == 0, result.stderr
    rows = {row["name"]: row for row in json.loads(result.stdout)}
    assert rows["literature"]["entries"] == 145 and rows["literature"]["labels"]["quantum_yield:measured"] == 94
    assert (rows["gfn1_models"]["state"], rows["gfn1_models"]["families"]) == ("bundled", 7)
    assert rows["nc_database"]["state"] == "not here" and "github" in rows["nc_database"]["obtain"]
    shown = CliRunner().invoke(app, ["data", "list"]).stdout
    assert "gap:gfn1-xtb 2924" in shown and "mlcluster data prepare nc_database" in shown


def test_list_counts_what_was_prepared(shared_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from mlcluster.data import prepare

    monkeypatch.setenv("MLCLUSTER_DATA_DIR", str(tmp_path))
    prepare("cod", shared_data / "cod")
    rows = {row["name"]: row for row in json.loads(CliRunner().invoke(app, ["data", "list", "--json"]).stdout)}
    assert (rows["cod"]["state"], rows["cod"]["entries"], rows["cod"]["families"]) == ("prepared", 1, 1)


def test_link_wants_crystals_or_models() -> None:
    result = CliRunner().invoke(app, ["data", "link"])
    assert result.exit_code == 2 and "nothing to link" in result.stderr
    result = CliRunner().invoke(app, ["data", "link", "--models", "--json"])
    rows = json.loads(result.stdout)
    assert result.exit_code == 0 and {row["geometry"] for row in rows} == {"model"}
    assert {row["status"] for row in rows} == {"matched", "possible", "ambiguous"}
