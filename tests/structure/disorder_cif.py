"""CIFs made from Cartesian atoms, for disorder of any kind."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from scipy.spatial.transform import Rotation

import mlcluster
from mlcluster.structure import ReadResult

CUBE = (20.0, 20.0, 20.0, 90.0, 90.0, 90.0)
HEXAGONAL = (20.0, 20.0, 20.0, 90.0, 90.0, 120.0)

AXES: dict[str, tuple[tuple[float, ...], list[str]]] = {
    "1": (CUBE, ["x,y,z"]),
    "-1": (CUBE, ["x,y,z", "-x,-y,-z"]),
    "2": (CUBE, ["x,y,z", "-x,-y,z"]),
    "m": (CUBE, ["x,y,z", "x,y,-z"]),
    "2/m": (CUBE, ["x,y,z", "-x,-y,z", "-x,-y,-z", "x,y,-z"]),
    "222": (CUBE, ["x,y,z", "-x,-y,z", "x,-y,-z", "-x,y,-z"]),
    "4": (CUBE, ["x,y,z", "-y,x,z", "-x,-y,z", "y,-x,z"]),
    "-4": (CUBE, ["x,y,z", "y,-x,-z", "-x,-y,z", "-y,x,-z"]),
    "3": (HEXAGONAL, ["x,y,z", "-y,x-y,z", "-x+y,-x,z"]),
    "-3": (HEXAGONAL, ["x,y,z", "-y,x-y,z", "-x+y,-x,z", "-x,-y,-z", "y,-x+y,-z", "x-y,x,-z"]),
    "6": (HEXAGONAL, ["x,y,z", "x-y,x,z", "-y,x-y,z", "-x,-y,z", "-x+y,-x,z", "y,-x+y,z"]),
}
"""Cell and operations of the point group of the origin."""


@dataclass(frozen=True)
class Site:
    """One row of an atom list, coordinates in angstrom."""

    element: str
    at: tuple[float, float, float]
    occupancy: float = 1.0
    group: int = 0
    assembly: str = "."
    label: str = ""


def sites(elements: str, at: Sequence, occupancy: float = 1.0, group: int = 0, assembly: str = ".") -> list[Site]:
    """Rows of several atoms that share everything but element and place."""
    return [
        Site(e, tuple(map(float, p)), occupancy, group, assembly) for e, p in zip(elements.split(), at, strict=True)
    ]


def moved(rows: Iterable[Site], by: Sequence[float], turn: Rotation | None = None) -> list[Site]:
    """Rows turned about the origin, then moved."""
    turn = turn or Rotation.identity()
    return [replace(row, at=tuple(turn.apply(row.at) + np.asarray(by, dtype=float))) for row in rows]


def directions(kind: str) -> np.ndarray:
    """Unit vectors to the corners of a shape."""
    t = np.array([[1, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]]) / np.sqrt(3)
    octahedron = np.vstack([np.eye(3), -np.eye(3)])
    return {"tetrahedron": t, "octahedron": octahedron}[kind]


def tripod(length: float, angle: float = 109.47, turn: float = 0.0) -> np.ndarray:
    """Three points around +z at an angle (degrees) to the bond that comes from -z."""
    theta = np.radians(180.0 - angle)
    phi = np.radians(turn + np.array([0.0, 120.0, 240.0]))
    return length * np.stack([np.sin(theta) * np.cos(phi), np.sin(theta) * np.sin(phi), np.full(3, np.cos(theta))], 1)


def labelled(rows: Iterable[Site]) -> list[Site]:
    """Rows with labels by their number."""
    return [row if row.label else replace(row, label=f"{row.element}{k}") for k, row in enumerate(rows, start=1)]


def cell_matrix(cell: Sequence[float]) -> np.ndarray:
    """Lattice vectors as rows for cells with gamma of any size and other angles right."""
    gamma = np.radians(cell[5])
    return np.array([[cell[0], 0, 0], [cell[1] * np.cos(gamma), cell[1] * np.sin(gamma), 0], [0, 0, cell[2]]])


def cif(
    rows: Iterable[Site],
    operations: Sequence[str] = ("x,y,z",),
    cell: Sequence[float] = CUBE,
    **stated: str,
) -> str:
    """CIF text; `stated` holds tags such as ``chemical_formula_sum``."""
    inverse = np.linalg.inv(cell_matrix(cell))
    names = "length_a length_b length_c angle_alpha angle_beta angle_gamma".split()
    lines = ["data_made", *(f"_{tag} '{value}'" for tag, value in stated.items())]
    lines += [f"_cell_{name} {value}" for name, value in zip(names, cell, strict=True)]
    lines += ["loop_", "_space_group_symop_operation_xyz", *(f"'{op}'" for op in operations), "loop_"]
    lines += ["_atom_site_label", "_atom_site_type_symbol", *(f"_atom_site_fract_{k}" for k in "xyz")]
    lines += ["_atom_site_occupancy", "_atom_site_disorder_assembly", "_atom_site_disorder_group"]
    for row in labelled(rows):
        place = " ".join(f"{v:.6f}" for v in np.asarray(row.at) @ inverse)
        lines.append(f"{row.label} {row.element} {place} {row.occupancy:g} {row.assembly} {row.group or '.'}")
    return "\n".join(lines) + "\n"


def read_made(folder: Path, rows: Iterable[Site], *arguments: object, **stated: object) -> list[ReadResult]:
    """Write a made CIF and read it; ``options`` go to `mlcluster.read`."""
    options = stated.pop("options", {})
    path = folder / "made.cif"
    path.write_text(cif(rows, *arguments, **stated), encoding="utf-8")  # type: ignore[arg-type]
    return mlcluster.read(path, **options)  # type: ignore[arg-type]


def host(at: Sequence[float] = (10.0, 10.0, 10.0), arm: int = 4) -> list[Site]:
    """An ordered Au4Cl4 tetrahedron, or with fewer chlorides."""
    t = directions("tetrahedron")
    return moved(sites("Au Au Au Au", t * 1.715), at) + moved(sites(" ".join(["Cl"] * arm), t[:arm] * 4.0), at)
