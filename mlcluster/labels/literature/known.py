"""`known`: what has been measured on a cluster, and the nearest known clusters."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mlcluster.anatomy import Anatomy
from mlcluster.chem.cluster_formula import ClusterFormula, parse_cluster_formula
from mlcluster.errors import InputError
from mlcluster.labels.label_records import TOUCHSTONE
from mlcluster.labels.literature.known_values import LITERATURE, OWN, linked_rows, literature, tables_with, value_rows
from mlcluster.labels.literature.known_values import values_in_words as in_words
from mlcluster.labels.literature.linking import link_cluster, link_formula
from mlcluster.labels.literature.measurements import ClusterRecord
from mlcluster.labels.literature.nearest_compounds import (
    Profile,
    nearest_compounds,
    profile_of_formula,
    profile_of_record,
    profile_of_structure,
)

NEAREST = 5
"""Nearest compounds that are listed unless somebody asks for another number."""

_TOLD_APART = 4
"""Of how many compounds the sentences say the values one by one."""
_STRUCTURE_ENDINGS = (".cif", ".xyz", ".extxyz", ".vasp", ".json", ".gz")


def known(
    query: str | Path,
    *,
    own: str | Path | None = None,
    charge: int | None = None,
    nearest: int = NEAREST,
    files: bool = True,
    **options: Any,
) -> dict[str, Any]:
    """Measured values of a cluster with their conditions and sources, and the nearest known clusters.

    Parameters
    ----------
    query
        A structure file, a formula as in ``[Au22(SG)18]0``, an identifier of the table, or words of a record: an
        element of the formula, a kernel, a DOI, a name.
    own
        Directory or table of ``mlcluster data add``, searched beside the literature.
    charge
        Charge in e, where file or formula does not tell it.
    nearest
        How many nearest compounds.
    files
        Whether the query may name a file; one that came from elsewhere may not.
    **options
        As for `mlcluster.read`, for a file.

    Returns
    -------
    dict[str, Any]
        ``{"query", "status", "reason", "sentences", "measured", "nearest"}``. ``measured`` has the rows of
        `mlcluster.labels.literature.known_values.value_rows`; of isomers, which a formula does not tell apart, all are
        listed. ``nearest`` has ``{"cluster", "formula", "differs", "measured"}``, the nearest first.

    Raises
    ------
    InputError
        If the query is neither a file, a formula, nor words that a record holds; if a file holds several clusters.

    Examples
    --------
    >>> known("[Au22(SG)18]0")["status"]
    'matched'
    """
    related, tables = literature()[1], tables_with(own)
    asked = _asked(query, charge, options, files)
    if asked is None:
        return _result(query, *_by_words(str(query), tables), tables, nearest)
    if isinstance(asked, ClusterFormula):
        links = {name: link_formula(asked, table, related, charge=charge) for name, table in tables.items()}
        profile = profile_of_formula(asked, charge)
    else:
        anatomy, assumed = asked
        links = {name: link_cluster(anatomy, table, related, charge_assumed=assumed) for name, table in tables.items()}
        profile = profile_of_structure(anatomy)
    rows = [row for name, table in tables.items() for row in linked_rows(links[name], table, name)]
    # What is matched in either table is known; of the literature the reason is worth saying in any case.
    told = next((link for link in links.values() if link["candidates"]), links[LITERATURE])
    return _result(query, told["status"], told["reason"], rows, profile, tables, nearest)


def _asked(
    query: str | Path, charge: int | None, options: Mapping[str, Any], files: bool
) -> ClusterFormula | tuple | None:
    """The structure of a file with whether its charge was assumed, or a formula; None for words."""
    path = Path(query)
    try:
        there = files and path.is_file()
    except (OSError, ValueError):  # a text longer than any name of a file, or with a character that no name has
        there = False
    if there:
        return _structure(path, charge, options)
    if isinstance(query, Path) or files and path.suffix.lower() in _STRUCTURE_ENDINGS:
        raise InputError("no such file.", file=path)
    if query in literature()[0]:
        return None
    try:
        formula = parse_cluster_formula(query)
    except InputError:
        return None
    return formula if formula.ligands else None


def _structure(path: Path, charge: int | None, options: Mapping[str, Any]) -> tuple[Anatomy, bool]:
    from mlcluster.structure.read import read

    results = read(path, charge=charge, **options)
    if len(results) != 1:
        listed = ", ".join(f"{k}: {one.cluster.formula}" for k, one in enumerate(results[:6], start=1))
        hint = "Pick one with --cluster K (cluster=K)."
        raise InputError("the file holds several clusters, or none.", file=path, found=listed or "none", hint=hint)
    assumed = any(entry.code == "charge_assumed_zero" for entry in results[0].report.entries)
    return Anatomy(results[0].cluster), assumed


def _by_words(
    query: str, tables: Mapping[str, Mapping[str, ClusterRecord]]
) -> tuple[str, str, list[dict[str, Any]], Profile | None]:
    """Compounds whose identifier is the query, or else whose record holds each of its words."""
    words = query.lower().split()
    if not words:
        raise InputError("nothing is asked.", expected="a structure file, a formula, or words")
    named = {name: [table[query]] for name, table in tables.items() if query in table}
    found = named or {
        name: [record for record in table.values() if all(word in _text_of(record) for word in words)]
        for name, table in tables.items()
    }
    records = [record for chosen in found.values() for record in chosen]
    if not records:
        try:
            profile = profile_of_formula(parse_cluster_formula(query))
        except InputError as error:
            raise InputError(
                "this is no file, no formula that can be read, and no record holds these words.",
                found=query,
                expected="such as [Au25(PET)18]-, crystal.cif or Au38",
                hint=str(error),
            ) from None
        return "unmatched", "no record holds these words.", [], profile
    rows = [row for name, chosen in found.items() for record in chosen for row in value_rows(record, "named", name)]
    names = ", ".join(record.id for record in records[:6]) + (" ..." if len(records) > 6 else "")
    reason = f"{len(records)} compound{'s' if len(records) > 1 else ''} of this name or with these words: {names}."
    return "named", reason, rows, profile_of_record(records[0])


def _text_of(record: ClusterRecord) -> str:
    sources = (f"{one.doi} {one.reference} {one.medium.text}" for one in record.measurements)
    return " ".join((record.id, record.formula, record.kernel, *dict.fromkeys(sources))).lower()


def _result(
    query: str | Path,
    status: str,
    reason: str,
    rows: list[dict[str, Any]],
    profile: Profile | None,
    tables: Mapping[str, Mapping[str, ClusterRecord]],
    most: int,
) -> dict[str, Any]:
    told = {row["cluster"] for row in rows}
    others = [record for table in tables.values() for record in table.values() if record.id not in told]
    near = [] if profile is None else nearest_compounds(profile, others, most)
    owner = {id(record): name for name, table in tables.items() for record in table.values()}
    listed = [
        {
            "cluster": record.id,
            "formula": record.formula,
            "differs": differs,
            "measured": value_rows(record, "nearest", owner[id(record)]),
        }
        for record, differs in near
    ]
    sentences = _sentences(str(query), status, reason, rows, listed)
    found = {"query": str(query), "status": status, "reason": reason, "sentences": sentences}
    return found | {"measured": rows, "nearest": listed}


def _sentences(
    query: str, status: str, reason: str, rows: Sequence[Mapping[str, Any]], near: Sequence[Mapping[str, Any]]
) -> list[str]:
    """What is known in plain words."""
    told = []
    names = list(dict.fromkeys(row["cluster"] for row in rows))
    if not rows:
        told.append(f"No measurement of {query} is known here: {reason}")
    elif len(names) == 1:
        sure = {"matched": "is", "named": "is", "possible": "may be", "ambiguous": "may be"}[status]
        told.append(f"{query} {sure} {names[0]}: {in_words(rows)}.")
    else:
        told.append(f"{query} fits {len(names)} known compounds, all of which are listed.")
        if len(names) <= _TOLD_APART:
            told += [f"{name}: {in_words(row for row in rows if row['cluster'] == name)}." for name in names]
    if rows and status in ("possible", "ambiguous"):
        told.append(f"Which it is stays open: {reason}")
    if any(row["table"] == OWN and TOUCHSTONE in row["flags"] for row in rows):
        told.append(
            "Your own measurement of a system that judges this package is kept and shown; no model is trained on it."
        )
    if near:
        told.append(
            f"The nearest {'other ' if rows else ''}known cluster is {near[0]['cluster']}: {near[0]['differs']}."
        )
    return [*told, f"Next: {_next(query)}"]


def _next(query: str) -> str:
    """The command that predicts what is not known."""
    if query.lower().endswith(_STRUCTURE_ENDINGS):
        return f"mlcluster predict {shlex.quote(query)}, for what is not measured."
    try:
        formula = parse_cluster_formula(query)
    except InputError:
        return "mlcluster known FORMULA, for one compound of these."
    if not formula.ligands:
        return "mlcluster known FORMULA, for one compound of these."
    return f'mlcluster predict --formula "{query}", for what is not measured.'
