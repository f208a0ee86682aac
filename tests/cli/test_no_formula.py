"""A model answers alone where it is asked to, and a lifetime that could be any is no row."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import mlcluster
from mlcluster.cli.main import app
from mlcluster.data import model_structures
from mlcluster.errors import ConfigError
from mlcluster.labels.methods import Channel
from mlcluster.prediction.calculated import LevelChoice
from mlcluster.prediction.prediction import MOST_DECADES, _says_nothing
from mlcluster.prediction.screening.screen_table import read_screen


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    folder = tmp_path_factory.mktemp("structures")
    paths = []
    for name in ("model [Au25(SH)18]-", "model [Ag25(SH)18]-"):
        paths.append(folder / f"{name.split()[-1][1:5]}.cif")
        paths[-1].write_text(model_structures()[name].to_cif(), encoding="utf-8")
    return [str(path) for path in paths]


def said(*words: str) -> Any:
    done = CliRunner().invoke(app, [*words, "--charge", "-1", "--json"])
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def _values(row: dict) -> dict:
    """A row without the words about all rows."""
    return {key: value for key, value in row.items() if key != "sentences"}


def test_predict_and_compare(files: list[str]) -> None:
    both, alone = ([_values(row) for row in said("predict", *files, *more)] for more in ((), ("--no-formula",)))
    told = [row for row in both if row["kind"] == "measured" or row["basis"] != "formula"]
    assert alone == told and len(alone) < len(both)
    rows = said("compare", *files, "--no-formula")
    assert {row["basis"] for row in rows["predictions"]} == {"network"}
    assert "formula" in said("compare", *files)["models"]


def test_screen_keeps_apart_what_was_made_with_and_without(files: list[str], tmp_path: Path) -> None:
    out = tmp_path / "screened"
    said("screen", *files, "--out", str(out), "--no-formula", "--processes", "1")
    assert not any(name.startswith("emission") for name in read_screen(out).column_names)
    assert CliRunner().invoke(app, ["screen", *files, "--out", str(out), "--charge", "-1"]).exit_code == 2


def test_the_formula_alone_cannot_be_left_out() -> None:
    with pytest.raises(ConfigError, match="only the formula is asked"):
        LevelChoice.of("formula", formula=False)


def test_a_lifetime_that_could_be_any_is_no_row() -> None:
    lifetime, emission = Channel.parse("lifetime:measured"), Channel.parse("emission:measured")
    assert _says_nothing(lifetime, 1e-6, 1.01 * 10 ** (MOST_DECADES - 6))
    assert not _says_nothing(lifetime, 1e-6, 0.99 * 10 ** (MOST_DECADES - 6)) and not _says_nothing(emission, 0, 1e9)
    for formula in ("[Au22(SG)18]0", "[Pt(PPh3)4]0", "[Cu14H10(PPh3)8]0"):
        rows = mlcluster.predict_formula(formula)
        assert {row.target for row in rows} >= {"emission", "quantum_yield", "gap"}
        wide = [math.log10(row.upper / row.lower) for row in rows if row.target == "lifetime"]
        assert all(decades <= MOST_DECADES for decades in wide)
        assert bool(wide) == (formula == "[Au22(SG)18]0")
