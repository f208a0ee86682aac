"""The example of the guide runs."""

from __future__ import annotations

import re
from pathlib import Path


def test_the_example_of_the_guide_runs():
    guide = Path(__file__).resolve().parents[2] / "docs" / "anatomy.md"
    (block,) = re.findall(r"```python\n(.*?)```", guide.read_text(encoding="utf-8"), flags=re.DOTALL)
    names: dict = {}
    exec(compile(block, str(guide), "exec"), names)
    assert names["facts"]["parts"]["counts"] == {"kernel metal": 13, "staple": 30, "ligand body": 18}
