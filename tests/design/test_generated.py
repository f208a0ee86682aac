"""Every generated cluster is what its plan says: electrons, charge, ligands, room, and the same each time."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlcluster.anatomy import Anatomy
from mlcluster.chem.elements import CLOSED_SHELLS, METAL_VALENCE, NUMBERS, is_metal
from mlcluster.data.families import count_key, family_key
from mlcluster.design.generated import FamilyPlan, family_plans, grow
from mlcluster.design.generated.accepting import accepted_parent, anionic_donors, labelled, on_grid
from mlcluster.design.generated.family_plans import CHARGES, CLOSED_SHARE, kernel_kinds
from mlcluster.design.generated.kernel_metals import CONTACTS, Kernel, frontier_gap, place_metals, relaxed_kernel
from mlcluster.design.generated.metal_cuts import CENTRES, CONTACT, PACKINGS, POLYHEDRA, capped_faces, cut, fused
from mlcluster.design.generated.shell_kinds import SHELLS
from mlcluster.design.generated.surface_sites import outward_normals, sites, staple_points
from mlcluster.design.generated.variants import KINDS, variant
from mlcluster.electronic.calculation import CalculationError
from mlcluster.errors import ConfigError, StructureError
from mlcluster.structure.cluster import Cluster

PLAN = FamilyPlan(
    kernel="fused icosahedron vertex 1",
    size=13,
    host="Au",
    guest="",
    share=0.0,
    shell="phosphine-chloride",
    units=2,
    charge=3,
    neutral_share=1.0,
    seed=0,
)
PLANS = list(family_plans(sizes=range(6, 31)))


def distances(points: np.ndarray) -> np.ndarray:
    apart = np.linalg.norm(points[:, None] - points[None], axis=-1)
    np.fill_diagonal(apart, np.inf)
    return apart


@given(st.sampled_from(PLANS))
@settings(max_examples=10, deadline=None)
def test_a_grown_cluster_is_what_was_planned(plan: FamilyPlan) -> None:
    try:
        cluster = grow(plan)
    except StructureError:
        return
    metal = is_metal(cluster.numbers)
    anatomy = Anatomy(cluster)
    assert cluster.n_electrons is not None and cluster.n_electrons % 2 == 0
    assert (cluster.charge, cluster.multiplicity) == (plan.charge, 1)
    kernel = [symbol for symbol in cluster.symbols[: plan.size]]
    assert sum(METAL_VALENCE[s] for s in kernel) - plan.units - plan.charge == (
        sum(METAL_VALENCE[s] for s in np.array(cluster.symbols)[metal]) - anionic_donors(cluster) - plan.charge
    ), "a staple takes one electron like any other unit"
    assert family_key(anatomy) == count_key(int(metal.sum()), anionic_donors(cluster))
    assert distances(cluster.positions).min() > 0.9
    assert distances(cluster.positions[metal]).min() > 2.1
    heavy = ~metal & (cluster.numbers > 1)
    if heavy.any():
        assert distances(cluster.positions)[np.ix_(metal, heavy)].min() > 1.8


def test_plans_are_distinct_and_the_same_each_time() -> None:
    assert PLANS == list(family_plans(sizes=range(6, 31)))
    names = [plan.name for plan in family_plans(rounds=2, sizes=range(6, 16))]
    assert len(names) == len(set(names))
    pairs = {(plan.size, plan.units) for plan in PLANS}
    assert len(pairs) == len(PLANS) > 200
    assert all(plan.size >= plan.units + plan.charge for plan in PLANS if plan.guest != "Pd")


def test_charges_close_a_superatom_shell_where_one_is_near() -> None:
    left = [(plan.size - (plan.guest == "Pd") - plan.units, plan.charge) for plan in family_plans(sizes=range(6, 61))]
    assert all(rest >= charge and (rest - charge) % 2 == 0 and charge in CHARGES for rest, charge in left)
    near = [rest - charge in CLOSED_SHELLS for rest, charge in left if any(rest - q in CLOSED_SHELLS for q in CHARGES)]
    assert len(near) > 0.4 * len(left) and CLOSED_SHARE - 0.03 < np.mean(near) < CLOSED_SHARE + 0.15


def test_known_clusters_come_out() -> None:
    cluster = grow(PLAN)
    # [Au13(PR3)10Cl2]3+, 8 electrons: the rule finds the compound that is known.
    assert cluster.formula == "Au13Cl2H30P10"
    assert Anatomy(cluster).valence_electrons == 8
    assert family_key(Anatomy(cluster)) == "M13X2"
    staples = grow(replace(PLAN, shell="staples", units=6, charge=-1))
    assert staples.formula == "Au25H18S18", "[Au25(SR)18]-, six dimeric staples on twelve vertices"
    assert Anatomy(staples).valence_electrons == 8
    again = grow(PLAN)
    np.testing.assert_array_equal(cluster.positions, again.positions)
    assert family_key(Anatomy(on_grid(cluster))) == "M13X2"


def test_an_impossible_shell_is_refused() -> None:
    with pytest.raises(StructureError, match="no room"):
        grow(replace(PLAN, shell="alkynyl-phosphine", units=13, charge=-2))
    with pytest.raises(StructureError, match="no such kernel"):
        grow(replace(PLAN, kernel="fused icosahedron vertex 2"))


@pytest.mark.parametrize("shell", SHELLS)
def test_every_shell_can_be_set(shell: str) -> None:
    plan = replace(PLAN, kernel="cut fcc octahedron", size=19, units=3, charge=2, shell=shell, neutral_share=0.4)
    cluster = grow(plan)
    kinds = {ligand.kind for ligand in Anatomy(cluster).ligands}
    assert anionic_donors(cluster) >= 3
    neutral = {"PH3": "phosphine", "carbene": "carbene"}.get(SHELLS[shell].neutral)
    assert neutral is None or neutral in kinds
    if "staples" in shell:
        assert is_metal(cluster.numbers).sum() > 19


@pytest.mark.parametrize(("packing", "centre"), [(p, c) for p in PACKINGS for c in CENTRES[p]])
def test_cuts_are_compact(packing: str, centre: str) -> None:
    points = cut(packing, centre, 30, np.random.default_rng(0))
    apart = distances(points)
    assert points.shape == (30, 3)
    assert apart.min() == pytest.approx(1.0, abs=1e-6)
    assert (apart < CONTACT).sum(axis=1).min() >= 2


@pytest.mark.parametrize(("packing", "size", "pairs"), [("icosahedral", 13, 42), ("fcc", 13, 36), ("hcp", 13, 36)])
def test_closed_shells_have_their_contacts(packing: str, size: int, pairs: int) -> None:
    # Icosahedron: 12 to the middle and 30 edges; (anti)cuboctahedron: 12 and 24.
    apart = distances(cut(packing, "atom", size, np.random.default_rng(1)))
    assert (apart < CONTACT).sum() == 2 * pairs


@pytest.mark.parametrize(
    ("polyhedron", "shared", "count", "size"),
    [
        ("icosahedron", "ring", 2, 19),
        ("icosahedron", "face", 2, 23),
        ("icosahedron", "vertex", 2, 25),
        ("icosahedron", "vertex", 3, 37),
        ("octahedron", "edge", 2, 10),
        ("tetrahedron", "face", 2, 5),
    ],
)
def test_fused_polyhedra_have_the_known_sizes(polyhedron: str, shared: str, count: int, size: int) -> None:
    points = fused(polyhedron, shared, count)
    assert points is not None and len(points) == size


def test_polyhedra_that_do_not_fit_are_told() -> None:
    assert fused("icosahedron", "edge", 2) is None
    assert fused("centred-cube", "face", 2) is None, "its faces are squares"
    assert set(POLYHEDRA) >= {"icosahedron", "cuboctahedron"}
    with pytest.raises(ConfigError, match="no such cut"):
        cut("fcc", "nowhere", 10, np.random.default_rng(0))


def test_growth_adds_where_most_touch() -> None:
    base = POLYHEDRA["octahedron"]()
    grown = capped_faces(base, 2, np.random.default_rng(0))
    assert len(grown) == 8
    assert (distances(grown) < CONTACT).sum(axis=1)[6:].min() >= 3
    assert all(kernel_kinds(size) for size in range(6, 61))


def test_alloys_and_their_contacts() -> None:
    points = POLYHEDRA["icosahedron"]()
    rng = np.random.default_rng(0)
    assert place_metals(points, "Au", "Pd", 0.5, rng).count("Pd") == 1
    assert place_metals(points, "Au", "Pd", 0.5, rng)[0] == "Pd", "the middle"
    assert place_metals(points, "Au", "Ag", 0.25, rng).count("Ag") == 3
    kernel = relaxed_kernel(points, ["Cu"] * 13)
    apart = distances(kernel.positions)
    assert apart[apart < CONTACT * CONTACTS["Cu"]].mean() == pytest.approx(CONTACTS["Cu"], rel=0.005)
    with pytest.raises(StructureError, match="too few neighbours"):
        relaxed_kernel(np.array([[0.0, 0, 0], [1, 0, 0]]), ["Au", "Au"])


def test_the_kernels_own_gap() -> None:
    octahedron = Kernel(("Au",) * 6, 2.82 * POLYHEDRA["octahedron"]())
    # Hückel levels of an octahedron, hopping h to neighbours and t across: -4h-t, three of t, two of 2h-t.
    across = np.exp(-3 * (2**0.5 - 1))
    assert frontier_gap(octahedron, 2) == pytest.approx(4 + 2 * across)
    assert frontier_gap(octahedron, 4) == pytest.approx(0.0, abs=1e-9), "1P is not full"
    assert frontier_gap(octahedron, 8) == pytest.approx(2 - 2 * across)
    assert frontier_gap(octahedron, 0) == frontier_gap(octahedron, 12) == np.inf
    with pytest.raises(StructureError, match="closes no shell"):
        grow(replace(PLAN, kernel="fused octahedron vertex 1", size=6, units=0, charge=2), least_gap=0.3)


def test_sites_of_an_octahedron() -> None:
    kernel = Kernel(("Au",) * 6, 2.82 * POLYHEDRA["octahedron"]())
    normals = outward_normals(kernel)
    for k, normal in normals.items():
        np.testing.assert_allclose(normal, kernel.positions[k] / np.linalg.norm(kernel.positions[k]), atol=1e-9)
    kinds = [site.kind for site in sites(kernel)]
    assert [kinds.count(kind) for kind in ("top", "edge", "hollow")] == [6, 12, 8]
    centred = Kernel(("Au",) * 13, 2.82 * POLYHEDRA["icosahedron"]())
    assert set(outward_normals(centred)) == set(range(1, 13)), "the middle is no surface"
    staple = next(site for site in sites(centred) if site.kind == "staple2")
    donors, metals = staple_points(centred, staple, "S")
    assert (len(donors), len(metals)) == (3, 2)
    ends = centred.positions[list(staple.metals)]
    bonds = [np.linalg.norm(donors[0] - ends[0]), np.linalg.norm(donors[2] - ends[1])]
    assert bonds == pytest.approx([2.36, 2.36], abs=0.05)
    assert np.linalg.norm(donors[:2] - metals[0], axis=1) == pytest.approx([2.33, 2.33], abs=0.01)


@pytest.mark.parametrize("number", range(KINDS))
def test_variants_stay_in_the_family(number: int) -> None:
    parent = grow(PLAN)
    cluster, edits = variant(parent, number, 5)
    again, _ = variant(parent, number, 5)
    np.testing.assert_array_equal(cluster.positions, again.positions)
    assert family_key(Anatomy(cluster)) == "M13X2"
    assert cluster.n_electrons is not None and cluster.n_electrons % 2 == 0
    assert ("displaced" in edits) == (number in (0, 2))
    assert ("substitute" in edits) == (number in (1, 2))
    assert np.array_equal(cluster.numbers, parent.numbers) == (number == 0)


def test_a_parent_is_relaxed_and_has_a_gap() -> None:
    plan = replace(PLAN, kernel="fused octahedron vertex 1", size=6, units=2, charge=2, neutral_share=0.5)
    cluster, calculation = accepted_parent(plan)
    assert calculation.gap_ev > 0.1
    assert family_key(Anatomy(cluster)) == "M6X2"
    np.testing.assert_array_equal(cluster.positions, cluster.positions.round(3))
    built = grow(plan)
    kernel = np.flatnonzero(is_metal(built.numbers))
    assert np.abs(cluster.positions - built.positions)[kernel].max() <= 0.0006, "the kernel stands still"


def test_an_open_shell_is_no_parent() -> None:
    # Four electrons in an octahedron: 1S2 1P2, a degenerate level that is not filled.
    octahedron = replace(PLAN, kernel="fused octahedron vertex 1", size=6, units=0, charge=2)
    with pytest.raises(StructureError, match="closes no shell"):
        accepted_parent(octahedron)
    with pytest.raises(CalculationError, match="open shell"):
        labelled(grow(octahedron))


def test_elements_of_a_plan_are_known() -> None:
    assert {s for plan in PLANS for s in (plan.host, plan.guest or plan.host)} <= set(CONTACTS) <= set(NUMBERS)
    assert isinstance(grow(PLAN), Cluster)
