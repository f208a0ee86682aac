"""Score the calculation level with families held out: gaps, charging energies, isomers, other ligands.

    python experiments/calculation_level/score.py ausr=PATH nc_database=PATH ours --out scores.json

Emission and quantum yield: ``mlcluster evaluate configs/emitters.yaml``.

Descriptors are kept in the user's cache, so a second run takes seconds. Structures of others are read from the paths
given and not written anywhere.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from importlib import import_module
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np

from mlcluster.anatomy import Anatomy
from mlcluster.data.labelled import LabelledCluster
from mlcluster.data.sources import load
from mlcluster.electronic.calculation import CalculationError
from mlcluster.electronic.capping import capped
from mlcluster.electronic.descriptors import describe
from mlcluster.levels.calculation.channel_fit import family_coverage, family_half_width, held_out
from mlcluster.levels.calculation.lines import Row, fit_line

ANIONS = frozenset({"15_12", "23_16", "25_18", "27_20"})
"""Entries of ausr whose ionization energy and affinity are those of anions (the source states no charge)."""
LINES = {
    "gap": ("gfn1_gap_ev",),
    "ionization_energy": ("gfn1_homo_ev", "size", "charge"),
    "electron_affinity": ("gfn1_lumo_ev", "size", "charge"),
}
METHODS = {"dft-ausr-sch3", "tddft-ausr-sch3", "delta-scf-ausr-sch3", "dft-nc-database", "dft-pbe-lanl2dz"}


class Described:
    """An entry with its descriptors."""

    def __init__(self, item: LabelledCluster, values: Row) -> None:
        self.entry, self.family, self.formula = item.entry, item.family or item.entry, item.cluster.formula
        self.values = values
        self.labels = {(r.target, r.method): r.value for r in item.labels}


def described(source: str, path: str | None, max_atoms: int, seconds: float) -> Iterator[Described]:
    """Entries of a source whose capped cluster could be calculated, cheap ones first."""
    read = import_module(f"mlcluster.data.sources.{source}").read if path else None
    items = list(read(Path(path))) if read and path else load(source)
    models = []
    for item in items:
        cluster = item.cluster
        if source == "ausr":
            cluster = cluster.replace(charge=-1 if item.entry in ANIONS else 0)
        wanted = source == "ausr" or METHODS & {r.method for r in item.labels}
        if not wanted or cluster.charge is None or not item.labels:
            continue
        anatomy = Anatomy(cluster)
        model = capped(anatomy).cluster
        if len(model) <= max_atoms:
            shares = {f"per_metal_{s}": model.composition.get(s, 0) for s in ("P", "S", "Cl", "Br", "I", "C")}
            models.append((len(model), item, model, shares))
    for _, item, model, shares in sorted(models, key=lambda row: (row[0], row[1].entry)):
        try:
            found = describe(model, max_seconds=seconds)
        except CalculationError as error:
            print(f"{source} {item.entry}: {error}", flush=True)
            continue
        if not found.is_open_shell:
            yield Described(item, found.values() | {k: v / found.metals for k, v in shares.items()})


def scored(
    rows: Sequence[Described], target: str, method: str, names: Sequence[str], ridge: float = 0.0
) -> dict[str, Any]:
    """Errors and intervals of a line with families held out."""
    have = [row for row in rows if (target, method) in row.labels]
    values = np.array([row.labels[target, method] for row in have])
    families = [row.family for row in have]

    def fit(some: Sequence[Row], some_values: Any, _: Sequence[str]) -> Any:
        return fit_line(some, some_values, names, ridge=ridge)

    table = [row.values for row in have]
    errors = held_out(table, values, families, fit) - values
    means = held_out(table, values, families, lambda some, v, _: fit_line(some, v, ()))
    coverage, width = family_coverage(errors, families)
    line = fit_line(table, values, names, ridge=ridge)
    return {
        "rows": len(have),
        "families": len(set(families)),
        "mae": float(np.abs(errors).mean()),
        "mae_over_families": _over_families(np.abs(errors), families),
        "mae_of_mean": float(np.abs(means - values).mean()),
        "coverage_of_90": coverage,
        "half_width": width,
        "line": line.to_dict(),
        "predicted": {row.entry: round(float(e + v), 4) for row, e, v in zip(have, errors, values, strict=True)},
    }


def isomers(rows: Sequence[Described], target: str, method: str, predicted: dict[str, float]) -> dict[str, Any]:
    """Differences of isomers: sign, size and how many a calibrated interval resolves."""
    groups: dict[tuple[str, float], list[Described]] = {}
    for row in rows:
        if row.entry in predicted:
            groups.setdefault((row.formula.split("Au")[-1], row.values["charge"]), []).append(row)
    pairs = [pair for members in groups.values() for pair in combinations(members, 2)]
    true = np.array([a.labels[target, method] - b.labels[target, method] for a, b in pairs])
    guess = np.array([predicted[a.entry] - predicted[b.entry] for a, b in pairs])
    family = np.array([a.family for a, _ in pairs])
    # Calibrated on the pairs themselves where families are too few to hold each out.
    widths = np.array([family_half_width((guess - true)[family != f], family[family != f].tolist()) for f in family])
    pooled = float(np.quantile(np.abs(guess - true), 0.9))
    right = np.sign(true) == np.sign(guess)
    resolved = np.abs(guess) > pooled
    return {
        "pairs": len(pairs),
        "families": len(set(family.tolist())),
        "sign_right": int(right.sum()),
        "beyond_0.1_ev": [int((right & (np.abs(true) > 0.1)).sum()), int((np.abs(true) > 0.1).sum())],
        "mae": float(np.abs(guess - true).mean()),
        "half_width": pooled,
        "half_width_over_families": float(np.mean(widths)),
        "resolved": int(resolved.sum()),
        "resolved_wrong": int((resolved & ~right).sum()),
    }


def _common(rows: Sequence[Row]) -> tuple[str, ...]:
    """Descriptors that every row has, without the number of atoms."""
    return tuple(name for name in rows[0] if name != "atoms" and all(name in row for row in rows))


def _over_families(errors: Any, families: Sequence[str]) -> float:
    return float(np.mean([errors[np.array(families) == f].mean() for f in set(families)]))


def real_ligands(rows: Sequence[Described], real: Sequence[Described]) -> dict[str, Any]:
    """Errors of the lines of ausr on clusters with their real thiolates."""
    found = {}
    for target, own, other in (
        ("gap", "dft-ausr-sch3", "dft-nc-database"),
        ("ionization_energy", "delta-scf-ausr-sch3", "delta-scf-nc-database"),
        ("electron_affinity", "delta-scf-ausr-sch3", "delta-scf-nc-database"),
    ):
        learned = [r for r in rows if (target, own) in r.labels]
        line = fit_line([r.values for r in learned], [r.labels[target, own] for r in learned], LINES[target])
        asked = [r for r in real if (target, other) in r.labels]
        if asked:
            errors = line.predict([r.values for r in asked]) - [r.labels[target, other] for r in asked]
            found[f"{target}:{other} by the line of ausr"] = {
                "rows": len(asked),
                "mae": float(np.abs(errors).mean()),
                "bias": float(errors.mean()),
                "scatter": float(np.std(errors)),
            }
    return found


def main() -> None:
    """Read the arguments, calculate what is not kept, score and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sources", nargs="+", metavar="SOURCE=PATH")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--max-atoms", type=int, default=130)
    parser.add_argument("--max-seconds", type=float, default=300.0, help="Estimate beyond which none is calculated.")
    options = parser.parse_args()
    limits = (options.max_atoms, options.max_seconds)
    paths = dict(text.partition("=")[::2] for text in options.sources)
    result: dict[str, Any] = {}
    if "ausr" in paths:
        rows = list(described("ausr", paths["ausr"], *limits))
        for target, method in (
            ("gap", "dft-ausr-sch3"),
            ("gap", "tddft-ausr-sch3"),
            ("ionization_energy", "delta-scf-ausr-sch3"),
            ("electron_affinity", "delta-scf-ausr-sch3"),
        ):
            score = result[f"{target}:{method}"] = scored(rows, target, method, LINES[target])
            score["isomers"] = isomers(rows, target, method, score["predicted"])
        if "nc_database" in paths:
            real = [r for r in described("nc_database", paths["nc_database"], *limits) if r.labels]
            result |= real_ligands(rows, [r for r in real if ("gap", "dft-nc-database") in r.labels])
    if "ours" in paths:
        rows = [row for source in ("gfn1_models", "frameworks") for row in described(source, None, *limits)]
        for label, names, ridge in (
            ("one line", ("gfn1_gap_ev",), 0.0),
            ("line and levels", ("gfn1_gap_ev", "gfn1_homo_ev", "charge", "size"), 0.02),
            (
                "line, size and ligands",
                ("gfn1_gap_ev", "size", "charge", "per_metal_P", "per_metal_S", "per_metal_Cl", "per_metal_I"),
                0.05,
            ),
            (
                "line and electronic descriptors",
                ("gfn1_gap_ev", "charge", "size", "gfn1_homo_on_metal", "gfn1_lumo_on_metal", "metal_charge",
                 "metal_bond_order", "ligand_bond_order"),
                0.05,
            ),
            ("every descriptor, penalty 0.05", _common([row.values for row in rows]), 0.05),
            ("every descriptor, penalty 0.2", _common([row.values for row in rows]), 0.2),
        ):  # fmt: skip
            result[f"gap:dft-pbe-lanl2dz, {label}"] = scored(rows, "gap", "dft-pbe-lanl2dz", names, ridge)
    options.out.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    for name, score in result.items():
        print(name, {key: value for key, value in score.items() if key not in ("predicted", "line")})


if __name__ == "__main__":
    main()
