"""Disorder of each kind, in made crystals whose right answer is known."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from tests.structure.disorder_cif import AXES, Site, directions, host, moved, read_made, replace, sites, tripod

ANIONS = {
    "BF4": ("B", "F", "tetrahedron", 1.39),
    "F6P": ("P", "F", "octahedron", 1.60),
    "F6Sb": ("Sb", "F", "octahedron", 1.87),
    "AsF6": ("As", "F", "octahedron", 1.72),
    "ClO4": ("Cl", "O", "tetrahedron", 1.43),
}
SHARES = [((0.5, 0.5), (0, 0)), ((0.6, 0.4), (0, 0)), ((0.6, 0.4), (1, 2)), ((0.5, 0.5), (-1, -2))]


def dropped(results) -> list[tuple[str, int, float]]:
    return sorted((d.formula, d.count, d.occupancy) for d in results[0].dropped)


def formula(results) -> str:
    (result,) = results
    return result.cluster.formula


def anion(kind: str, turn: Rotation, shares: tuple, groups: tuple) -> list[Site]:
    """One anion in two orientations; ligands on the axis of the turn stay where they are."""
    centre, ligand, shape, length = ANIONS[kind]
    corners = directions(shape) * length
    names = " ".join([ligand] * len(corners))
    one, other = sites(names, corners, shares[0], groups[0]), sites(names, turn.apply(corners), shares[1], groups[1])
    rows = [Site(centre, (0.0, 0.0, 0.0))]
    for row in one:
        same = [r for r in other if np.linalg.norm(np.subtract(r.at, row.at)) < 0.05]
        rows.append(replace(row, occupancy=1.0, group=0) if same else row)
        other = [r for r in other if r not in same]
    return rows + other


@pytest.mark.parametrize("kind", ANIONS)
@pytest.mark.parametrize("angle", [20, 35, 45, 60])
@pytest.mark.parametrize(("shares", "groups"), SHARES)
def test_anions_in_two_orientations(kind, angle, shares, groups, tmp_path):
    for axis in ([0, 0, 1.0], [1.0, 2, 3]):
        turn = Rotation.from_rotvec(np.radians(angle) * np.array(axis) / np.linalg.norm(axis))
        rows = host() + moved(anion(kind, turn, shares, groups), (3, 3, 3))
        assert dropped(read_made(tmp_path, rows)) == [(kind, 1, 1.0)]


@pytest.mark.parametrize("axis", [name for name in AXES if name != "1"])
@pytest.mark.parametrize("group", [0, -1, 1])
def test_an_anion_about_a_special_position(axis, group, tmp_path):
    cell, operations = AXES[axis]
    corners = Rotation.random(rng=2).apply(directions("tetrahedron")) * 1.39
    place = (4.5, 4.0, 5.0) if axis in ("3", "-3", "6") else (6.1, 2.5, 5.2)
    rows = [*host(place), Site("B", (0, 0, 0)), *sites("F F F F", corners, round(1 / len(operations), 3), group)]
    assert dropped(read_made(tmp_path, rows, operations, cell)) == [("BF4", 1, 1.0)]


@pytest.mark.parametrize("axis", ["-1", "2", "3", "4", "-4", "6"])
@pytest.mark.parametrize("group", [0, -1, 1])
def test_a_molecule_about_a_special_position(axis, group, tmp_path):
    cell, operations = AXES[axis]
    turns = np.radians(np.arange(0, 360, 60))
    ring = [(1.39 * np.cos(t), 1.39 * np.sin(t), 0) for t in turns]
    atoms = Rotation.random(rng=10).apply(np.array([*ring, (2.9, 0, 0)])) + [0.9, 0.45, 0.27]
    place = (4.5, 4.0, 5.0) if axis in ("3", "6") else (6.1, 2.5, 5.2)
    rows = host(place) + sites("C C C C C C C", atoms, round(1 / len(operations), 3), group)
    (row,) = read_made(tmp_path, rows, operations, cell)[0].dropped
    assert (row.formula, row.count, row.occupancy) == ("C7", 1, 1.0) and row.why.startswith("toluene")


def phosphine(turns, shares, groups, assembly=".") -> list[Site]:
    """AuCl with a phosphorus whose three methyl carbons stand in several orientations, and the rest ordered."""
    rows = [Site("Cl", (0, 0, -2.27)), Site("Au", (0, 0, 0)), Site("P", (0, 0, 2.25))]
    for turn, share, group in zip(turns, shares, groups, strict=True):
        rows += moved(sites("C C C", tripod(1.82, 112, turn), share, group, assembly), (0, 0, 2.25))
    return moved(rows, (10, 10, 10))


@pytest.mark.parametrize("angle", [15, 25, 35, 45, 60])
@pytest.mark.parametrize(("shares", "groups"), SHARES)
def test_methyls_on_one_phosphorus(angle, shares, groups, tmp_path):
    assert formula(read_made(tmp_path, phosphine((0, angle), shares, groups))) == "C3AuClP"


@pytest.mark.parametrize("shares", [(0.4, 0.35, 0.25), (0.333, 0.333, 0.333), (0.34, 0.33, 0.33)])
@pytest.mark.parametrize("groups", [(0, 0, 0), (1, 2, 3), (-1, -2, -3)])
def test_three_orientations(shares, groups, tmp_path):
    assert formula(read_made(tmp_path, phosphine((0, 40, 80), shares, groups))) == "C3AuClP"


@pytest.mark.parametrize("angle", [20, 30, 60])
@pytest.mark.parametrize(("shares", "groups"), SHARES[:3])
def test_a_tert_butyl_group_turned(angle, shares, groups, tmp_path):
    sulfur = np.array((0, 0, 2.3))
    carbon = sulfur + [1.83 * np.sin(1.3), 0, 1.83 * np.cos(1.3)]
    turn, _ = Rotation.align_vectors([(carbon - sulfur) / 1.83], [[0, 0, 1]])
    rows = [Site("P", (0, 0, -2.25)), Site("Au", (0, 0, 0)), Site("S", tuple(sulfur)), Site("C", tuple(carbon))]
    for start, share, group in zip((0, angle), shares, groups, strict=True):
        for arm in tripod(1.53, 109.5, start):
            methyl, _ = Rotation.align_vectors([arm / 1.53], [[0, 0, 1]])
            atoms = [arm, *(arm + methyl.apply(tripod(0.98, 109.5, 180)))]
            rows += moved(sites("C H H H", atoms, share, group), carbon, turn)
    assert formula(read_made(tmp_path, moved(rows, (10, 10, 10)))) == "C4H9AuPS"


@pytest.mark.parametrize("angle", [20, 35, 50, 90])
@pytest.mark.parametrize(("shares", "groups"), SHARES)
def test_a_phenyl_ring_turned_about_its_bond(angle, shares, groups, tmp_path):
    def corner(number: int, turn: float, radius: float) -> tuple[float, float, float]:
        aside, t = radius * np.sin(np.radians(60 * number)), np.radians(turn)
        return aside * np.cos(t), aside * np.sin(t), 1.39 - radius * np.cos(np.radians(60 * number))

    ring = sites("C C H", [corner(0, 0, 1.39), corner(3, 0, 1.39), corner(3, 0, 2.34)])
    for turn, share, group in zip((0, angle), shares, groups, strict=True):
        ring += sites("C C C C", [corner(k, turn, 1.39) for k in (1, 2, 4, 5)], share, group)
        ring += sites("H H H H", [corner(k, turn, 2.34) for k in (1, 2, 4, 5)], share, group)
    rows = [Site("Cl", (0, 0, -2.27)), Site("Au", (0, 0, 0)), Site("P", (0, 0, 2.25)), *moved(ring, (0, 0, 4.07))]
    assert formula(read_made(tmp_path, moved(rows, (10, 10, 10)))) == "C6H5AuClP"


@pytest.mark.parametrize(("metal", "halide", "length"), [("Ag", "Cl", 2.4), ("Cu", "Br", 2.3), ("Au", "I", 2.6)])
@pytest.mark.parametrize(
    ("share", "groups"),
    [(0.6, (0, 1, 2)), (0.6, (0, 0, 0)), (0.7, (0, 0, 2)), (0.5, (0, 1, 2)), (0.55, (1, 1, 0)), (0.6, (1, 1, 2))],
)
def test_a_partial_cap_keeps_its_halide(metal, halide, length, share, groups, tmp_path):
    cap = np.array((10, 10, 10)) - directions("tetrahedron")[0] * 2.6
    far = cap - directions("tetrahedron")[0] * length
    rows = [*host(), Site(metal, tuple(cap), share, groups[0]), Site(halide, tuple(far), share, groups[1])]
    rows.append(Site("O", tuple(far + [0.5, -0.4, 0.2]), round(1 - share, 2), groups[2]))
    kept = read_made(tmp_path, rows)[0].cluster.composition
    assert kept == dict(Counter({"Au": 4, "Cl": 4}) + Counter([metal, halide]))


@pytest.mark.parametrize(
    ("numbers", "shares"),
    [
        ((1, 2, 3, 4), (0.55, 0.45, 0.55, 0.45)),
        ((1, 2, 3, 4), (0.55, 0.45, 0.7, 0.3)),
        ((1, 2, 1, 2), (0.55, 0.45, 0.7, 0.3)),
        ((5, 2, 9, 3), (0.5, 0.5, 0.5, 0.5)),
        ((-1, -2, -3, -4), (0.55, 0.45, 0.55, 0.45)),
    ],
)
def test_several_pairs_in_one_assembly(numbers, shares, tmp_path):
    rows = []
    for place, at in enumerate(((5, 5, 5), (15, 15, 15))):
        pair = slice(2 * place, 2 * place + 2)
        rows += moved(phosphine((0, 40), shares[pair], numbers[pair], "A"), np.subtract(at, 10))
    results = read_made(tmp_path, rows)
    assert [r.cluster.formula for r in results for _ in range(r.copies)] == ["C3AuClP"] * 2


def test_two_triples_in_one_assembly(tmp_path):
    shares = (0.4, 0.35, 0.25)
    rows = phosphine((0, 40, 80), shares, (1, 2, 3), "A")
    rows += moved(phosphine((0, 40, 80), shares, (4, 5, 6), "A"), (-6, -6, -6))
    results = read_made(tmp_path, rows)
    assert [r.cluster.formula for r in results for _ in range(r.copies)] == ["C3AuClP"] * 2


@pytest.mark.parametrize("group", [0, -1])
def test_of_two_halves_across_the_centre_of_a_cluster_one_is_there(group, tmp_path):
    rows = [Site("Au", (1.4, 0, 0)), Site("Cl", (3.7, 0, 0)), Site("Cl", (0, 1.9, 0), 0.5, group)]
    (result,) = read_made(tmp_path, rows, AXES["-1"][1])
    assert result.cluster.formula == "Au2Cl3"


def test_halides_on_several_sites_are_shared_out(tmp_path):
    arms = directions("tetrahedron")
    rows = moved(sites("Au Au Au Au", arms * 1.715), (10, 10, 10))
    rows += moved(sites("Cl Cl Cl Cl", arms * 4.0, 0.5), (10, 10, 10))
    rows += moved(sites("Br Br Br Br", arms * 4.12, 0.5), (10, 10, 10))
    (result,) = read_made(tmp_path, rows, chemical_formula_sum="Au4 Br2 Cl2", cell_formula_units_Z="1")
    assert result.cluster.formula == "Au4Br2Cl2"
    assert "formula_mismatch" not in result.report.codes()
    (odd,) = read_made(tmp_path, rows, chemical_formula_sum="Au4 Br Cl3", cell_formula_units_Z="1")
    assert odd.cluster.formula == "Au4BrCl3", "the stated formula decides where it can be met"


def test_silver_goes_where_it_is_likeliest_in_whatever_order_the_sites_stand(tmp_path):
    """Gold has the greater share of both sites; the formula wants one silver, which the fuller site of gold is not."""
    places = directions("tetrahedron") * 1.715
    rows = moved(sites("Au Au", places[:2]) + sites("Cl Cl Cl Cl", directions("tetrahedron") * 4.0), (10, 10, 10))
    mixed = {"A": (places[2], 0.6), "B": (places[3], 0.9)}
    for order in ("AB", "BA"):
        pairs = []
        for name in order:
            at, share = mixed[name]
            pairs += [Site("Au", tuple(at + 10), share, label=f"Au{name}")]
            pairs += [Site("Ag", tuple(at + 10), round(1 - share, 2), label=f"Ag{name}")]
        stated = {"chemical_formula_sum": "Ag Au3 Cl4", "cell_formula_units_Z": "1"}
        (result,) = read_made(tmp_path, rows + pairs, **stated)
        assert {"AgA", "AuB"} <= set(result.cluster.labels)


def test_what_is_kept_is_held_against_the_stated_formula(tmp_path):
    rows = host(arm=3) + [Site("Cl", (13, 3, 3), 0.5), Site("Br", (13, 3, 3.1), 0.5)]
    big = sites("C C C C", [(3, 3, 3), (4.4, 3, 3), (5.8, 3, 3), (7.2, 3, 3)], 0.6, 1) + sites(
        "O", [(3.2, 3, 3)], 0.4, 2
    )
    (result,) = read_made(
        tmp_path, rows + big, chemical_formula_sum="C2.4 Au4 Br0.5 Cl3.5 O0.4", cell_formula_units_Z="1"
    )
    (entry,) = [e for e in result.report.entries if e.code == "formula_mismatch"]
    assert "C differ" in entry.message and "atoms kept" in entry.message


def kept_by_element(results) -> Counter:
    total: Counter = Counter()
    for result in results:
        total.update({e: n * result.copies for e, n in result.cluster.composition.items()})
    for row in results[0].dropped:
        from mlcluster.chem.formula import parse_formula

        total.update({e: n * row.count for e, n in parse_formula(row.formula)[0].items()})
    return total


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    seed=st.integers(0, 999),
    shares=st.sampled_from([(0.5, 0.5), (0.6, 0.4), (0.333, 0.667), (0.71, 0.29)]),
    angle=st.integers(20, 60),
    stated=st.booleans(),
)
def test_order_sign_and_names_change_nothing_and_occupancies_are_met(seed, shares, angle, stated, tmp_path: Path):
    rng = np.random.default_rng(seed)
    turn = Rotation.from_rotvec(np.radians(angle) * np.array([1, 2, 3]) / np.sqrt(14))
    groups = (1, 2) if stated else (0, 0)
    rows = host() + moved(anion("BF4", turn, shares, groups), (3, 3, 3))
    rows += moved(phosphine((0, angle), shares, groups, "A" if stated else "."), (5, 5, -5))
    rows = [replace(row, label=f"{row.element}{k}") for k, row in enumerate(rows)]
    operations = AXES["-1"][1] if seed % 2 else AXES["1"][1]
    reference = read_made(tmp_path, rows, operations)
    total = Counter()
    for row in rows:
        total[row.element] += row.occupancy * len(operations)
    kept = kept_by_element(reference)
    assert all(abs(kept[e] - n) < 0.51 for e, n in total.items())
    shuffled = [rows[k] for k in rng.permutation(len(rows))]
    negative = [replace(row, group=-row.group) for row in rows]
    renamed = [replace(row, assembly="Zeta" if row.assembly == "A" else row.assembly) for row in rows]
    for changed in (shuffled, negative, renamed):
        again = read_made(tmp_path, changed, operations)
        assert sorted(r.cluster.formula for r in again) == sorted(r.cluster.formula for r in reference)
        assert sorted(sorted(r.cluster.labels) for r in again) == sorted(sorted(r.cluster.labels) for r in reference)
        assert kept_by_element(again) == kept
