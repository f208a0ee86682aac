"""Ligands from their graph: kind, donors and formal charge."""

from __future__ import annotations

import numpy as np
import pytest

import mlcluster
from mlcluster.anatomy import Anatomy
from mlcluster.chem.elements import NUMBERS


def ligand_on_gold(symbols: str, positions: list[tuple[float, float, float]]):
    """The ligand on an Au2 pair along x; its donor sits at (0, 0, d) above the first gold."""
    numbers = [79, 79, *(NUMBERS[s] for s in symbols.split())]
    points = [(0, 0, 0), (2.7, 0, 0), *positions]
    cluster = mlcluster.Cluster(numbers=np.array(numbers), positions=np.array(points, dtype=float))
    (ligand,) = Anatomy(cluster).ligands
    return ligand


@pytest.mark.parametrize(
    ("symbols", "positions", "kind", "charge"),
    [
        ("Cl", [(0, 0, 2.3)], "halide", (-1, -1)),
        (
            "S C H H H",
            [(0, 0, 2.3), (-1.7, 0, 2.9), (-2.2, 0.9, 2.5), (-2.2, -0.9, 2.5), (-1.7, 0, 4.0)],
            "thiolate",
            (-1, -1),
        ),
        ("P H H H", [(0, 0, 2.3), (1.2, 0, 3.0), (-0.7, 1.1, 3.0), (-0.7, -1.1, 3.0)], "phosphine", (0, 0)),
        ("H", [(0, 0, 1.7)], "hydride", (-1, -1)),
        ("C O", [(0, 0, 1.95), (0, 0, 3.1)], "carbonyl", (0, 0)),
        ("C N", [(0, 0, 2.0), (0, 0, 3.15)], "cyanide", (-1, -1)),
        ("C C H", [(0, 0, 2.0), (0, 0, 3.2), (0, 0, 4.26)], "alkynyl", (-1, -1)),
        ("S C S N", [(0, 0, 2.3), (1.35, 0, 3.4), (2.7, 0, 2.3), (1.35, 0, 4.75)], "dithio anion", (-1, -1)),
        ("S", [(0, 0, 2.3)], "bare S", (-2, -1)),
    ],
)
def test_kinds_and_charges(symbols, positions, kind, charge):
    ligand = ligand_on_gold(symbols, positions)
    assert (ligand.kind, ligand.charge) == (kind, charge)


def test_atoms_bonded_to_no_metal_are_part_of_no_ligand():
    positions = np.array([[0, 0, 0], [2.7, 0, 0], [0, 0, 9.0]])
    assert Anatomy(mlcluster.Cluster(numbers=np.array([79, 79, 17]), positions=positions)).ligands == ()


def test_thiolates_of_the_crystal_are_found_whole(shared_data):
    (result,) = mlcluster.read(shared_data / "cod" / "1540567.cif")
    ligands = Anatomy(result.cluster).ligands
    assert len(ligands) == 18
    assert {(ligand.formula, ligand.kind, ligand.charge) for ligand in ligands} == {("C8H9S", "thiolate", (-1, -1))}
