from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from mlcluster.cli.main import app

QUERIES = ["[Au22(SG)18]0", "[Au13Ag12(PPh3)10Cl8]+", "[Au22(SAdm)12(PPh2py)4]2+", "Au25", "[Au21(SAdm)12(PPh2py)4]+"]


def _run(*arguments: str):
    return CliRunner().invoke(app, ["known", *arguments])


@pytest.mark.parametrize("query", QUERIES)
def test_plain_words_come_first_and_no_line_is_wider_than_a_terminal(query: str):
    done = _run(query)
    assert done.exit_code == 0
    lines = done.stdout.splitlines()
    assert max(map(len, lines)) <= 80
    assert query in " ".join(lines[:3]) and "Nearest known clusters" in lines


def test_json_has_the_agreed_keys():
    document = json.loads(_run("[Au22(SG)18]0", "--nearest", "1", "--json").stdout)
    assert document.keys() >= {"query", "measured", "nearest"} and document["query"] == "[Au22(SG)18]0"
    keys = {"cluster", "target", "value", "unit", "method", "medium", "temperature", "doi", "flags"}
    assert all(row.keys() >= keys for row in document["measured"])
    (near,) = document["nearest"]
    assert near.keys() >= {"cluster", "formula", "differs", "measured"}


def test_nonsense_is_one_readable_mistake(tmp_path: Path):
    for query in ("hello world", str(tmp_path / "absent.cif")):
        done = _run(query)
        assert done.exit_code == 2 and done.stderr.startswith("Error:") and "Traceback" not in done.stderr
