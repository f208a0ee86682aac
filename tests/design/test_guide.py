"""The examples of the guides run."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest


def test_the_examples_of_the_guide_run(capsys: pytest.CaptureFixture[str]) -> None:
    guide = Path(__file__).resolve().parents[2] / "docs" / "calculations.md"
    blocks = re.findall(r"```python\n(.*?)```", guide.read_text(encoding="utf-8"), flags=re.DOTALL)
    assert len(blocks) == 3
    for block in blocks:
        exec(compile(block, str(guide), "exec"), {})
    assert "rod-vacancy" in capsys.readouterr().out


def test_the_example_of_the_guide_to_candidates_runs(capsys: pytest.CaptureFixture[str]) -> None:
    guide = Path(__file__).resolve().parents[2] / "docs" / "design.md"
    (block,) = re.findall(r"```python\n(.*?)```", guide.read_text(encoding="utf-8"), flags=re.DOTALL)
    names: dict[str, Any] = {}
    exec(compile(block, str(guide), "exec"), names)
    assert capsys.readouterr().out.startswith("300 32")
    assert names["again"].source.edits.endswith("substitute Au1 -> Pd; twist Au2 by 12")
