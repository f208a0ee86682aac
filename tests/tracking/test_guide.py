from __future__ import annotations

import re
from pathlib import Path

import pytest


def test_the_example_of_the_guide_runs(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    guide = Path(__file__).resolve().parents[2] / "docs" / "tracking.md"
    (block,) = re.findall(r"```python\n(.*?)```", guide.read_text(encoding="utf-8"), flags=re.DOTALL)
    monkeypatch.delenv("MLCLUSTER_PROJECT", raising=False)
    monkeypatch.chdir(project)
    exec(compile(block, str(guide), "exec"), {})
    assert capsys.readouterr().out.strip() == "[{'key': 'learning_rate', 'values': ['0.001', '0.002']}]"
