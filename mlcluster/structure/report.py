"""What was dropped, merged or doubted while a file became a `Cluster`, and why."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from mlcluster.errors import StructureError

Level = Literal["info", "warning", "error"]


@dataclass(frozen=True)
class Entry:
    """One remark: `code` is stable and greppable, `site` a label of the file, `message` a sentence."""

    level: Level
    code: str
    message: str
    site: str | None = None

    def to_dict(self) -> dict[str, str | None]:
        """Keys as in the command line's JSON."""
        return {"level": self.level, "code": self.code, "site": self.site, "message": self.message}


@dataclass(frozen=True)
class Dropped:
    """Atoms that are in the file and not in any cluster.

    Parameters
    ----------
    formula
        Hill formula of one fragment.
    count
        How many of them one unit cell (or the file) holds.
    kind
        ``"ion"``, ``"solvent"``, ``"complex"``, ``"disorder"`` or ``"unrecognised"``.
    why
        Name of what was recognised, or the reason.
    charge
        Charge of one recognised ion or solvent, None when not known.
    occupancy
        How often it or an alternative in its place is there, 0 to 1.
    """

    formula: str
    count: int
    kind: str
    why: str
    charge: int | None = None
    occupancy: float = 1.0

    def to_dict(self) -> dict[str, str | int | None]:
        """Keys as in the command line's JSON."""
        return {"formula": self.formula, "count": self.count, "kind": self.kind, "why": self.why}


@dataclass
class Report:
    """Remarks in the order they arose."""

    entries: list[Entry] = field(default_factory=list)

    def add(self, level: Level, code: str, message: str, site: str | None = None) -> None:
        """Append one remark."""
        self.entries.append(Entry(level, code, message, site))

    def extend(self, entries: Iterable[Entry]) -> None:
        """Append remarks made elsewhere."""
        self.entries.extend(entries)

    def codes(self) -> set[str]:
        """Every code that occurs."""
        return {entry.code for entry in self.entries}

    def raise_if_doubtful(self, file: str) -> None:
        """Turn warnings and errors into one `StructureError` (``strict=True``)."""
        doubts = [entry for entry in self.entries if entry.level != "info"]
        if doubts:
            first = doubts[0]
            more = f" (and {len(doubts) - 1} more: {', '.join(e.code for e in doubts[1:6])})" if len(doubts) > 1 else ""
            raise StructureError(
                f"refused by strict reading: {first.message}{more}",
                file=file,
                site=first.site,
                hint="Mend the file, or read it without strict.",
            )


def site_list(labels: Iterable[str], most: int = 6) -> str:
    """Labels for a message, shortened when there are many.

    >>> site_list(["C1", "C2", "C3"], most=2)
    'C1, C2 and 1 more'
    """
    names = list(labels)
    if len(names) <= most:
        return ", ".join(names)
    return f"{', '.join(names[:most])} and {len(names) - most} more"
