"""Symmetry, whole fragments, copies, mirror images, ions and solvents."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import pdist

import mlcluster
from mlcluster.errors import StructureError
from mlcluster.geometry.superposition import congruence, superpose


def test_cluster_across_all_cell_corners_comes_out_whole(read_one):
    result = read_one("across_corner")
    gold = result.cluster.positions[result.cluster.numbers == 79]
    assert result.cluster.formula == "Au4H12P4"
    assert pdist(gold) == pytest.approx(np.full(6, 2.8), abs=1e-3)


def test_ions_and_solvent_are_named_and_counted(read_one):
    rows = {(d.formula, d.count, d.kind) for d in read_one("across_corner").dropped}
    assert rows == {("BF4", 2, "ion"), ("CH2Cl2", 1, "solvent")}


def test_racemate_gives_both_hands(read_cif):
    first, second = read_cif("racemate")
    assert (first.mirror_of, second.mirror_of) == (None, 0)
    a, b = first.cluster, second.cluster

    def same(improper: bool) -> bool:
        found = congruence(a.numbers, a.positions, b.numbers, b.positions, improper=improper, tolerance=0.05)
        return found is not None

    assert same(improper=True) and not same(improper=False)


def test_achiral_copies_are_counted_not_repeated(read_one):
    assert read_one("achiral_in_pairs").copies == 2


def test_different_clusters_stay_apart_and_can_be_picked(read_cif, read_one):
    assert [r.cluster.formula for r in read_cif("two_clusters")] == ["Au4Cl4", "Au4Br4"]
    assert read_one("two_clusters", cluster=2).cluster.formula == "Au4Br4"
    with pytest.raises(mlcluster.errors.InputError, match="1: Au4Cl4"):
        read_cif("two_clusters", cluster=3)


def test_atom_near_a_special_position_is_merged_onto_it(read_one):
    result = read_one("special_position")
    gold = result.cluster.positions[[i for i, s in enumerate(result.cluster.labels) if s.startswith("Au2")]]
    centre = result.cluster.positions[result.cluster.labels.index("Au1")]
    assert result.cluster.formula == "Au3Cl2"
    assert np.linalg.norm(gold.mean(axis=0) - centre) < 1e-3
    assert "special_position" in result.report.codes()


def test_endless_chain_is_refused_with_its_contact(read_cif):
    with pytest.raises(StructureError, match=r"endless.*Au2 to an image of Au1"):
        read_cif("endless_chain")


def test_site_labels_are_unique_over_symmetry_images(read_one):
    labels = read_one("special_position").cluster.labels
    assert sorted(labels) == ["Au1", "Au2", "Au2#2", "Cl2", "Cl2#2"]


def _shifted(text: str, shift: tuple[float, float, float]) -> str:
    lines = []
    for line in text.splitlines():
        words = line.split()
        if len(words) == 5 and words[1] in {"Au", "P", "H", "B", "F", "C", "Cl"}:
            moved = [f"{(float(w) + s) % 1.0:.5f}" for w, s in zip(words[2:5], shift, strict=True)]
            line = " ".join([*words[:2], *moved])
        lines.append(line)
    return "\n".join(lines) + "\n"


@given(shift=st.tuples(*[st.floats(0, 1, allow_nan=False).map(lambda x: round(x, 3))] * 3))
def test_origin_shift_changes_nothing(shift, test_data, tmp_path_factory):
    text = (test_data / "cif" / "across_corner.cif").read_text()
    path = tmp_path_factory.mktemp("shift") / "moved.cif"
    path.write_text(_shifted(text, shift))
    (before,), (after,) = mlcluster.read(test_data / "cif" / "across_corner.cif"), mlcluster.read(path)
    a, b = before.cluster, after.cluster
    assert a.charge == b.charge == 2
    assert a.labels == b.labels
    assert superpose(b.positions, a.positions).rmsd < 1e-3
    assert before.dropped == after.dropped


def test_boxed_cluster_is_freed_of_its_cell_before_bonds_are_sought(tmp_path):
    """A rod almost as long as its box: its ends are 3.6 angstrom apart through the face, more than any bond."""
    rows = "\n".join(f"Au{k + 1} Au 0.5 0.5 {(k * 2.8 + 1.8) / 12.0:.5f}" for k in range(4))
    cell = "\n".join(
        [f"_cell_length_{a} {n}" for a, n in zip("abc", (20, 20, 12), strict=True)]
        + [f"_cell_angle_{a} 90" for a in ("alpha", "beta", "gamma")]
    )
    head = "data_rod\n" + cell + "\nloop_\n_atom_site_label\n_atom_site_type_symbol\n"
    path = tmp_path / "rod.cif"
    path.write_text(head + "".join(f"_atom_site_fract_{a}\n" for a in "xyz") + rows + "\n")
    (result,) = mlcluster.read(path)
    assert result.cluster.crystal is None and len(result.cluster) == 4
    assert np.ptp(result.cluster.positions[:, 2]) == pytest.approx(8.4)


def test_crystal_context_keeps_the_cell_for_packing(read_one):
    crystal = read_one("achiral_in_pairs").cluster.crystal
    assert crystal is not None and crystal.copies == 2
    assert crystal.cell == pytest.approx(np.diag([14.0, 14.0, 14.0]))
    assert len(crystal.numbers) == 16


def _cif(path: Path, numbers: list[str], points: np.ndarray, cell: float) -> Path:
    rows = [
        f"{s}{i} {s} " + " ".join(f"{x / cell:.6f}" for x in p)
        for i, (s, p) in enumerate(zip(numbers, points, strict=True), 1)
    ]
    head = [f"_cell_length_{a} {cell}" for a in "abc"] + [f"_cell_angle_{a} 90" for a in ("alpha", "beta", "gamma")]
    columns = ["loop_", "_atom_site_label", "_atom_site_type_symbol", *(f"_atom_site_fract_{a}" for a in "xyz")]
    path.write_text("\n".join(["data_made", *head, *columns, *rows]) + "\n")
    return path


def test_copies_written_out_in_p1_are_counted_and_their_mirror_image_kept_apart(tmp_path):
    edge = 2.8 / 2**1.5
    vertices = edge * np.array([(1, 1, 1), (1, -1, -1), (-1, 1, -1), (-1, -1, 1)])
    ligands = np.array([v + d * v / np.linalg.norm(v) for v, d in zip(vertices[:3], (2.3, 2.42, 2.6), strict=True)])
    body = np.vstack([vertices, ligands])
    names = ["Au"] * 4 + ["Cl", "Br", "I"]
    places = [np.array(p) for p in itertools.product((4.0, 12.0), (4.0, 12.0), (8.0,))]
    points = np.vstack([body + places[0], body + places[1], body @ np.diag([1, 1, -1]) + places[2]])
    first, second = mlcluster.read(_cif(tmp_path / "p1.cif", names * 3, points, 16.0))
    assert (first.copies, second.copies, second.mirror_of) == (2, 1, 0)
