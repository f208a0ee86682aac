"""One good file of each format and each table, small enough to be read a thousand times."""

from __future__ import annotations

import json

from pymatgen.core import Lattice, Structure

import mlcluster
from tests.structure.made_cif import cif, rows, sites

_CORE = [(label, symbol, place) for label, symbol, place in sites() if symbol in ("Au", "P")]
_CLUSTER = mlcluster.Cluster(
    numbers=[{"Au": 79, "P": 15}[symbol] for _, symbol, _ in _CORE],
    positions=[place for *_, place in _CORE],
    charge=2,
    multiplicity=1,
    labels=tuple(label for label, *_ in _CORE),
    name="gold in phosphorus",
)
_LIGHT = [row for row in rows() if row[1] != "H"]
_COLUMNS = ("label", "type_symbol", "fract_x", "fract_y", "fract_z", "occupancy", "disorder_assembly", "disorder_group")


def _poscar() -> str:
    lines = ["Au4P4", "1.0", "16 0 0", "0 16 0", "0 0 16", "Au P", "4 4", "Direct"]
    ordered = sorted(_CORE, key=lambda atom: atom[1])
    return "\n".join([*lines, *(" ".join(f"{x / 16:.5f}" for x in place) for *_, place in ordered)]) + "\n"


def _json() -> str:
    places = [place for *_, place in _CORE]
    symbols = [symbol for _, symbol, _ in _CORE]
    structure = Structure(Lattice.cubic(16), symbols, places, coords_are_cartesian=True, labels=_CLUSTER.labels)
    return json.dumps([structure.as_dict(), _CLUSTER.to_pymatgen().as_dict()])


_MMCIF = cif(
    [["HETATM", s, label, *(f"{x:.3f}" for x in place)] for label, s, place in _CORE],
    columns=("group_PDB", "type_symbol", "label_atom_id", "Cartn_x", "Cartn_y", "Cartn_z"),
).replace("_atom_site_", "_atom_site.")

FILES: dict[str, str] = {
    "plain.cif": cif(_LIGHT),
    "symbol.cif": cif(
        _LIGHT,
        cell=(16.0, 16.0, 24.0, 90.0, 90.0, 120.0),
        symmetry="_symmetry_space_group_name_H-M 'R -3 m :H'\n_symmetry_Int_Tables_number 166",
        extra="_chemical_formula_moiety 'Au4 H12 P4 2+, 2(B F4 1-)'\n_cell_measurement_temperature 100(2)",
    ),
    "disorder.cif": cif(
        [
            [*row, "0.5", "A", str(1 + k % 2)] if row[1] == "F" else [*row, "1", ".", "."]
            for k, row in enumerate(_LIGHT)
        ],
        columns=_COLUMNS,
        symmetry="loop_\n_symmetry_equiv_pos_as_xyz\n'x, y, z'\n'-x, -y, -z'\n'x+1/2, y+1/2, z'\n'1/2-x, 1/2-y, -z'",
        cell=(18.0, 19.0, 20.0, 90.0, 90.0, 90.0),
    ),
    "capitals.cif": cif(
        [row[:1] + row[2:] for row in rows("Co", capitals=True)],
        columns=("label", "fract_x", "fract_y", "fract_z"),
        formula="Au3 Co B2 F8 H12 P4",
    ),
    "blocks.cif": cif(_LIGHT, name="one") + "_x_text\n;\ndata_two loop_\n;\n" + cif(_LIGHT, name="two"),
    "protein.cif": _MMCIF,
    "two.cif": "#\\#CIF_2.0\n" + cif(_LIGHT, extra="_x_list [1 [2 'a b'] {'k':1}]\n_x_text '''a\nb'''"),
    "cluster.xyz": _CLUSTER.to_xyz(),
    "periodic.extxyz": _CLUSTER.to_xyz().replace('pbc="F F F"', 'Lattice="16 0 0 0 16 0 0 0 16" pbc="T T T"') * 2,
    "numbers.xyz": "3\nProperties=Z:I:1:pos:R:3 total_charge=1\n79 0 0 0\n79 0 0 2.8\n17 0 0 5.1\n",
    "POSCAR": _poscar(),
    "structure.json": _json(),
}

TABLES: dict[str, str] = {
    "manifest.csv": "file,charge,multiplicity\na.xyz,2,1\nb.xyz,,\na.xyz,-1,2\n",
    "pairs.csv": "a,b,relation,charge_a,charge_b,cluster_a\na.xyz,b.xyz,,,2,1\nb.xyz,b.xyz,isomer,1,,\n",
    "labels.csv": "file,entry,charge,multiplicity,cluster,gap,tau\na.xyz,one,2,1,1,1.5,N/A\nb.xyz,two,,,,0.7,12.5\n",
}

STRUCTURES = {"a.xyz": _CLUSTER.to_xyz(), "b.xyz": "2\nname=pair\nAu 0 0 0\nAu 0 0 2.7\n"}
"""Files that the tables name."""
