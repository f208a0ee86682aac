"""Ligands cut down to what binds: every class, and what must never change."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import mlcluster
from mlcluster.anatomy import Anatomy
from mlcluster.chem.elements import NUMBERS, is_metal
from mlcluster.design.frameworks import build
from mlcluster.design.ligand_shapes import GROUPS_OF
from mlcluster.design.ligand_shapes.placing import Surroundings, place
from mlcluster.electronic.capping import Capped, capped
from mlcluster.electronic.trimming import CLOSEST_CAP
from mlcluster.structure.cluster import Cluster

Atoms = list[tuple[str, tuple[float, float, float]]]


def methyl(at: tuple[float, float, float], along: tuple[float, float, float], length: float) -> Atoms:
    """A methyl group on an atom, tetrahedral, its carbon in a direction."""
    axis = np.array(along) / np.linalg.norm(along)
    side = np.cross(axis, np.eye(3)[int(np.argmin(np.abs(axis)))])
    side /= np.linalg.norm(side)
    carbon = np.array(at) + length * axis
    turned = [np.cos(t) * side + np.sin(t) * np.cross(axis, side) for t in np.radians([0, 120, 240])]
    hydrogens = [carbon + 1.09 * (axis / 3 + np.sqrt(8 / 9) * direction) for direction in turned]
    return [("C", tuple(carbon)), *(("H", tuple(h)) for h in hydrogens)]


def pentagon() -> Atoms:
    """1,3-dimethylimidazol-2-ylidene, its carbene carbon 2.05 angstrom above a metal at the origin."""
    centre = np.array([0.0, 0.0, 2.05 + 1.16])
    corner = [tuple(centre + 1.16 * np.array([np.sin(t), 0.0, -np.cos(t)])) for t in np.radians([0, 72, 144, 216, 288])]
    out = [np.array(c) - centre for c in corner]
    ring: Atoms = list(zip("CNCCN", corner, strict=True))
    hydrogens: Atoms = [("H", tuple(np.array(corner[k]) + 1.08 / 1.16 * out[k])) for k in (2, 3)]
    methyls = [atom for k in (1, 4) for atom in methyl(corner[k], tuple(out[k]), 1.46)]
    return ring + hydrogens + methyls


def hexagon() -> Atoms:
    """4-methylpyridine, its nitrogen 2.1 angstrom above a metal at the origin."""
    centre = np.array([0.0, 0.0, 2.1 + 1.39])
    corner = [tuple(centre + 1.39 * np.array([np.sin(t), 0.0, -np.cos(t)])) for t in np.radians(np.arange(0, 360, 60))]
    out = [np.array(c) - centre for c in corner]
    ring: Atoms = list(zip("NCCCCC", corner, strict=True))
    hydrogens: Atoms = [("H", tuple(np.array(corner[k]) + 1.08 / 1.39 * out[k])) for k in (1, 2, 4, 5)]
    return ring + hydrogens + methyl(corner[3], tuple(out[3]), 1.5)


LIGANDS: dict[str, tuple[Atoms, str]] = {
    "thiolate": ([("S", (0, 0, 2.3)), *methyl((0, 0, 2.3), (1, 0, 0.3), 1.82)], "AuHS"),
    "selenolate": ([("Se", (0, 0, 2.4)), *methyl((0, 0, 2.4), (1, 0, 0.3), 1.95)], "AuHSe"),
    "tellurolate": ([("Te", (0, 0, 2.6)), *methyl((0, 0, 2.6), (1, 0, 0.3), 2.13)], "AuHTe"),
    "thioether": (
        [("S", (0, 0, 2.3)), *(a for x in (1, -1) for a in methyl((0, 0, 2.3), (x, 0, 0.7), 1.82))],
        "AuH2S",
    ),
    "phosphine": (
        [
            ("P", (0, 0, 2.3)),
            *(a for t in np.radians([0, 120, 240]) for a in methyl((0, 0, 2.3), (np.cos(t), np.sin(t), 0.4), 1.83)),
        ],
        "AuH3P",
    ),
    "alkynyl": ([("C", (0, 0, 2.0)), ("C", (0, 0, 3.21)), *methyl((0, 0, 3.21), (0, 0, 1), 1.46)], "C2HAu"),
    "carbene": (pentagon(), "C3H4AuN2"),
    "isocyanide": ([("C", (0, 0, 2.0)), ("N", (0, 0, 3.16)), *methyl((0, 0, 3.16), (0, 0, 1), 1.43)], "CHAuN"),
    "carboxylate": (
        [
            ("O", (1.1, 0, 2.0)),
            ("C", (0, 0, 2.6)),
            ("O", (-1.1, 0, 2.0)),
            *methyl((0, 0, 2.6), (0, 0, 1), 1.51),
        ],
        "CHAuO2",
    ),
    "amine": (
        [
            ("N", (0, 0, 2.1)),
            ("H", (0.95, 0, 2.43)),
            ("H", (-0.48, 0.82, 2.43)),
            *methyl((0, 0, 2.1), (-1, -1.7, 0.7), 1.47),
        ],
        "AuH3N",
    ),
    "pyridyl": (hexagon(), "C5H5AuN"),
    "nitrile": ([("N", (0, 0, 2.0)), ("C", (0, 0, 3.15)), *methyl((0, 0, 3.15), (0, 0, 1), 1.46)], "CHAuN"),
    "dithiocarbamate": (
        [
            ("S", (1.48, 0, 1.8)),
            ("C", (0, 0, 2.75)),
            ("S", (-1.48, 0, 1.8)),
            ("N", (0, 0, 4.08)),
            *(a for x in (1, -1) for a in methyl((0, 0, 4.08), (x, 0, 0.58), 1.46)),
        ],
        "CHAuS2",
    ),
    "dithiophosphate": (
        [
            ("S", (1.7, 0, 1.8)),
            ("P", (0, 0, 2.9)),
            ("S", (-1.7, 0, 1.8)),
            *(
                a
                for y in (1, -1)
                for a in [("O", (0, 1.3 * y, 3.8)), *methyl((0, 1.3 * y, 3.8), (0, 0.2 * y, 1), 1.44)]
            ),
        ],
        "AuH2PS2",
    ),
    "halide": ([("Cl", (0, 0, 2.3))], "AuCl"),
    "hydride": ([("H", (0, 0, 1.6))], "AuH"),
    "sulfide of a file with other sulfur": (
        [("S", (0, 0, 2.2)), ("S", (0, 0, -2.3)), *methyl((0, 0, -2.3), (1, 0, -0.3), 1.82)],
        "AuHS2",
    ),
    "sulfate": (
        [
            ("S", (0, 0, 3.3)),
            ("O", (0, 0, 2.0)),
            ("O", (1.4, 0, 3.8)),
            ("O", (-0.7, 1.2, 3.8)),
            ("O", (-0.7, -1.2, 3.8)),
        ],
        "AuO4S",
    ),
}


def on_gold(ligand: Atoms, charge: int | None = None) -> Cluster:
    symbols, positions = zip(("Au", (0.0, 0.0, 0.0)), *ligand, strict=True)
    return Cluster(numbers=[NUMBERS[s] for s in symbols], positions=np.array(positions), charge=charge)  # type: ignore[arg-type]


def check_rules(cluster: Cluster, result: Capped) -> None:
    """What holds of every capped cluster whose file lacks no hydrogen."""
    model = result.cluster
    assert model.charge == cluster.charge
    assert model.multiplicity == cluster.multiplicity
    assert (int(model.numbers.sum()) - int(cluster.numbers.sum())) % 2 == 0
    kept = result.origin >= 0
    assert (model.positions[kept] == cluster.positions[result.origin[kept]]).all()
    assert (model.numbers[kept] == cluster.numbers[result.origin[kept]]).all()
    assert (model.numbers[~kept] == 1).all()
    assert (result.owner[kept] == result.origin[kept]).all()
    assert set(result.owner.tolist()) == set(result.origin[kept].tolist())
    bond = np.linalg.norm(model.positions - cluster.positions[result.owner], axis=1)
    assert (bond[~kept] < 1.7).all(), "a hydrogen that was added belongs to the atom it is on"
    assert set(np.flatnonzero(is_metal(cluster.numbers))) <= set(result.origin.tolist())
    distance = np.linalg.norm(model.positions[:, None] - model.positions[None], axis=2) + 9 * np.eye(len(model))
    near = np.sort(distance[~kept], axis=1)
    assert (near[:, 1] > CLOSEST_CAP).all()
    assert capped(Anatomy(model)).cluster is model


@pytest.mark.parametrize("name", LIGANDS)
def test_every_class_is_cut_down_to_what_binds(name: str) -> None:
    atoms, expected = LIGANDS[name]
    cluster = on_gold(atoms, charge=0)
    result = capped(Anatomy(cluster))
    assert result.cluster.formula == expected
    assert not [w for w in result.warnings if "kept whole" in w]
    check_rules(cluster, result)


@pytest.mark.parametrize("name", sorted(GROUPS_OF))
def test_every_ligand_that_can_be_built_is_capped(name: str) -> None:
    donor, groups = GROUPS_OF[name]
    metal = np.array([[0.0, 0.0, -2.0 if donor == "C" else -2.4]])
    symbols, points = place(donor, groups, np.zeros(3), metal, Surroundings(metal, np.array([1.66])))
    cluster = Cluster(numbers=[79, *(NUMBERS[s] for s in symbols)], positions=np.vstack([metal, points]))  # type: ignore[arg-type]
    result = capped(Anatomy(cluster))
    assert len(result.cluster) <= 5
    check_rules(cluster, result)


def test_a_methylene_between_two_phosphines_stays() -> None:
    atoms: Atoms = [
        ("P", (1.5, 0, 2.0)),
        ("C", (0, 0, 3.05)),
        ("P", (-1.5, 0, 2.0)),
        ("H", (0, 0.9, 3.66)),
        ("H", (0, -0.9, 3.66)),
    ]
    for x in (1.5, -1.5):
        for y in (1.0, -1.0):
            atoms += methyl((x, 0, 2.0), (0.6 * np.sign(x), y, 0.3), 1.83)
    cluster = on_gold(atoms, charge=1)
    result = capped(Anatomy(cluster))
    assert result.done == {"C5H14P2 -> CH6P2": 1}
    check_rules(cluster, result)


def test_an_unknown_ligand_is_kept_whole_and_said_so() -> None:
    ethene: Atoms = [("C", (0.7, 0, 2.3)), ("C", (-0.7, 0, 2.3))]
    ethene += [("H", (x, y, 2.5)) for x in (1.24, -1.24) for y in (0.93, -0.93)]
    cluster = on_gold(ethene)
    result = capped(Anatomy(cluster))
    assert result.cluster is cluster
    assert result.warnings == ("1 x C2H4: bonded side-on: kept whole.",)


def test_a_charged_group_is_not_lost() -> None:
    """Without its proton, p-MBA has other electrons than a thiolate: it stays as it is."""
    groups = GROUPS_OF["p-MBA"][1]
    metal = np.array([[0.0, 0.0, -2.4]])
    symbols, points = place("S", groups, np.zeros(3), metal, Surroundings(metal, np.array([1.66])))
    cluster = Cluster(numbers=[79, *(NUMBERS[s] for s in symbols)], positions=np.vstack([metal, points]))  # type: ignore[arg-type]
    oxygens = cluster.positions[cluster.numbers == 8]
    to_oxygen = np.linalg.norm(cluster.positions[:, None] - oxygens[None], axis=2).min(axis=1)
    proton = int(np.where(cluster.numbers == 1, to_oxygen, np.inf).argmin())
    bare = Cluster(
        numbers=np.delete(cluster.numbers, proton),
        positions=np.delete(cluster.positions, proton, axis=0),
        charge=0,
    )
    result = capped(Anatomy(bare))
    assert result.cluster is bare
    assert result.warnings == ("1 x C7H4O2S: no part of it has the same electrons: kept whole.",)


def bridged(metals: int) -> Cluster:
    angle = 2 * np.pi * np.arange(metals) / metals
    around = np.column_stack([1.7 * np.cos(angle), 1.7 * np.sin(angle), np.full(metals, -1.6)])
    return Cluster(numbers=[16, *[79] * metals], positions=np.vstack([np.zeros(3), around]))  # type: ignore[arg-type]


@pytest.mark.parametrize(("metals", "hydrogens"), [(1, 1), (2, 1), (3, 1), (4, 0)])
def test_bare_sulfur_is_a_thiolate_up_to_three_metals_unless_declared(metals: int, hydrogens: int) -> None:
    cluster = bridged(metals)
    alone, declared = capped(Anatomy(cluster)), capped(Anatomy(cluster), declare={"S": "thiolate"})
    assert alone.cluster.composition.get("H", 0) == hydrogens
    assert bool(alone.warnings) == bool(hydrogens)
    assert declared.cluster.composition["H"] == 1
    assert declared.warnings == ()
    hydrogen = declared.cluster.positions[-1]
    assert np.linalg.norm(hydrogen - cluster.positions[1:], axis=1).min() > 2.3
    assert np.linalg.norm(hydrogen) == pytest.approx(1.35)


def test_what_the_source_declares_counts() -> None:
    cluster = bridged(4).replace(declared_ligands=("S:thiolate",))
    result = capped(Anatomy(cluster))
    assert result.cluster.formula == "Au4HS"
    assert capped(Anatomy(result.cluster)).cluster is result.cluster


@given(
    order=st.permutations(range(len(LIGANDS["dithiocarbamate"][0]) + 1)),
    turn=st.floats(0, 6.28),
    shift=st.tuples(*[st.floats(-5, 5)] * 3),
)
def test_turning_and_renumbering_change_nothing(order: list[int], turn: float, shift: tuple[float, ...]) -> None:
    cluster = on_gold(LIGANDS["dithiocarbamate"][0], charge=0)
    turned = cluster.positions @ np.array(
        [[np.cos(turn), -np.sin(turn), 0], [np.sin(turn), np.cos(turn), 0], [0, 0, 1.0]]
    )
    moved = Cluster(numbers=cluster.numbers[order], positions=(turned + shift)[order], charge=0)
    one, other = capped(Anatomy(cluster)), capped(Anatomy(moved))
    assert one.done == other.done

    def distances(c: Cluster) -> np.ndarray:
        return np.sort(np.linalg.norm(c.positions[:, None] - c.positions[None], axis=2).ravel())

    assert np.allclose(distances(one.cluster), distances(other.cluster), atol=1e-6)


@pytest.mark.parametrize("name", ["m25-thiolate", "m11-phosphine", "m4-phosphine"])
def test_frameworks_come_down_to_their_small_ligands(name: str) -> None:
    cluster = build(name, r="Me")
    result = capped(Anatomy(cluster))
    assert result.cluster.composition.get("C", 0) == 0
    assert result.whole_atoms == len(cluster)
    check_rules(cluster, result)


def test_the_crystal_of_au25_becomes_au25_sh_18(shared_data: Path) -> None:
    cluster = mlcluster.read(shared_data / "cod" / "1540567.cif")[0].cluster
    result = capped(Anatomy(cluster))
    assert result.cluster.formula == "Au25H18S18"
    assert result.done == {"C8H9S -> HS": 18}
    check_rules(cluster, result)
