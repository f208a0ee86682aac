"""The frame of a report: Jinja2 templates, always escaping, and tables whose rows are at hand as CSV."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data: blob:; worker-src blob:"
)
"""What the browser may do with a report: nothing comes from, and nothing goes to, anywhere else."""

_LONG = 60
"""Characters from which a cell gets room for whole sentences."""


def asset(name: str) -> Markup:
    """Text of a file that belongs to the reports."""
    return Markup(files("mlcluster.report").joinpath("assets", name).read_text(encoding="utf-8"))


def render(template: str, **content: Any) -> str:
    """Page made from a template of this folder; every value that is no `markupsafe.Markup` is escaped."""
    return _templates().get_template(f"{template}.html.j2").render(**content)


def script_json(value: Any) -> Markup:
    """JSON for the inside of a script element, which no content can end."""
    return Markup(json.dumps(value, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c"))


@cache
def _templates() -> Environment:
    templates = Environment(
        loader=PackageLoader("mlcluster.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.globals |= {"policy": Markup(POLICY), "asset": asset}
    templates.filters |= {"embedded": _embedded, "chemical": chemical}
    return templates


def _embedded(identifier: str, value: Any) -> Markup:
    """JSON as a script element of its own."""
    return Markup('<script type="application/json" id="{}">{}</script>').format(identifier, script_json(value))


_CHARGE_OR_NUMBER = re.compile(r"(?P<charge>(?<=\])(\d*[+\u2212-]|0)$)|(?<=[A-Za-z)\]])\d+")


def chemical(text: str) -> Markup:
    """A formula with its numbers below the line and the charge behind a bracket above it.

    >>> chemical("[Au25(PET)18]-")
    Markup('[Au<sub>25</sub>(PET)<sub>18</sub>]<sup>-</sup>')
    >>> chemical("<b>")
    Markup('&lt;b&gt;')
    """
    parts, place = [], 0
    for found in _CHARGE_OR_NUMBER.finditer(text):
        tag = "sup" if found["charge"] else "sub"
        parts += [escape(text[place : found.start()]), Markup(f"<{tag}>{{}}</{tag}>").format(found[0])]
        place = found.end()
    return Markup("").join([*parts, escape(text[place:])])


@dataclass(frozen=True)
class Table:
    """A table on a page.

    Parameters
    ----------
    headings
        Of the columns.
    lines
        Cells of each row, as the page shows them.
    numbers
        Columns set to the right.
    best
        Row and column of cells that stand out.
    name, identifier
        Of its CSV, where it has one.
    """

    headings: Sequence[str]
    lines: Sequence[Sequence[str]]
    numbers: Collection[int] = ()
    best: Collection[tuple[int, int]] = ()
    name: str = ""
    identifier: str = ""

    def class_of(self, row: int, column: int) -> str:
        """Class of a cell in the style sheet."""
        if (row, column) in self.best:
            return "best"
        return "number" if column in self.numbers else "long" if len(self.lines[row][column]) > _LONG else ""


@dataclass
class Tables:
    """Tables of one report, each with its rows as CSV at a click.

    Parameters
    ----------
    stem
        Start of the names of the CSV files.
    """

    stem: str
    content: dict[str, dict[str, str]] = field(default_factory=dict)

    def add(
        self,
        name: str,
        headings: Sequence[str],
        rows: Sequence[Mapping[str, Any]],
        lines: Iterable[Sequence[str]],
        *,
        numbers: Collection[int] = (),
    ) -> Table:
        """Table of what the page shows in `lines`, whose CSV holds `rows`: everything known, in full precision."""
        identifier = f"t{len(self.content)}"
        self.content[identifier] = {"name": f"{self.stem}_{name}.csv", "csv": csv_text(rows)}
        return Table(headings, list(lines), numbers, name=name, identifier=identifier)


def csv_text(rows: Sequence[Mapping[str, Any]]) -> str:
    """Rows as CSV, with the columns of all of them and no cell that a spreadsheet takes for a formula."""
    stream = io.StringIO()
    columns = list(dict.fromkeys(key for row in rows for key in row))
    writer = csv.DictWriter(stream, columns)
    writer.writeheader()
    writer.writerows([{key: _no_formula(row.get(key)) for key in columns} for row in rows])
    return stream.getvalue()


def _no_formula(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and value[:1] in tuple("=@+-\t\r") else value
