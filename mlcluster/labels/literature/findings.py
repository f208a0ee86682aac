"""`Finding`: one thing a check has to say about one cell or row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from mlcluster.labels.literature.table import Row

Level = Literal["error", "warning", "note"]


@dataclass(frozen=True)
class Finding:
    """What a check found.

    Parameters
    ----------
    level
        "error": the row is refused; "warning": it contradicts something and needs a look; "note": a check could not
        be made.
    line, row, entry
        Line of the file, identifier of the row, and of the compound.
    column, value
        The cell, or the columns of a rule that ties several together.
    rule, message
        The rule in a few words, and what is wrong in a sentence.
    """

    level: Level
    line: int
    row: str
    entry: str
    column: str
    value: str
    rule: str
    message: str

    def to_dict(self) -> dict[str, Any]:
        """Fields by name."""
        return asdict(self)


def finding(level: Level, row: Row, column: str, rule: str, message: str, value: str | None = None) -> Finding:
    """Finding about a row of measurements; the value is that of the column unless another is given."""
    cell = row[column] if value is None else value
    return Finding(level, row.line, row["measurement_id"], row["cluster_id"], column, cell, rule, message)


def errors_among(findings: Sequence[Finding]) -> list[Finding]:
    """Those that refuse a row."""
    return [found for found in findings if found.level == "error"]
