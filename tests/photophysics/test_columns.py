"""Tables with units in their headers, and faults named by row and column."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mlcluster.errors import InputError
from mlcluster.photophysics.columns import ENERGY_MEV, NO_UNIT, TEMPERATURE, TIME_US, Column, read_columns
from tests.photophysics.simulated import EXAMPLES, examples

T = Column(key="temperature", names=("T", "temperature"), units=TEMPERATURE)
WIDTH = Column(key="fwhm", names=("FWHM", "width"), units=ENERGY_MEV)
TIME = Column(key="time", names=("time", "t"), units=TIME_US)
COUNTS = Column(key="counts", names=("counts",), units=NO_UNIT, optional=True)


def table(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "x.csv"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    "text",
    [
        "T (K),FWHM (meV)\n100,50\n200,60\n",
        "# a note\nT [K];FWHM [eV]\n100;0.05\n200;0.06\n\n",
        "temperature (degC)\tother\twidth/cm-1\n-173.15\tx\t403.2772\n-73.15\ty\t483.93264\n",
    ],
)
def test_units_marks_and_other_columns(tmp_path: Path, text: str) -> None:
    found = read_columns(table(tmp_path, text), (T, WIDTH))
    assert found["temperature"] == pytest.approx([100, 200])
    assert found["fwhm"] == pytest.approx([50, 60])


def test_one_letter_is_told_by_its_case_and_optional_columns_may_lack(tmp_path: Path) -> None:
    found = read_columns(table(tmp_path, "t (ns),T (K)\n1000,300\n"), (TIME, T, COUNTS))
    assert found["time"].tolist() == [1.0]
    assert found["temperature"].tolist() == [300.0]
    assert "counts" not in found


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("T (K),FWHM (meV)\n100,50\n200,x\n", "line 3, column FWHM (meV): not a number. Found: x"),
        ("T (K),FWHM (meV)\n100\n", "line 2, column FWHM (meV): not a number. Found: nothing"),
        ("T (K),FWHM (meV)\n100,inf\n", "not a number"),
        ("T,FWHM (meV)\n100,50\n", "state its unit"),
        ("T (F),FWHM (meV)\n100,50\n", "unknown unit. Found: F"),
        ("T (K),FWMH (meV)\n100,50\n", "a column is missing"),
        ("T (K),T (K),FWHM (meV)\n1,2,3\n", "occurs twice"),
        ("T (K),FWHM (meV)\n", "no rows"),
        ("", "no rows"),
    ],
)
def test_faults_by_row_and_column(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InputError) as error:
        read_columns(table(tmp_path, text), (T, WIDTH))
    assert message in str(error.value)
    assert "x.csv" in str(error.value)


def test_what_is_no_text(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(b"T (K)\n\xff\xfe\n")
    with pytest.raises(InputError, match="plain text"):
        read_columns(path, (T,))
    with pytest.raises(InputError, match="no such file"):
        read_columns(tmp_path / "absent.csv", (T,))


@pytest.mark.parametrize("name", sorted(examples()))
def test_the_examples_are_those_of_the_script(name: str) -> None:
    kept, made = ((EXAMPLES / name).read_text(encoding="utf-8").split("\n"), examples()[name].split("\n"))
    assert kept[:2] == made[:2]
    numbers = [[float(cell) for line in text[2:] if line for cell in line.split(",")] for text in (kept, made)]
    assert np.allclose(*numbers, rtol=1e-5, atol=1e-4)
