from __future__ import annotations

import re
from pathlib import Path

import pytest


def test_the_examples_of_the_guide_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    guide = Path(__file__).resolve().parents[2] / "docs" / "experiments.md"
    blocks = re.findall(r"```python\n(.*?)```", guide.read_text(encoding="utf-8"), flags=re.DOTALL)
    assert len(blocks) == 3
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    for block in blocks:
        exec(compile(block, str(guide), "exec"), names)
        for promised in re.findall(r"^print\(.*\)  # (.*)$", block, flags=re.MULTILINE):
            assert promised in capsys.readouterr().out
    assert [unit.name for unit in names["units"]][:2] == [
        "distances, cutoff 4.0, seed 0",
        "distances, cutoff 5.0, seed 0",
    ]  # type: ignore[attr-defined]
    assert {work["role"] for work in names["owed"]} == {"data", "method", "software"}  # type: ignore[attr-defined]
