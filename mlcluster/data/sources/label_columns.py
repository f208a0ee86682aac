"""Columns with labels in anyone's own tables: what is asked for, checked before a structure is read."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from mlcluster.data.failures import remark
from mlcluster.errors import ConfigError
from mlcluster.labels import Channel
from mlcluster.labels.unit_slips import unit_slips

_EXAMPLE = '{"gap:optical": {"column": "gap_ev", "unit": "eV"}}'


@dataclass(frozen=True)
class LabelColumn:
    """One column of labels.

    Parameters
    ----------
    channel, column, unit
        What it holds, its name, and the unit of its numbers.
    seen
        Rows and their numbers as they were met: what the unit is judged by.
    """

    channel: Channel
    column: str
    unit: str
    seen: list[tuple[str, float]] = field(default_factory=list, compare=False)

    def label(self, row: str, value: float) -> dict[str, Any]:
        """Fields of a label record for a number of a row."""
        self.seen.append((row, value))
        return {"target": self.channel.target, "method": self.channel.method, "value": value, "unit": self.unit}


def label_columns(labels: object) -> list[LabelColumn]:
    """Columns that the option ``labels`` of a source names.

    Raises
    ------
    ConfigError
        If it is no such table, lacks a column or unit, or a unit does not belong to the target.
    DataError
        If there is no such target or method.
    """
    if not isinstance(labels, Mapping) or not labels:
        raise ConfigError("labels name channels, each with a column and a unit.", found=labels, expected=_EXAMPLE)
    columns = []
    for key, about in labels.items():
        channel, site = Channel.parse(str(key)), f"labels, {key}"
        if not isinstance(about, Mapping):
            raise ConfigError("a label has a column and a unit.", site=site, found=about, expected=_EXAMPLE)
        unknown = sorted(set(about) - {"column", "unit"})
        if unknown:
            near = get_close_matches(str(unknown[0]), ("column", "unit"), n=1, cutoff=0.3)
            hint = f"Did you mean {near[0]}?" if near else None
            raise ConfigError(
                "unknown key of a label.", site=site, found=unknown[0], expected="column, unit", hint=hint
            )
        for needed in ("column", "unit"):
            if not about.get(needed):
                raise ConfigError(f"a label needs its {needed}.", site=site, found=dict(about), expected=_EXAMPLE)
        accepted = channel.definition.accepted_units
        unit = str(about["unit"])
        if unit not in accepted:
            near = get_close_matches(unit, accepted, n=1)
            raise ConfigError(
                f"{channel.target} cannot be given in this unit.",
                site=site,
                found=unit,
                expected=", ".join(accepted),
                hint=f"Did you mean {near[0]}?" if near else None,
            )
        columns.append(LabelColumn(channel, str(about["column"]), unit))
    return columns


def check_columns(columns: Sequence[LabelColumn], there: Collection[str], file: object, what: str) -> None:
    """Refuse a column that is nowhere in the file.

    Raises
    ------
    ConfigError
        Naming the columns that are there, and the nearest.
    """
    for column in columns:
        if column.column not in there:
            near = get_close_matches(column.column, there, n=1)
            raise ConfigError(
                f"the column of {column.channel.key} is no {what}.",
                file=file,
                found=column.column,
                expected=f"one of {', '.join(sorted(there))}" if there else "a key=value in the second line of a frame",
                hint=f"Did you mean {near[0]}?" if near else None,
            )


def look_at_units(columns: Sequence[LabelColumn]) -> None:
    """Remark on numbers that look as if they were in another unit than the stated one."""
    for column in columns:
        for row, message in unit_slips(column.channel.definition, column.unit, column.seen):
            remark("warning", row, f"{column.column}: {message}")
