"""What entries are worth before anything is learned from them: which cannot be used, and which ask for a look."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlcluster.data.failures import FailedItem, Noted, failures_so_far, noting, one_item, remark
from mlcluster.data.labelled import LabelledCluster
from mlcluster.data.sources import load
from mlcluster.data.together import load_together
from mlcluster.errors import DataError
from mlcluster.graph.convert import CUTOFF, check_structure
from mlcluster.labels import trainable
from mlcluster.structure.cluster import Cluster

NAMED = 5
"""Entries named in one message; all are in the report."""

SAME_DISTANCES = 0.01
"""Structures are the same if, sorted by pair of elements, no two distances differ by more, angstrom."""


def usable(items: Sequence[LabelledCluster], cutoff: float = CUTOFF) -> list[LabelledCluster]:
    """Keep the entries that become a graph; others are raised or listed, see `mlcluster.data.failures`.

    Raises
    ------
    DataError
        If none is left.
    """
    kept = []
    for item in items:
        with one_item(item.entry):
            check_structure(item.cluster, cutoff)
            kept.append(item)
    if items and not kept:
        expected = f"structures whose atoms have neighbours within {cutoff:g} angstrom"
        raise none_usable(failures_so_far(), items[0].source, expected)
    return kept


def none_usable(failed: Sequence[FailedItem], source: object, expected: str) -> DataError:
    """The error for data of which nothing is left, with the first reasons."""
    found = "; ".join(f"{item.name}: {item.error}" for item in failed[:NAMED])
    more = f"; and {len(failed) - NAMED} more" if len(failed) > NAMED else ""
    return DataError("no entry can be used.", file=source, found=found + more, expected=expected)


def compare_structures(items: Sequence[LabelledCluster]) -> None:
    """Remark on structures that stand under two names, above all if their labels differ.

    The same are structures of one composition, charge and multiplicity whose distances agree; mirror images are.
    """
    from scipy.spatial import cKDTree

    alike: dict[tuple[object, ...], list[LabelledCluster]] = defaultdict(list)
    for item in items:
        alike[item.cluster.formula, item.cluster.charge, item.cluster.multiplicity].append(item)
    for group in alike.values():
        if len(group) < 2:
            continue
        near = cKDTree([_widths(item.cluster) for item in group]).query_pairs(SAME_DISTANCES, p=np.inf)
        told: set[int] = set()
        for first, second in sorted(near):
            if second not in told and _same(group[first].cluster, group[second].cluster):
                told.add(second)
                _tell_same(group[first], group[second])


def _widths(cluster: Cluster) -> list[float]:
    """Radii of gyration, atoms weighted by powers of their number, angstrom: alike for the same structure, and cheap.

    The square of each is a mean of squared distances, so none changes by more than the distances do.
    """
    found = []
    for power in (0, 1, 3):
        weight = cluster.numbers.astype(float) ** power
        center = np.average(cluster.positions, axis=0, weights=weight)
        found.append(float(np.sqrt(np.average(((cluster.positions - center) ** 2).sum(axis=1), weights=weight))))
    return found


def _same(a: Cluster, b: Cluster) -> bool:
    first, second = _distances(a), _distances(b)
    return first.shape == second.shape and bool((np.abs(first - second) <= SAME_DISTANCES).all())


def _distances(cluster: Cluster) -> NDArray[np.float64]:
    """All distances, sorted by pair of elements and length, (N (N - 1) / 2,)."""
    from scipy.spatial.distance import pdist

    first, second = np.triu_indices(len(cluster), k=1)
    pair = np.sort(cluster.numbers[np.stack([first, second])], axis=0)
    length = pdist(cluster.positions)
    return length[np.lexsort((length, pair[1], pair[0]))]


def _tell_same(a: LabelledCluster, b: LabelledCluster) -> None:
    labels = {record.channel.key: record for record in a.labels}
    differ = [
        f"{key} is {labels[key].value:g} there and {record.value:g} {record.unit} here"
        for record in b.labels
        if (key := record.channel.key) in labels and not np.isclose(record.value, labels[key].value, rtol=1e-3)
    ]
    if differ:
        remark("warning", b.entry, f"the same structure as {a.entry} with another label: {'; '.join(differ)}")
    else:
        remark("note", b.entry, f"the same structure as {a.entry}")


def report_text(noted: Noted) -> str:
    """Markdown of all that was left out and all that asks for a look; empty where there is nothing of either."""
    warned = [one for one in noted.remarks if one.level == "warning"]
    notes = [one for one in noted.remarks if one.level == "note"]
    if not (noted.skipped or warned):
        return ""
    parts = ["# Data that are not perfect"]
    for title, lines in (
        ("Left out", [f"- {item.name}: {item.error}" for item in noted.skipped]),
        ("To look at", [f"- {one.name}: {one.message}" for one in warned]),
        ("What reading did", [f"- {one.name}: {one.message}" for one in notes]),
    ):
        if lines:
            parts += [f"## {title}", "\n".join(lines)]
    return "\n\n".join(parts) + "\n"


def short_report(noted: Noted, kept: int) -> str:
    """A few lines of the same."""
    lines = []
    warned = [one for one in noted.remarks if one.level == "warning"]
    if noted.skipped:
        lines.append(f"{len(noted.skipped)} entries are left out, {kept} are used:")
        lines += [f"  {item.name}: {item.error}" for item in noted.skipped[:NAMED]]
    if warned:
        lines.append(f"{len(warned)} to look at:")
        lines += [f"  {one.name}: {one.message}" for one in warned[:NAMED]]
    if len(noted.skipped) > NAMED or len(warned) > NAMED:
        lines.append("all are listed in data_report.md of the run, and by mlcluster data validate")
    return "\n".join(lines)


def check_data(
    source: str | Sequence[str], options: Mapping[str, Any] | None = None, *, cutoff: float = CUTOFF
) -> dict[str, Any]:
    """Read a source of structures and labels, and say what is wrong with it, without stopping at the first fault.

    Parameters
    ----------
    source
        Name of a source, or of several.
    options
        What the source needs; by source where there are several.
    cutoff
        Radius of the graph, angstrom: within it every atom needs a neighbour.

    Returns
    -------
    dict[str, Any]
        ``{"file", "holds": "structures", "entries", "skipped", "families", "labels", "findings", "errors",
        "warnings"}``; findings have the keys of those about tables. ``"error"`` says that entries are left out.

    Raises
    ------
    ConfigError
        For a source or option that does not exist.
    InputError
        If the data cannot be read at all.
    DataError
        If no entry can be used.
    """
    with noting() as noted:
        given = dict(options or {})
        items = load(source, **given) if isinstance(source, str) else load_together(source, given)
        if not items:
            raise none_usable(noted.skipped, source, "entries with a structure and labels")
        items = usable(items, cutoff)
        compare_structures(items)
    return summary(items, noted) | {"file": source if isinstance(source, str) else ", ".join(source)}


def summary(items: Sequence[LabelledCluster], noted: Noted) -> dict[str, Any]:
    """What `check_data` returns of entries and what was noted of them."""
    records = [record for item in items for record in item.labels]
    stated = Counter(record.channel.key for record in records)
    usable_labels = Counter(record.channel.key for record in trainable(records))
    findings = [_finding("error", item.name, "left out", item.error) for item in noted.skipped]
    findings += [_finding(one.level, one.name, "to look at", one.message) for one in noted.remarks]
    order = {"error": 0, "warning": 1, "note": 2}
    result: dict[str, Any] = {
        "holds": "structures",
        "entries": len(items),
        "skipped": len(noted.skipped),
        "families": len({item.family for item in items}),
        "labels": {key: {"stated": n, "trainable": usable_labels[key]} for key, n in sorted(stated.items())},
        "findings": sorted(findings, key=lambda found: order[found["level"]]),
        "errors": len(noted.skipped),
        "warnings": sum(one.level == "warning" for one in noted.remarks),
    }
    if noted.skipped:
        result["error"] = f"{len(noted.skipped)} of {len(items) + len(noted.skipped)} entries are left out."
    return result


def _finding(level: str, name: str, rule: str, message: str) -> dict[str, Any]:
    return {"level": level, "entry": name, "rule": rule, "message": message}
