"""CIFs of one small cluster, [Au4(PMe3)4](BF4)2, written from its coordinates with one trait changed at a time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

METHYL = {
    "Au1": (0.5, 0.5, 0.5),
    "Au2": (0.5, -0.5, -0.5),
    "Au3": (-0.5, 0.5, -0.5),
    "Au4": (-0.5, -0.5, 0.5),
}
CELL = (16.0, 16.0, 16.0, 90.0, 90.0, 90.0)
FORMULA = "Au4 B2 F8 H12 P4"


def sites(metal: str = "Au") -> list[tuple[str, str, np.ndarray]]:
    """Label, element and position (angstrom) of every atom: Au4(PH3)4 with two BF4; the last metal may be another."""
    found = []
    for k, corner in enumerate(METHYL.values(), start=1):
        way = np.array(corner) / np.linalg.norm(corner)
        side = np.cross(way, [0.3, 0.5, 0.8])
        side /= np.linalg.norm(side)
        other = np.cross(way, side)
        symbol = metal if k == 4 else "Au"
        centre = 8.0 + way * 1.68
        found.append((f"{symbol}{k}", symbol, centre))
        found.append((f"P{k}", "P", centre + way * 2.29))
        for n, angle in enumerate(np.radians([0, 120, 240]), start=1):
            out = np.cos(angle) * side + np.sin(angle) * other
            found.append((f"H{3 * k + n - 3}", "H", centre + way * (2.29 + 0.45) + 1.33 * out))
    for k, place in enumerate(((1.0, 1.0, 1.0), (1.0, 8.0, 15.0)), start=1):
        found.append((f"B{k}", "B", np.array(place)))
        for n, corner in enumerate(METHYL.values(), start=1):
            way = np.array(corner) / np.linalg.norm(corner)
            found.append((f"F{4 * k + n - 4}", "F", np.array(place) + 1.38 * way))
    return found


def cif(
    atoms: Iterable[Sequence[str]] | None = None,
    *,
    name: str = "own",
    columns: Sequence[str] = ("label", "type_symbol", "fract_x", "fract_y", "fract_z"),
    cell: Sequence[object] = CELL,
    symmetry: str = "loop_\n_space_group_symop_operation_xyz\n'x, y, z'",
    formula: str | None = FORMULA,
    extra: str = "",
) -> str:
    """Text of a CIF with these atoms (rows of words) or those of `sites`."""
    lines = [f"data_{name}"]
    lines += [f"_chemical_formula_sum '{formula}'"] if formula else []
    lines += [f"_cell_length_{axis} {value}" for axis, value in zip("abc", cell[:3], strict=True)]
    lines += [f"_cell_angle_{angle} {value}" for angle, value in zip(("alpha", "beta", "gamma"), cell[3:], strict=True)]
    lines += ["_cell_formula_units_Z 1", symmetry, extra, "loop_", *(f"_atom_site_{column}" for column in columns)]
    lines += [" ".join(row) for row in (rows() if atoms is None else atoms)]
    return "\n".join(line for line in lines if line) + "\n"


def rows(metal: str = "Au", *, capitals: bool = False, without: Sequence[str] = ()) -> list[list[str]]:
    """Label, element and fractional coordinates of each atom as words."""
    found = []
    for label, symbol, place in sites(metal):
        words = {"label": label.upper() if capitals else label, "type": symbol}
        kept = [word for key, word in words.items() if key not in without]
        found.append([*kept, *(f"{x:.5f}" for x in place / 16.0)])
    return found
