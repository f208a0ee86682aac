"""One crystal with everything at once: disordered phenyl, ion, solvent about an inversion centre, partial water."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

import mlcluster
from mlcluster.anatomy import Anatomy
from mlcluster.data import model_structures

CELL = np.array([30.0, 31.0, 32.0])
RING = np.array([[1.40 * np.cos(t), 1.40 * np.sin(t), 0.0] for t in np.pi / 3 * np.arange(6)])
RIM = RING * (2.35 / 1.40)


def phenyl(ipso: np.ndarray, out: np.ndarray, turn: float) -> list[tuple[str, np.ndarray]]:
    """C6H5 with its first carbon at `ipso`, pointing along `out`, turned about that axis."""
    axis = out / np.linalg.norm(out)
    side = np.cross(axis, [0.3, 0.5, 0.8])
    side /= np.linalg.norm(side)
    frame = np.array([-axis, side, np.cross(-axis, side)])
    turned = Rotation.from_rotvec(np.radians(turn) * axis).as_matrix()
    centre = ipso + 1.40 * axis
    atoms = [("C", centre + turned @ (p @ frame)) for p in RING]
    return atoms + [("H", centre + turned @ (p @ frame)) for p in RIM[1:]]


@pytest.fixture(scope="module")
def crystal(tmp_path_factory) -> Path:
    cluster = model_structures()["E isomer model [Au13Ag12(PH3)10Cl8]+"]
    centre = np.array([9.0, 9.5, 10.0])
    points = cluster.positions - cluster.positions.mean(axis=0) + centre
    phosphorus = int(np.flatnonzero(cluster.numbers == 15)[0])
    hydrogens = np.flatnonzero(cluster.numbers == 1)
    near = hydrogens[np.linalg.norm(points[hydrogens] - points[phosphorus], axis=1) < 1.6]
    away = max(near.tolist(), key=lambda h: float(np.linalg.norm(points[h] - centre)))
    out = points[away] - points[phosphorus]
    ipso = points[phosphorus] + 1.82 * out / np.linalg.norm(out)
    rows = [
        (label, symbol, point, 1.0, ".", ".")
        for k, (label, symbol, point) in enumerate(zip(cluster.labels, cluster.symbols, points, strict=True))
        if k != away
    ]
    for part, share, turn in ((1, 0.65, 10.0), (2, 0.35, 70.0)):
        for k, (symbol, point) in enumerate(phenyl(ipso, out, turn), start=1):
            rows.append((f"{symbol}{k}{'AB'[part - 1]}", symbol, point, share, ".", str(part)))
    antimony = np.array([24.0, 9.0, 20.0])
    rows.append(("Sb1", "Sb", antimony, 1.0, ".", "."))
    for k, axis in enumerate(np.vstack([np.eye(3), -np.eye(3)]), start=1):
        rows.append((f"F{k}", "F", antimony + 1.87 * axis, 1.0, ".", "."))
    # Toluene beside the inversion centre at the origin: its methyl carbon and ring, inverted, overlap the other copy.
    for k, point in enumerate(RING + [0.4, 0.2, 0.1], start=1):
        rows.append((f"C{k}S", "C", point, 0.5, ".", "-1"))
    rows.append(("C7S", "C", np.array([1.40 + 1.51 + 0.4, 0.2, 0.1]), 0.5, ".", "-1"))
    rows.append(("O1W", "O", np.array([15.0, 24.0, 4.0]), 0.4, ".", "."))
    lines = ["data_everything", "_chemical_formula_moiety 'C6 H34 Ag12 Au13 Cl8 P10, F6 Sb, 0.5(C7 H8)'"]
    lines += [f"_cell_length_{k} {v}" for k, v in zip("abc", CELL, strict=True)]
    lines += [f"_cell_angle_{k} 90" for k in ("alpha", "beta", "gamma")]
    lines += ["_symmetry_space_group_name_H-M 'P -1'", "loop_", "_atom_site_label", "_atom_site_type_symbol"]
    lines += [f"_atom_site_fract_{k}" for k in "xyz"]
    lines += ["_atom_site_occupancy", "_atom_site_disorder_assembly", "_atom_site_disorder_group"]
    lines += [
        f"{label} {symbol} " + " ".join(f"{v:.6f}(3)" for v in (point / CELL) % 1.0) + f" {share:g} {assembly} {group}"
        for label, symbol, point, share, assembly, group in rows
    ]
    path = tmp_path_factory.mktemp("crystal") / "everything.cif"
    path.write_text("\n".join(lines) + "\n")
    return path


def test_majority(crystal):
    first, second = mlcluster.read(crystal)
    assert second.mirror_of == 0 and (first.copies, second.copies) == (1, 1)
    for result in (first, second):
        cluster = result.cluster
        assert cluster.formula == "C6H34Ag12Au13Cl8P10"
        assert cluster.charge == 1 and "charge_from_ions" in result.report.codes()
        assert Anatomy(cluster).valence_electrons == 16
        assert result.weight == pytest.approx(0.65)
        assert not any(label.startswith("C") and label.endswith("B") for label in cluster.labels)
        assert not {"atoms_too_close", "too_many_bonds", "residual_disorder"} & result.report.codes()


def test_what_is_dropped(crystal):
    rows = {(d.formula, d.count, d.kind): d.why for d in mlcluster.read(crystal)[0].dropped}
    assert set(rows) == {("F6Sb", 2, "ion"), ("C7", 1, "solvent"), ("O", 2, "solvent")}
    assert rows["C7", 1, "solvent"].startswith("toluene") and "occupancy 0.50" in rows["C7", 1, "solvent"]
    assert "occupancy 0.40" in rows["O", 2, "solvent"]


def test_both_conformers_when_enumerated(crystal):
    results = mlcluster.read(crystal, disorder="enumerate")
    assert [round(r.weight, 2) for r in results] == [0.65, 0.65, 0.35, 0.35]
    assert [r.mirror_of for r in results] == [None, 0, None, 2]
    assert {r.cluster.formula for r in results} == {"C6H34Ag12Au13Cl8P10"}
