"""The frame of a report: one HTML file that opens offline, loads nothing, and escapes every name from a file."""

from __future__ import annotations

import csv
import html
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any

POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data: blob:; worker-src blob:"
)
"""What the browser may do with a report: nothing comes from, and nothing goes to, anywhere else."""


def asset(name: str) -> str:
    """Text of a file that belongs to the reports."""
    return files("mlcluster.report").joinpath("assets", name).read_text(encoding="utf-8")


def text(value: object) -> str:
    """Escape what is not known to be HTML."""
    return html.escape(str(value))


def embedded_json(identifier: str, value: Any) -> str:
    """JSON as a script element that no content can end."""
    content = json.dumps(value, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")
    return f'<script type="application/json" id="{identifier}">{content}</script>'


def page(title: str, body: Iterable[str], *, style: str, behind: Iterable[str] = ()) -> str:
    """Whole document; `behind` is put at its end, where scripts stand."""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{text(title)}</title><style>{style}</style></head><body>"
        f"{''.join(body)}{''.join(behind)}</body></html>\n"
    )


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
        cells: Iterable[Sequence[str]],
        *,
        numbers: Sequence[int] = (),
    ) -> str:
        """HTML of a table.

        Parameters
        ----------
        name
            Of the table, in the name of its CSV.
        headings
            Of the columns on the page.
        rows
            Everything known, in full precision: what the CSV holds.
        cells
            What the page shows of each row, already HTML.
        numbers
            Columns set to the right.
        """
        identifier = f"t{len(self.content)}"
        self.content[identifier] = {"name": f"{self.stem}_{name}.csv", "csv": _csv(rows)}
        head = "".join(
            f"<th{' class=number' if k in numbers else ''}>{text(heading)}</th>" for k, heading in enumerate(headings)
        )
        lines = "".join(
            "<tr>" + "".join(f"<td{_class(k in numbers, cell)}>{cell}</td>" for k, cell in enumerate(line)) + "</tr>"
            for line in cells
        )
        return (
            f'<div class="scroll"><table><tr>{head}</tr>{lines}</table></div>'
            f'<button type="button" data-table="{identifier}">CSV of {text(name.replace("_", " "))}</button>'
        )


def _class(number: bool, cell: str) -> str:
    return " class=number" if number else " class=long" if len(cell) > 60 else ""


def _csv(rows: Sequence[Mapping[str, Any]]) -> str:
    stream = io.StringIO()
    columns = list(dict.fromkeys(key for row in rows for key in row))
    writer = csv.DictWriter(stream, columns)
    writer.writeheader()
    writer.writerows([{key: _plain(row.get(key)) for key in columns} for row in rows])
    return stream.getvalue()


def _plain(value: Any) -> Any:
    """A cell no spreadsheet takes for a formula: names come from files."""
    if isinstance(value, str) and value[:1] in tuple("=@+-\t\r"):
        return f"'{value}"
    return value
