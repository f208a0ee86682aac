"""`validate`: every check on every row of tables of measurements and pairs, without stopping at the first fault."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from mlcluster.errors import DataError, MlclusterError
from mlcluster.labels.label_records import LabelRecord, trainable
from mlcluster.labels.literature.cell_rules import Finding, check_cells, errors_among
from mlcluster.labels.literature.composition import Composition, composition_from_identifier
from mlcluster.labels.literature.consistency import (
    check_compound,
    check_duplicates,
    check_formulas,
    check_rows,
    check_values,
)
from mlcluster.labels.literature.measurements import ClusterRecord, cluster_records, clusters
from mlcluster.labels.literature.relations import Pair, kind_of, pair_of, unmeasured
from mlcluster.labels.literature.table import Row, Table, bundled, read_table


def validate(paths: Sequence[str | Path] = ()) -> list[dict[str, Any]]:
    """Check tables of measurements and of pairs; the bundled two by default.

    Returns
    -------
    list[dict[str, Any]]
        One dictionary a file, in the order given: ``{"file", "holds", "rows", "findings", "errors", "warnings"}``, for
        measurements with ``"clusters"`` and ``"labels"`` (stated and trainable values of each channel), for pairs with
        the counts of `check_pairs`. ``"error"`` says that rows are refused, or that the file could not be read at all.
    """
    files = [Path(path) for path in paths] or [bundled("measurements.csv"), bundled("pairs.csv")]
    return [_validate(path) for path in files]


def check_measurements(table: Table) -> tuple[list[Finding], dict[str, ClusterRecord]]:
    """Findings about a table of measurements, and the compounds of the rows whose cells are right."""
    found = check_cells(table)
    found += check_rows(table.rows)
    refused = {finding.line for finding in errors_among(found)}
    sound = [row for row in table.rows if row.line not in refused]
    found += check_duplicates(sound)
    records = cluster_records(sound)
    rows = {row.line: row for row in sound}
    for record in records.values():
        found += check_compound(rows[record.measurements[0].line], record)
        for measurement in record.measurements:
            found += check_formulas(rows[measurement.line], record)
            found += check_values(rows[measurement.line], measurement, record)
    order = {"error": 0, "warning": 1, "note": 2}
    return sorted(_once(found), key=lambda f: (order[f.level], f.line)), records


def check_pairs(table: Table, records: dict[str, ClusterRecord]) -> tuple[list[Finding], list[Pair], dict[str, int]]:
    """Findings about a table of pairs, the pairs, and counts.

    ``unmeasured`` pairs have a member without a measurement; ``compared`` are those whose two compositions are known,
    ``by_identifier`` the part of them for which one was read from an identifier, ``agreeing`` the part whose kind
    is the one stated.
    """
    found: list[Finding] = []
    pairs = []
    for row in table.rows:
        try:
            pairs.append(pair_of(row))
        except DataError as error:
            found.append(_pair_finding("error", row, "pair_kind", "two compounds and a kind of pair", str(error)))
    rows = {row.line: row for row in table.rows}
    seen: dict[frozenset[str], Pair] = {}
    counts = dict.fromkeys(("unmeasured", "compared", "by_identifier", "agreeing"), 0)
    counts["unmeasured"] = len(unmeasured(pairs, records))
    for pair in pairs:
        first = seen.setdefault(frozenset((pair.a, pair.b)), pair)
        if first is not pair:
            message = f"the same two compounds as in line {first.line}"
            found.append(_pair_finding("error", rows[pair.line], "cluster_id_a", "no duplicate", message))
        a, b = composition_by_name(pair.a, records), composition_by_name(pair.b, records)
        if a is None or b is None:
            continue
        kind, why = kind_of(a, b)
        if kind is None:
            continue
        named = [name for name in (pair.a, pair.b) if name not in records]
        counts["compared"] += 1
        counts["by_identifier"] += bool(named)
        counts["agreeing"] += kind == pair.kind
        if kind != pair.kind:
            told = f" (composition of {' and '.join(named)} read from the identifier)" if named else ""
            message = f"rather {kind}: {why}{told}"
            found.append(_pair_finding("warning", rows[pair.line], "pair_kind", "kind as the formulas show", message))
    return found, pairs, counts


def composition_by_name(name: str, records: dict[str, ClusterRecord]) -> Composition | None:
    """Composition of a compound of the table, or the one that the identifier of another spells."""
    return records[name].composition if name in records else composition_from_identifier(name)


def label_counts(labels: Iterable[LabelRecord]) -> dict[str, dict[str, int]]:
    """Stated and trainable values of each channel."""
    stated = list(labels)
    usable = Counter(label.channel.key for label in trainable(stated))
    return {
        key: {"stated": n, "trainable": usable[key]}
        for key, n in sorted(Counter(r.channel.key for r in stated).items())
    }


def _validate(path: Path) -> dict[str, Any]:
    try:
        table = read_table(path)
        if table.holds_pairs:
            beside = path.with_name("measurements.csv")
            found, pairs, counts = check_pairs(table, clusters(beside if beside.is_file() else None))
            about: dict[str, Any] = {"holds": "pairs", "rows": len(pairs), **counts}
        else:
            found, records = check_measurements(table)
            labels = [label for record in records.values() for row in record.measurements for label in row.labels]
            about = {
                "holds": "measurements",
                "rows": len(table.rows),
                "clusters": len(records),
                "labels": label_counts(labels),
            }
    except MlclusterError as error:
        return {"file": str(path), "error": str(error)}
    refused = {finding.line for finding in errors_among(found)}
    result = {"file": str(path), **about, "findings": [finding.to_dict() for finding in found]}
    result["errors"] = len(errors_among(found))
    result["warnings"] = sum(finding.level == "warning" for finding in found)
    if refused:
        result["error"] = f"{len(refused)} of {len(table.rows)} rows are refused, for {result['errors']} reasons."
    return result


def _pair_finding(level: Any, row: Row, column: str, rule: str, message: str) -> Finding:
    name = f"{row['cluster_id_a']} and {row['cluster_id_b']}"
    return Finding(level, row.line, f"line {row.line}", name, column, row[column], rule, message)


def _once(found: Iterable[Finding]) -> list[Finding]:
    """Drop a warning or note that repeats what was said of an earlier row of the compound."""
    seen: set[tuple] = set()
    kept = []
    for one in found:
        key = (one.level, one.entry, one.column, one.value, one.rule, one.message)
        if one.level == "error" or key not in seen:
            kept.append(one)
        seen.add(key)
    return kept
