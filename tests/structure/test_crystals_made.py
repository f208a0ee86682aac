"""Any bundled cluster, packed into any cell, comes back whole, counted and with its hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

import mlcluster
from mlcluster.data import model_structures
from mlcluster.geometry.superposition import congruence, is_chiral

SPACE_GROUPS = {
    "P 1": ["x, y, z"],
    "P -1": ["x, y, z", "-x, -y, -z"],
    "P 21/c": ["x, y, z", "-x, y+1/2, -z+1/2", "-x, -y, -z", "x, -y+1/2, z+1/2"],
    "P 21 21 21": ["x, y, z", "x+1/2, -y+1/2, -z", "-x, y+1/2, -z+1/2", "-x+1/2, -y, z+1/2"],
    "C 2": ["x, y, z", "-x, y, -z", "x+1/2, y+1/2, z", "-x+1/2, y+1/2, -z"],
}
NAMES = ["model Au11(PH3)7Cl3", "S isomer model [Au13Ag12(PH3)10Cl8]+", "model [Au9(PH3)8]3+"]


@pytest.fixture(scope="module")
def models():
    return model_structures()


def packed(path: Path, cluster, operations: list[str], place: np.ndarray, angles: tuple[float, float, float]) -> Path:
    """Asymmetric unit of one cluster, wrapped into a cell wide enough that no copy touches another."""
    lengths = np.array([46.0, 47.0, 48.0])
    a, b, c = np.radians(angles)
    z = (np.cos(a) - np.cos(b) * np.cos(c)) / np.sin(c)
    unit = np.array([[1, 0, 0], [np.cos(c), np.sin(c), 0], [np.cos(b), z, np.sqrt(1 - np.cos(b) ** 2 - z**2)]])
    fractional = (cluster.positions - cluster.positions.mean(axis=0)) @ np.linalg.inv(unit * lengths[:, None]) + place
    lines = ["data_packed", *(f"_cell_length_{k} {v}" for k, v in zip("abc", lengths, strict=True))]
    lines += [f"_cell_angle_{k} {v}" for k, v in zip(("alpha", "beta", "gamma"), angles, strict=True)]
    lines += ["loop_", "_space_group_symop_operation_xyz", *(f"'{op}'" for op in operations), "loop_"]
    lines += ["_atom_site_label", "_atom_site_type_symbol", *(f"_atom_site_fract_{k}" for k in "xyz")]
    lines += [
        f"{label} {symbol} " + " ".join(f"{v % 1.0:.7f}" for v in row)
        for label, symbol, row in zip(cluster.labels, cluster.symbols, fractional, strict=True)
    ]
    path.write_text("\n".join(lines) + "\n")
    return path


@settings(max_examples=20)
@given(
    name=st.sampled_from(NAMES),
    group=st.sampled_from(sorted(SPACE_GROUPS)),
    seed=st.integers(0, 10_000),
    tilt=st.sampled_from([(90.0, 90.0, 90.0), (90.0, 104.0, 90.0), (84.0, 98.0, 101.0)]),
)
def test_it_comes_back(name, group, seed, tilt, models, tmp_path_factory):
    operations = SPACE_GROUPS[group]
    angles = tilt if group in ("P 1", "P -1") else (90.0, tilt[1], 90.0) if group in ("P 21/c", "C 2") else (90.0,) * 3
    cluster = models[name]
    turned = cluster.replace(positions=cluster.positions @ Rotation.random(rng=seed).as_matrix().T)
    # Around (1/4, 1/4, 1/8) +- a little, every operation of these groups moves a cluster by more than its size.
    place = np.array([0.25, 0.25, 0.125]) + np.random.default_rng(seed).uniform(-0.02, 0.02, 3)
    if group == "C 2":
        place[2] = 0.25
    path = packed(tmp_path_factory.mktemp("cell") / "packed.cif", turned, operations, place, angles)
    results = mlcluster.read(path)
    assert sum(r.copies for r in results) == len(operations)
    both_hands = any("-" in op and np.linalg.det(_rotation(op)) < 0 for op in operations)
    assert len(results) == (2 if both_hands and is_chiral(cluster.numbers, cluster.positions) else 1)
    for result in results:
        found = congruence(
            cluster.numbers,
            cluster.positions,
            result.cluster.numbers,
            result.cluster.positions,
            improper=result.mirror_of is not None,
            tolerance=0.01,
        )
        assert found is not None
        assert not result.dropped


def _rotation(operation: str) -> np.ndarray:
    return np.diag([-1.0 if part.strip().startswith("-") else 1.0 for part in operation.split(",")])
