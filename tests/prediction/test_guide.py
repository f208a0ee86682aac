from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from mlcluster.cli.main import app

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "formula.md"


def test_the_example_of_the_guide_runs(capsys: pytest.CaptureFixture[str]):
    blocks = re.findall(r"```python\n(.*?)```", GUIDE.read_text(encoding="utf-8"), flags=re.DOTALL)
    assert len(blocks) == 1

    exec(compile(blocks[0], str(GUIDE), "exec"), {})

    assert capsys.readouterr().out.count("\n") == 4


def test_the_commands_of_the_guide_run():
    first = re.search(r"```\n(mlcluster predict.*?)```", GUIDE.read_text(encoding="utf-8"), flags=re.DOTALL)
    assert first is not None
    for line in first[1].splitlines():
        done = CliRunner().invoke(app, shlex.split(line)[1:])
        assert done.exit_code == 0, (line, done.output)
