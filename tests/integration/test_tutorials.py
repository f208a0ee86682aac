"""The tutorials run as they stand, print what they are committed with, and tell nothing of the machine they ran on."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest

TUTORIALS = Path(__file__).resolve().parents[2] / "docs" / "tutorials"
NAMES = sorted(path.name for path in TUTORIALS.glob("*.ipynb"))


def outputs(notebook: Path) -> list[tuple[str, list[str]]]:
    """Source of each cell with the words it printed: numbers may differ in the last place from machine to machine."""
    cells = nbformat.read(notebook, as_version=4).cells
    return [(cell.source, [words(output) for output in cell.get("outputs", ())]) for cell in cells]


def words(output: Any) -> str:
    data = output.get("data", {})
    return re.sub(r"\d[\d.]*", "#", output.get("text") or data.get("text/html") or data.get("text/plain") or "")


def frameless(text: str) -> str:
    """Markup of frames aside: `tests/report/test_notebook.py` looks into these."""
    return re.sub(r"<iframe.*?</iframe>", "<iframe>", text, flags=re.DOTALL)


@pytest.mark.slow
def test_they_run_and_print_what_they_show(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(TUTORIALS / "execute.py"), str(tmp_path)], capture_output=True, text=True, timeout=900
    )
    assert done.returncode == 0, done.stderr[-3000:]
    for name in NAMES:
        for (source, shown), (_, printed) in zip(outputs(TUTORIALS / name), outputs(tmp_path / name), strict=True):
            assert [*map(frameless, printed)] == [*map(frameless, shown)], source


@pytest.mark.parametrize("name", NAMES)
def test_they_are_small_and_tell_nothing_of_the_machine(name: str) -> None:
    text = (TUTORIALS / name).read_text(encoding="utf-8")
    assert len(text) < 300_000
    assert not re.search(r"/(?:tmp|home|root|work|Users)/|[A-Z]:\\\\", frameless(text))
    cells = nbformat.reads(text, as_version=4).cells
    assert all(output.output_type != "error" for cell in cells for output in cell.get("outputs", ()))
    assert any(cell.get("outputs") for cell in cells)


def test_there_are_three() -> None:
    assert NAMES == ["a_crystal.ipynb", "a_screen.ipynb", "own_structures.ipynb"]
