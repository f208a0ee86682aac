"""Every remark a report can make is explained in the documentation, and nothing is explained that cannot be made."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_MADE = re.compile(
    r'(?:report\.add|Entry|_pairs)\([^"]*"(?:info|warning|error)",\s*"([a-z_]+)"|"((?:short|long)_bond|atoms_too_close)"'
)


def test_codes_and_documentation_agree():
    source = "\n".join(path.read_text() for path in sorted((ROOT / "mlcluster" / "structure").glob("*.py")))
    made = {a or b for a, b in _MADE.findall(source)} | set(re.findall(r'report\.add\(level, "([a-z_]+)"', source))
    text = (ROOT / "docs" / "conventions.md").read_text()
    rows = text[text.index("| code | level |") :].split("\n\n")[0].splitlines()[2:]
    explained = {code for row in rows for code in re.findall(r"`([a-z_]+)`", row.split("|")[1])}
    assert len(made) > 20
    assert made == explained
