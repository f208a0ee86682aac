"""From the journal of the labeller to the files of this data set: entries, families, reasons, numbers of the card."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from mlcluster.runs import Journal, replaced, write_whole

HERE = Path(__file__).parent
TEXT = ("entry", "family", "parent", "edits", "formula", "kernel", "shell")
REAL = ("gap_ev", "homo_ev", "lumo_ev", "energy_ev", "dipole_debye", "triplet_ev")
AXES = ("x_milliangstrom", "y_milliangstrom", "z_milliangstrom")
SCHEMA = pa.schema(
    [(name, pa.string()) for name in TEXT]
    + [("charge", pa.int8())]
    + [(name, pa.float64()) for name in REAL]
    + [("numbers", pa.list_(pa.uint8()))]
    + [(name, pa.list_(pa.int32())) for name in (*AXES, "charge_millie")]
)
TRIED = ("entry", "orbitals", "cpu_seconds", "reason")
"""Columns of ``tried.csv``, which has what the next call of the labeller must know and no user of the data."""
_NUMBERS = re.compile(r"(?<=<!-- numbers -->\n).*?(?=<!-- end of numbers -->)", re.S)


def pack(work: Path) -> None:
    """Write what the journal holds into this directory."""
    rows = Journal(work / "journal.jsonl").rows()
    plan_of = {row["entry"]: row["plan"] for row in rows if not row["parent"]}
    family_of = {row["entry"]: row["family"] for row in rows if row["ok"]}
    rows = [row | _strayed(row, family_of) for row in rows]
    good = sorted((row for row in rows if row["ok"]), key=lambda row: row["entry"])
    table = pa.Table.from_pylist([_packed(row, plan_of[row["parent"] or row["entry"]]) for row in good], schema=SCHEMA)
    with replaced(HERE / "clusters.parquet") as unfinished:
        pq.write_table(
            table,
            unfinished,
            compression="zstd",
            compression_level=19,
            use_dictionary=[*TEXT, "numbers.list.element"],
            column_encoding={f"{name}.list.element": "BYTE_STREAM_SPLIT" for name in (*AXES, "charge_millie")},
            row_group_size=len(table),
            data_page_size=1 << 24,
        )
    families = [_counted(name, [r for r in good if r["family"] == name]) for name in {r["family"] for r in good}]
    _write_csv("families.csv", sorted(families, key=lambda row: [int(n) for n in re.findall(r"\d+", row["family"])]))
    _write_csv("tried.csv", [{name: row.get(name, "") for name in TRIED} for row in rows])
    reasons = Counter(kind_of(row["reason"]) for row in rows if not row["ok"])
    _write_csv("failures.csv", [{"reason": why, "tried": count} for why, count in reasons.most_common()])
    card = (HERE / "CARD.md").read_text(encoding="utf-8")
    hours = sum(row["cpu_seconds"] for row in rows) / 3600
    write_whole(HERE / "CARD.md", _NUMBERS.sub(_numbers(rows, good, hours), card))
    size = (HERE / "clusters.parquet").stat().st_size / 1e6
    print(f"{len(good)} entries, {len(families)} families, {size:.2f} MB")


def unpack(work: Path, plan_of: Mapping[str, dict[str, Any]]) -> None:
    """Write a journal of all that was tried so far, so that the labeller goes on from the files of this directory.

    Parameters
    ----------
    work
        Where the journal goes; it must hold none.
    plan_of
        Plan of each parent.
    """
    journal = Journal(work / "journal.jsonl")
    if journal.rows():
        raise SystemExit(f"{work} has a journal already; give an empty directory")
    accepted = {row["entry"]: row for row in pq.read_table(HERE / "clusters.parquet", use_threads=False).to_pylist()}
    with open(HERE / "tried.csv", encoding="utf-8", newline="") as handle:
        for tried in csv.DictReader(handle):
            journal.append(_unpacked(tried, accepted.get(tried["entry"]), plan_of))


def _unpacked(
    tried: dict[str, str], row: dict[str, Any] | None, plan_of: Mapping[str, dict[str, Any]]
) -> dict[str, Any]:
    entry, parent, number = tried["entry"], *re.fullmatch(r"(.*?)(?:-v(\d+))?", tried["entry"]).groups()  # type: ignore[union-attr]
    job = {"entry": entry} | ({"parent": "", "plan": plan_of[entry]} if number is None else {"parent": parent})
    job |= {} if number is None else {"number": int(number)}
    job |= {"ok": row is not None, "cpu_seconds": float(tried["cpu_seconds"])}
    if row is None:
        return job | {"reason": tried["reason"]}
    kept = {name: row[name] for name in ("edits", "family", "formula", "charge", "numbers", *REAL, "charge_millie")}
    positions = np.array([row[axis] for axis in AXES]).T.tolist()
    return job | kept | {"milliangstrom": positions, "orbitals": int(tried["orbitals"])}


def _strayed(row: dict[str, Any], family_of: dict[str, str]) -> dict[str, Any]:
    """What changes in the row of a variant that is counted to another family than its parent: it is not accepted."""
    if row["ok"] and row["parent"] and row["family"] != family_of[row["parent"]]:
        return {"ok": False, "reason": f"ligands changed: {row['family']}, not {family_of[row['parent']]}"}
    return {}


def _packed(row: dict[str, Any], plan: dict[str, Any]) -> dict[str, Any]:
    columns = {name: row[name] for name in (*TEXT[:5], *REAL, "charge", "numbers", "charge_millie")}
    positions = dict(zip(AXES, np.array(row["milliangstrom"], dtype=np.int32).T, strict=True))
    return columns | positions | {"kernel": f"{plan['kernel']} {plan['size']}", "shell": plan["shell"]}


def _counted(family: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "family": family,
        "entries": len(rows),
        "parents": sum(not row["parent"] for row in rows),
        "triplets": sum(row["triplet_ev"] is not None for row in rows),
        "gap_ev": round(float(np.mean([row["gap_ev"] for row in rows])), 3),
    }


def kind_of(reason: str) -> str:
    """Reason without what is special about one cluster."""
    kinds = ("open shell", "gap", "metal-metal", "metal-ligand bond", "within a ligand", "between non-metals")
    kinds += (
        "ligands changed",
        "did not converge",
        "closes no shell",
        "no room",
        "no such kernel",
        "too close",
        "too few neighbours",
    )
    kinds += ("displaced copy", "not what was planned", "unphysical state")
    return next((kind for kind in kinds if kind in reason), "other")


def _numbers(rows: list[dict[str, Any]], good: list[dict[str, Any]], hours: float) -> str:
    gaps = np.array([row["gap_ev"] for row in good])
    triplets = sum(row["triplet_ev"] is not None for row in good)
    parents = sum(not row["parent"] for row in good)
    atoms = [len(row["numbers"]) for row in good]
    return (
        f"{len(good)} clusters of {min(atoms)} to {max(atoms)} atoms in {len({r['family'] for r in good})} families:\n"
        f"{parents} parents, {len(good) - parents} displaced copies and substitution neighbours.\n"
        f"Gaps {gaps.min():.2f} to {gaps.max():.2f} eV, mean {gaps.mean():.2f}, standard deviation {gaps.std():.2f}; "
        f"{triplets} triplet energies.\n{len(rows)} structures tried, {hours:.1f} core-hours.\n"
    )


def _write_csv(name: str, rows: list[dict[str, Any]]) -> None:
    with replaced(HERE / name) as unfinished, open(unfinished, "w", encoding="utf-8", newline="") as handle:
        writer = csv.DictWriter(handle, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
