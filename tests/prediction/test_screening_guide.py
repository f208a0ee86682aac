"""The example of the guide runs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest


def test_the_example_of_the_guide_runs(capsys: pytest.CaptureFixture[str]) -> None:
    guide = Path(__file__).resolve().parents[2] / "docs" / "screening.md"
    (block,) = re.findall(r"```python\n(.*?)```", guide.read_text(encoding="utf-8"), flags=re.DOTALL)
    exec(compile(block, str(guide), "exec"), {})
    out = capsys.readouterr().out
    assert "3 predicted" in out and "twist 18.0" in out
