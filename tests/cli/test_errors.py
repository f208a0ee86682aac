"""Commands that cannot be carried out: exit code 2, one readable message, no traceback."""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import mlcluster
from mlcluster.cli.main import app, main
from mlcluster.errors import ModelError

CHECKOUT = Path(__file__).resolve().parents[2]

Calls = list[dict[str, Any]]


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["predict", "absent.cif"], "absent.cif"),
        (["predict", "{file}", "--jsn"], "--json"),
        (["predct", "{file}"], "predict"),
        (["predict"], "at least one FILE"),
        (["inspect", "{dir}/empty"], "holds no structure files"),
        (["inspect", "{file}", "--charge", "one"], "valid integer"),
        (["inspect", "{file}", "--multiplicity", "0"], "--multiplicity"),
        (["inspect", "{file}", "--disorder", "ignore"], "majority"),
        (["predict", "{file}", "--out", "rows.xls"], ".csv or .json or .parquet or .xlsx"),
        (["predict", "{file}", "--out", "{dir}/absent/rows.csv"], "no such directory"),
        (["inspect", "--manifest", "{dir}/columns.csv"], "Found: path, charge. Expected: file"),
        (["inspect", "--manifest", "{dir}/empty.csv"], "Found: nothing"),
        (["inspect", "--manifest", "{dir}/binary.csv"], "CSV in UTF-8"),
        (["compare", "{file}"], "two structure files"),
        (["compare", "{file}", "{file}", "--pairs", "{dir}/columns.csv"], "two structure files"),
        (["compare", "--pairs", "{dir}/columns.csv", "--report", "r.html"], "one pair"),
    ],
)
def test_a_wrong_command_is_explained(args: list[str], message: str, files: list[str], calls: Calls) -> None:
    folder = Path(files[0]).parent
    (folder / "empty").mkdir()
    (folder / "columns.csv").write_text("path,charge\none.cif,1\n")
    (folder / "empty.csv").write_text("")
    (folder / "binary.csv").write_bytes(b"file\n\xff\xfe\x00\n")
    result = CliRunner().invoke(app, [arg.format(file=files[0], dir=folder) for arg in args])
    assert result.exit_code == 2
    assert message in result.stderr
    assert "Traceback" not in result.stderr
    assert result.stdout == ""
    assert calls == []


def test_what_the_system_says_names_the_file_first(files: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def predict(*args: object, **options: object) -> list[dict]:
        raise OSError(28, "No space left on device", "rows.csv")

    monkeypatch.setitem(vars(mlcluster), "predict", predict)
    result = CliRunner().invoke(app, ["predict", *files])
    assert result.exit_code == 2 and result.stderr == "Error: rows.csv: No space left on device.\n"


@pytest.mark.parametrize("error", [ModelError("not a model.", file="m"), FileNotFoundError("absent"), KeyError("x")])
def test_an_error_is_one_message_and_a_traceback_only_on_request(
    error: Exception, files: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def predict(*args: object, **options: object) -> list[dict]:
        raise error

    monkeypatch.setitem(vars(mlcluster), "predict", predict)
    plain = CliRunner().invoke(app, ["predict", files[0], "--json"])
    assert plain.exit_code == 2
    assert str(error) in plain.stderr
    assert plain.stderr.startswith("Error: ")
    assert ("fault of mlcluster" in plain.stderr) == isinstance(error, KeyError)
    assert plain.stdout == ""
    assert CliRunner().invoke(app, ["predict", files[0], "--debug"]).exception is error


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
@pytest.mark.parametrize(
    ("output", "code", "said"),
    [(">/dev/full", 2, "Error: the output cannot be written: No space left on device.\n"), (">&-", 0, "")],
)
def test_an_output_that_is_full_or_closed(output: str, code: int, said: str) -> None:
    command = f"{shlex.quote(sys.executable)} -m mlcluster --version {output}"
    done = subprocess.run(["sh", "-c", command], cwd=CHECKOUT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (code, said)


def test_ctrl_c_is_one_line_and_code_130(
    files: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def predict(*args: object, **options: object) -> list[dict]:
        raise KeyboardInterrupt

    monkeypatch.setitem(vars(mlcluster), "predict", predict)
    monkeypatch.setattr("sys.argv", ["mlcluster", "predict", files[0], "--json"])
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == 130
    assert capsys.readouterr() == ("", "Interrupted.\n")


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("file,charge\none.cif,+?\n", "line 2, charge: not a number. Found: '+?'"),
        ("file,charge\n,1\n", "line 2, file"),
    ],
)
def test_a_wrong_row_of_a_manifest_costs_only_itself(
    table: str, message: str, files: list[str], calls: Calls, tmp_path: Path
) -> None:
    (tmp_path / "m.csv").write_text(f"{table}{files[0]},\n")
    result = CliRunner().invoke(app, ["inspect", "--manifest", str(tmp_path / "m.csv")])
    assert result.exit_code == 1
    assert message in result.stderr
    assert [call["files"] for call in calls] == [[files[0]]]
