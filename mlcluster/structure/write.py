"""Text forms of a `Cluster` that any viewer opens and `mlcluster.read` reads back unchanged."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from mlcluster.chem.elements import SYMBOLS
from mlcluster.chem.formula import hill_formula, hill_order

if TYPE_CHECKING:
    from mlcluster.structure.cluster import Cluster

VACUUM = 10.0
"""Empty space in angstrom between a boxed cluster and its image, wider than any bond or graph cutoff."""


def xyz_text(cluster: Cluster) -> str:
    """Extended XYZ: one frame, labels kept, charge and multiplicity only when known."""
    info = {"name": cluster.name or None, "charge": cluster.charge, "multiplicity": cluster.multiplicity}
    info |= {"parent": cluster.source.parent, "edits": cluster.source.edits}
    pairs = [f"{key}={_quoted(str(value))}" for key, value in info.items() if value is not None]
    if cluster.declared_ligands:
        pairs.append(f"declared_ligands={_quoted(' '.join(cluster.declared_ligands))}")
    head = " ".join(["Properties=species:S:1:pos:R:3:label:S:1", *pairs, 'pbc="F F F"'])
    rows = [
        f"{symbol:<2} {x:16.8f} {y:16.8f} {z:16.8f} {label}"
        for symbol, (x, y, z), label in zip(cluster.symbols, cluster.positions, cluster.labels, strict=True)
    ]
    return "\n".join([str(len(cluster)), head, *rows]) + "\n"


def _quoted(text: str) -> str:
    plain = re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]", " ", text.replace('"', "'")).replace("\\", "\\\\")
    return f'"{plain}"' if re.search(r"[\s=\\'{}\[\],]", plain) or not plain else plain


def cif_text(cluster: Cluster) -> str:
    """CIF of the cluster alone in a P1 box; data names of our own keep what CIF has no place for."""
    low = cluster.positions.min(axis=0)
    lengths = np.ptp(cluster.positions, axis=0) + VACUUM
    fractional = (cluster.positions - low + VACUUM / 2) / lengths
    hill = " ".join(hill_formula({e: cluster.composition[e]}) for e in hill_order(cluster.composition))
    lines = [f"data_{re.sub(r'[^A-Za-z0-9_.+-]+', '_', cluster.name).strip('_') or 'cluster'}"]
    lines.append(f"_chemical_formula_sum '{hill}'")
    if cluster.charge is not None:
        sign = f" {abs(cluster.charge)}{'+' if cluster.charge > 0 else '-'}" if cluster.charge else ""
        lines += [f"_chemical_formula_moiety '{hill}{sign}'", f"_mlcluster_charge {cluster.charge}"]
    if cluster.multiplicity is not None:
        lines.append(f"_mlcluster_multiplicity {cluster.multiplicity}")
    for key, text in (("parent", cluster.source.parent), ("edits", cluster.source.edits)):
        if text is not None:
            lines += [f"_mlcluster_{key}", f";{text}", ";"]
    if cluster.declared_ligands:
        lines.append(f"_mlcluster_declared_ligands '{' '.join(cluster.declared_ligands)}'")
    lines += [f"_cell_length_{axis} {length:.6f}" for axis, length in zip("abc", lengths, strict=True)]
    lines += [f"_cell_angle_{angle} 90" for angle in ("alpha", "beta", "gamma")]
    lines += ["_cell_formula_units_Z 1", "_space_group_name_H-M_alt 'P 1'", "loop_", "_space_group_symop_operation_xyz"]
    lines += ["'x, y, z'", "loop_", "_atom_site_label", "_atom_site_type_symbol"]
    lines += [f"_atom_site_fract_{axis}" for axis in "xyz"]
    lines += [
        f"{_cif_word(label)} {SYMBOLS[z]} {a:.8f} {b:.8f} {c:.8f}"
        for label, z, (a, b, c) in zip(cluster.labels, cluster.numbers, fractional, strict=True)
    ]
    return "\n".join(lines) + "\n"


def _cif_word(text: str) -> str:
    return text if re.fullmatch(r"[A-Za-z0-9][^\s'\"#;]*", text) else f'"{text}"'
