"""The example of the guide runs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest


def test_the_example_of_the_guide_runs(capsys: pytest.CaptureFixture[str]) -> None:
    guide = Path(__file__).resolve().parents[2] / "docs" / "uncertainty.md"
    (block,) = re.findall(r"```python\n(.*?)```", guide.read_text(encoding="utf-8"), flags=re.DOTALL)
    names: dict[str, object] = {}
    exec(compile(block, str(guide), "exec"), names)
    assert "conformal prediction over whole families from 10 families held out" in capsys.readouterr().out
    # The worst family of ten is the largest that has to lie inside: 0.6 eV at the same spread.
    assert float(names["half_width"]) == pytest.approx(0.6)  # type: ignore[arg-type]
