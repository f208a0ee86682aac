"""What is measured and known of clusters, on a terminal of 80 columns."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich import box
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from mlcluster.labels.label_records import FLAGS
from mlcluster.labels.literature.known_values import OWN, value_text, values_in_words

LINE = 78
"""Characters of a line, so that a terminal of 80 columns breaks none."""

_MATCHES = {
    "ambiguous": "one of several that fit; isomers are not told apart by their formula",
    "possible": "possibly this cluster; not everything that would tell is known",
}


def measured_tables(rows: Sequence[Mapping[str, Any]]) -> Iterator[Table | Text]:
    """Block headed Measured: the values of each compound with medium, temperature and source; nothing without rows."""
    if not rows:
        return
    yield Text("Measured", style="bold")
    compounds: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for row in rows:
        asked = row.get("of", f"{row['file']} {row['cluster']}".strip() if "record" in row else "")
        compounds.setdefault((asked, row.get("record") or row["cluster"]), []).append(row)
    shown = ""
    for (asked, name), values in compounds.items():
        if asked and asked != shown:
            yield from paragraph(asked)
            shown = asked
        yield from _compound(name, values)
    flags = sorted({flag for row in rows for flag in row["flags"]})
    for flag in flags:
        yield from paragraph(f"{flag}: {FLAGS[flag].meaning if flag in FLAGS else 'a flag of your own'}.", "  ")


def _compound(name: str, values: Sequence[Mapping[str, Any]]) -> Iterator[Table | Text]:
    match, kernel = values[0]["match"], values[0]["kernel"]
    notes = [_MATCHES.get(match, ""), f"kernel: {kernel}" if kernel else ""]
    notes.append("your own measurement" if values[0].get("table", values[0].get("basis")) == OWN else "")
    yield from paragraph("; ".join(filter(None, (name, *notes))), "  ")
    table = narrow_table(("property", 13), ("value", 14), ("conditions", 19), ("source", 26))
    for row in values:
        quantity = row["target"].replace("_", " ")
        if row["method"] != "measured":
            quantity += f" ({row['method'].removesuffix('-not-stated')})"
        conditions = [row["medium"] or "", "" if row["temperature"] is None else f"{row['temperature']:g} K"]
        conditions += [flag.replace("_", " ").lower() for flag in row["flags"]]
        cells = (quantity, value_text(row), ", ".join(filter(None, conditions)), row["doi"] or row["reference"])
        table.add_row(*map(escape, cells))
    yield table


def known_tables(result: Mapping[str, Any]) -> Iterator[Table | Text]:
    """What `known` found: a paragraph in plain words, the measured values, and the nearest known clusters."""
    yield from paragraph(" ".join(result["sentences"][:-1]))
    yield from paragraph(result["sentences"][-1])
    yield Text("")
    yield from measured_tables(result["measured"])
    if result["nearest"]:
        yield Text("Nearest known clusters", style="bold")
    for one in result["nearest"]:
        yield from paragraph(f"{one['cluster']}: {one['formula']}", "  ")
        yield from paragraph(f"differs: {one['differs']}", "    ")
        yield from paragraph(f"measured: {values_in_words(one['measured'])}", "    ")


def narrow_table(*columns: tuple[str, int]) -> Table:
    """A table of columns with their largest widths; these and two characters a column make its own, `LINE` at most."""
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False, header_style="bold")
    for heading, width in columns:
        table.add_column(heading, max_width=width)
    return table


def paragraph(text: str, indent: str = "") -> Iterator[Text]:
    """Text in lines that no terminal has to break; further lines are indented by two more."""
    further = indent + "  " if indent else ""
    for line in textwrap.wrap(
        text, LINE, initial_indent=indent, subsequent_indent=further, break_long_words=False, break_on_hyphens=False
    ):
        yield Text(line)
