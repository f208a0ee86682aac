"""What `predict` found, on a terminal of 80 columns: an answer a cluster, then what it rests on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.markup import escape
from rich.table import Table
from rich.text import Text

from mlcluster.prediction.measured_rows import MEASURED
from mlcluster.prediction.prediction import quantity_of
from mlcluster.prediction.prediction_sentences import answer, best_rows, name_of, value_in_words
from mlcluster.report.measured_tables import measured_tables, narrow_table, paragraph
from mlcluster.units import number_text

Row = Mapping[str, Any]
Renderable = Table | Text

FEW = 3
"""Clusters that each begin with a paragraph of their own; more of them begin with one of all."""


def prediction_tables(results: Sequence[Row], *, verbose: bool = False) -> Iterator[Renderable]:
    """The answer for each cluster in words, what is measured, and the best prediction of each property.

    Parameters
    ----------
    results
        Rows of `mlcluster.predict`.
    verbose
        Whether all levels, the reasons for doubt, contributions and models follow.
    """
    clusters = by_cluster(results)
    many = len(clusters) > FEW
    if many:
        yield from paragraph(summary(list(clusters.values())))
        yield Text("")
    for number, rows in enumerate(clusters.values()):
        if number and not many:
            yield Text("")
        yield from _one_cluster(rows, verbose=verbose, short=many)
    if clusters and not verbose:
        yield Text("--verbose shows all levels, the reasons for doubt, and the models.", style="dim")


def by_cluster(results: Sequence[Row]) -> dict[tuple[str, str], list[Row]]:
    """Rows of each cluster, by file and name."""
    found: dict[tuple[str, str], list[Row]] = {}
    for row in results:
        if "error" not in row:
            found.setdefault((row["file"], row["cluster"]), []).append(row)
    return found


def summary(clusters: Sequence[Sequence[Row]]) -> str:
    """One paragraph about many clusters: which values they have, and on which the models know nothing."""
    files = {rows[0]["file"] for rows in clusters} - {""}
    best = [best_rows(rows) for rows in clusters]
    told = [row for rows in best for row in rows if row.get("informative") is not False]
    words = [f"{len(clusters)} clusters" + (f" in {len(files)} files." if files else ".")]
    for target, unit in dict.fromkeys((row["target"], row["unit"]) for row in told):
        values = sorted((row["value"], row["cluster"]) for row in told if row["target"] == target)
        ends = [number_text(value, unit) for value, _ in (values[0], values[-1])]
        words.append(
            f"{target.replace('_', ' ').capitalize()} from {ends[0]} ({values[0][1]}) to {ends[1]} {unit} "
            f"({values[-1][1]})."
        )
    outside = sum(any(row["applicability"] == "outside" for row in rows) for rows in best)
    words.append(f"{outside} of them have values outside what the models have seen." if outside else "")
    blind = dict.fromkeys(row["target"].replace("_", " ") for rows in best for row in rows if row not in told)
    words.append(f"No model knows more than the average of known clusters of: {', '.join(blind)}." if blind else "")
    measured = sum(any(row.get("kind") == MEASURED for row in rows) for rows in clusters)
    words.append(f"What is measured on {measured} of them, or may be, stands with them." if measured else "")
    words.append("Next: mlcluster screen FILE... --out DIR, then mlcluster rank DIR --want CRITERION.")
    return " ".join(filter(None, words))


def _one_cluster(rows: Sequence[Row], *, verbose: bool, short: bool) -> Iterator[Renderable]:
    first = rows[0]
    if not short:
        sentences = first.get("sentences") or answer(rows)
        yield from paragraph(" ".join(sentences[:-1]))
        yield from paragraph(sentences[-1])
        yield Text("")
    yield from measured_tables([row for row in rows if row.get("kind") == MEASURED])
    predicted = [row for row in rows if row.get("kind") != MEASURED]
    if predicted:
        shown = predicted if verbose else best_rows(predicted)
        if short:  # what no model knows of any of them is said of all
            shown = [row for row in shown if verbose or row.get("informative") is not False]
        yield Text(f"Predicted for {name_of(first)}", style="bold")
        yield _table(shown)
    if verbose:
        yield from _details(predicted)


def _table(rows: Sequence[Row]) -> Table:
    levels = sorted({row["level"] for row in rows})
    value = f"value ({levels[0]:.0%} interval)" if len(levels) == 1 else "value (interval)"
    origins = [_origin(row) for row in rows]
    # A name of a method is not broken: what it leaves is for the value.
    widest = max(len(line) for origin in (*origins, "predicted from") for line in origin.splitlines())
    table = narrow_table(("property", 17), (value, 46 - widest), ("predicted from", widest), ("domain", 7))
    for row, origin in zip(rows, origins, strict=True):
        domain = "-" if row.get("informative") is False else row["applicability"]
        table.add_row(
            escape(row["target"].replace("_", " ")),
            escape(value_in_words(row)),
            escape(origin),
            Text(domain, style={"inside": "green", "outside": "yellow"}.get(domain, "")),
        )
    return table


def _origin(row: Row) -> str:
    told = "structure" if row.get("basis", "network") == "network" else row["basis"]
    return told if row["method"] in ("measured", "measured-not-stated") else f"{told},\n{row['method']}"


def _details(rows: Sequence[Row]) -> Iterator[Renderable]:
    """Contributions and charges, why a value is doubted or was not calculated, and the models."""
    yield from _shares([row for row in rows if row.get("contributions")])
    for row in rows:
        if row.get("part_charges_e"):
            yield Text(f"Charges of parts, e ({row['atom_charges_method']})", style="bold")
            table = narrow_table(("part", 22), ("charge", 9))
            for part, charge in row["part_charges_e"].items():
                table.add_row(escape(part.replace("_", " ")), f"{charge:+.2f}")
            yield table
    told: dict[str, dict[str, None]] = {}
    for row in rows:
        for reason in row.get("reasons", ()):
            told.setdefault(reason, {})[row["target"].replace("_", " ")] = None
    for reason, targets in told.items():
        yield from paragraph(f"{', '.join(targets)}: {reason}", "  ")
    for basis, note in dict.fromkeys((row.get("basis", "network"), row.get("note")) for row in rows):
        if note:
            yield from paragraph(f"{basis}: {note}", "  ")
    for reason in dict.fromkeys(row.get("not_calculated") for row in rows):
        if reason:
            yield from paragraph(f"not calculated: {reason}", "  ")
    if any(row.get("basis") == "formula" for row in rows):
        yield from paragraph("From the formula: isomers have one formula, so they are not told apart.", "  ")
    for model in sorted({str(row["model"]) for row in rows}):
        yield Text(f"  model {model}", style="dim")


def _shares(rows: Sequence[Row]) -> Iterator[Renderable]:
    if not rows:
        return
    yield Text("Contributions in model space, which sum to the prediction", style="bold")
    table = narrow_table(("property", 38), ("term", 22), ("share", 9))
    for row in rows:
        shares = row["contributions"]
        quantity = quantity_of(row["target"], row["method"], row.get("basis", "network"))
        name = f"{quantity}, {shares['unit']}".rstrip(", ")
        for term, share in [*shares["parts"].items(), *shares["global_terms"].items()]:
            table.add_row(escape(name), escape(term.replace("_", " ")), f"{share:+.4f}")
            name = ""
    yield table
