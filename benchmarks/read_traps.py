"""What pymatgen, ASE and mlcluster make of each trap, as the table of ``docs/reading.md``.

Usage: ``python benchmarks/read_traps.py [--out docs/reading.md]``

The files are written by this program, one trap each, around one small cluster whose atoms are known: a reader is right
if it finds the atoms of the cell, and an error is better than other atoms. With ``--out`` the table of that page is
replaced.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import warnings
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import ase.io
from pymatgen.io.cif import CifParser

import mlcluster
from mlcluster.chem.formula import hill_formula
from mlcluster.errors import MlclusterError

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from tests.structure.made_cif import CELL, FORMULA, cif, rows, sites  # noqa: E402

_MONOCLINIC = (16, 17, 18, 90, 100, 90)
_ATOMS = [["Au1", "Au", "0.10", "0.13", "0.17"], ["Cl1", "Cl", "0.13", "0.25", "0.19"]]
_DUMMY = [[*row, "d"] for row in rows()] + [["Cg1", "C", "0.5", "0.5", "0.5", "dum"]]
_COLUMNS = ("label", "type_symbol", "fract_x", "fract_y", "fract_z")
_P1 = (
    "_symmetry_space_group_name_H-M 'P 1'\n_symmetry_Int_Tables_number 1\nloop_\n_symmetry_equiv_pos_as_xyz\n'x, y, z'"
)


def _plain(atoms: list[list[str]] | None = None, **traits: object) -> str:
    """The file without a trap, but for the traits given; symbol and number as well, which ASE asks for."""
    return cif(atoms, **{"symmetry": _P1, **traits})  # type: ignore[arg-type]


_MMCIF = _plain(
    [["HETATM", symbol, label, *(f"{x:.3f}" for x in place)] for label, symbol, place in sites()],
    columns=("group_PDB", "type_symbol", "label_atom_id", "Cartn_x", "Cartn_y", "Cartn_z"),
).replace("_atom_site_", "_atom_site.")


def _with_symbol(symbol: str, cell: tuple[float, ...] = _MONOCLINIC) -> str:
    return cif(_ATOMS, cell=cell, symmetry=f"_symmetry_space_group_name_H-M '{symbol}'", formula=None)


TRAPS: dict[str, tuple[str, str]] = {
    "none: the plain file": (_plain(), FORMULA),
    "data_ inside a text field": (_plain(extra="_x_text\n;\ndata_own\nloop_\n_refln_index_h\n 1\n;"), FORMULA),
    "# inside quotes": (_plain(extra="loop_\n_x_a\n_x_b\n'one #1' 2\n'two' 3"), FORMULA),
    "LOOP_ and tags in capitals": (_plain().replace("loop_", "LOOP_").replace("_cell_length", "_CELL_LENGTH"), FORMULA),
    "dotted names": (_plain().replace("_atom_site_", "_atom_site.").replace("_cell_length_", "_cell.length_"), FORMULA),
    "atoms without label": (_plain(rows(without=["label"]), columns=_COLUMNS[1:]), FORMULA),
    "mmCIF atoms": (_MMCIF, FORMULA),
    "CIF 2.0 lists and triple quotes": ("#\\#CIF_2.0\n" + _plain(extra="_x [1 [2]]\n_y '''a\nb'''"), FORMULA),
    "a dummy site (calc_flag dum)": (_plain(_DUMMY, columns=(*_COLUMNS, "calc_flag")), FORMULA),
    "CO4 without element column": (
        _plain(
            rows("Co", capitals=True, without=["type"]), columns=("label", *_COLUMNS[2:]), formula="Au3 Co B2 F8 H12 P4"
        ),
        "Au3 Co B2 F8 H12 P4",
    ),
    "an operation '?' beside P 1": (
        cif(symmetry="_symmetry_space_group_name_H-M 'P 1'\nloop_\n_symmetry_equiv_pos_as_xyz\n?"),
        FORMULA,
    ),
    "an operation 'x, y'": (cif(symmetry="_symmetry_equiv_pos_as_xyz 'x, y'"), "refused"),
    "operations that are no group": (
        cif(symmetry="loop_\n_symmetry_equiv_pos_as_xyz\n'x,y,z'\n'x+1/3,y,z'"),
        "refused",
    ),
    "only P 21/n": (_with_symbol("P 21/n"), "Au4 Cl4"),
    "only P 2(1)/c": (_with_symbol("P 2(1)/c"), "Au4 Cl4"),
    "only I 2/a": (_with_symbol("I 2/a"), "Au8 Cl8"),
    "only R 3, rhombohedral cell": (_with_symbol("R 3", (19, 19, 19, 65, 65, 65)), "Au3 Cl3"),
    "only R -3 m :H": (_with_symbol("R -3 m :H", (26, 26, 40, 90, 90, 120)), "Au36 Cl36"),
    "only P a 3": (_with_symbol("P a 3", (40, 40, 40, 90, 90, 90)), "Au24 Cl24"),
    "one block of two unfilled": (
        _plain(name="first") + _plain(name="second", cell=("?", *CELL[1:])),
        FORMULA,
    ),
}
"""Text and the atoms of its cell by the name of the trap."""


def by_pymatgen(path: Path) -> list[Counter[str]]:
    """Elements of every structure that pymatgen finds."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = CifParser(path).parse_structures(primitive=False, check_occu=False)
    return [Counter({str(e): round(n) for e, n in each.composition.element_composition.items()}) for each in found]


def by_ase(path: Path) -> list[Counter[str]]:
    """Elements of every structure that ASE finds."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return [Counter(atoms.get_chemical_symbols()) for atoms in ase.io.read(path, index=":", format="cif")]


def by_us(path: Path) -> list[Counter[str]]:
    """Elements of every crystal that mlcluster finds, as all atoms of the cell."""
    found = {result.cluster.source.block: result.cluster for result in mlcluster.read(path)}
    return [
        Counter(cluster.symbols)
        if cluster.crystal is None
        else Counter(mlcluster.Cluster(numbers=cluster.crystal.numbers, positions=cluster.crystal.positions).symbols)
        for cluster in found.values()
    ]


READERS: dict[str, Callable[[Path], list[Counter[str]]]] = {"pymatgen": by_pymatgen, "ASE": by_ase, "mlcluster": by_us}


def verdict(reader: Callable[[Path], list[Counter[str]]], path: Path, expected: Counter[str] | None) -> str:
    """What a reader makes of a file, in a few words."""
    try:
        found = reader(path)
    except MlclusterError:
        return "right: refused by name" if expected is None else "refused"
    except Exception as error:  # noqa: BLE001 # whatever another program raises is its answer
        return f"error ({type(error).__name__})"
    formulas = ", ".join(dict.fromkeys(hill_formula(each) for each in found)) or "nothing"
    return "right" if expected is not None and expected in found else f"**wrong**: {formulas}"


def atoms_of(formula: str) -> Counter[str] | None:
    """Elements of a formula with blanks between them; None for a file that holds no atoms to be had."""
    if formula == "refused":
        return None
    words = [(word.rstrip("0123456789"), word) for word in formula.split()]
    return Counter({symbol: int(word.removeprefix(symbol) or 1) for symbol, word in words})


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--out", type=Path, help="page with the table; standard output when not given")
    arguments = parser.parse_args()
    lines = ["| trap | " + " | ".join(READERS) + " |", "|---" * (len(READERS) + 1) + "|"]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "trap.cif"
        for name, (text, expected) in TRAPS.items():
            path.write_text(text, encoding="utf-8")
            answers = [verdict(reader, path, atoms_of(expected)) for reader in READERS.values()]
            lines.append(f"| {name} | {' | '.join(answers)} |")
    table = "\n".join(lines) + "\n"
    if arguments.out is None:
        print(table, end="")
    else:
        text = arguments.out.read_text(encoding="utf-8")
        begin, end = text.index("| trap |"), text.index("\n\n", text.index("| trap |"))
        arguments.out.write_text(text[:begin] + table.rstrip() + text[end:], encoding="utf-8")


if __name__ == "__main__":
    main()
