"""Relations and what differs, in words, where a chemist knows the answer."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from mlcluster.anatomy import Anatomy
from mlcluster.data import model_structures
from mlcluster.geometry.bonds import cluster_bonds
from mlcluster.match.core_sentences import match_sentences
from mlcluster.match.cores import match_cores
from mlcluster.match.differences import core_differences
from mlcluster.match.relation import relation_between
from tests.match.test_cores import moved

E, S = (f"{k} isomer model [Au13Ag12(PH3)10Cl8]+" for k in "ES")
ROD, VACANCY = "rod model [Au25(PH3)10(SH)5Cl2]2+", "central-vacancy rod model [Au24(PH3)10(SH)5Cl2]+"


@pytest.fixture(scope="module")
def models():
    return model_structures()


def relate(a, b):
    match = match_cores(Anatomy(a), Anatomy(b))
    return relation_between(a, b, match, None if match is None else core_differences(match))


def told(a, b):
    match = match_cores(Anatomy(a), Anatomy(b))
    return match_sentences(match, core_differences(match))


def without(cluster, atoms, **changes):
    keep = np.setdiff1d(np.arange(len(cluster)), sorted(atoms))
    labels = tuple(np.array(cluster.labels)[keep].tolist())
    return cluster.replace(
        numbers=cluster.numbers[keep], positions=cluster.positions[keep], labels=labels, multiplicity=None, **changes
    )


def unit_of(cluster, element=15):
    """One gold at a vertex with its phosphine, and the labels of the metals around it."""
    bonds = cluster_bonds(cluster.numbers, cluster.positions)
    ligand = next(x for x in Anatomy(cluster).ligands if cluster.numbers[x.donors[0]] == element)
    (metal,) = [j for j in bonds.second[bonds.first == ligand.donors[0]].tolist() if cluster.numbers[j] == 79]
    around = [cluster.labels[j] for j in bonds.second[bonds.first == metal] if cluster.numbers[j] == 79]
    return {metal, *ligand.atoms}, around


def test_relations(models):
    gold, silver = models["model [Au25(SH)18]-"], models["model [Ag25(SH)18]-"]
    assert relate(gold, moved(gold, 1)[0]).word == "identical"
    assert relate(gold, silver).word == "doping"
    assert relate(gold, gold.replace(charge=0, multiplicity=2)).word == "charge state"
    assert relate(gold, models["model [Au9(PH3)8]3+"]).word == "unrelated"
    assert relate(models[ROD], models[VACANCY]).word == "defect"
    numbers = models["model Au11(PH3)7Cl3"].numbers.copy()
    numbers[numbers == 17] = 35
    bromide = models["model Au11(PH3)7Cl3"].replace(numbers=numbers, labels=())
    assert relate(models["model Au11(PH3)7Cl3"], bromide).word == "ligand exchange"


def test_one_metal_with_its_ligand_is_named_with_its_place(models):
    whole = models["model [Au13(PH3)10Cl2]3+"]
    atoms, around = unit_of(whole)
    lacking = without(whole, atoms)
    relation = relate(lacking, whole)
    assert relation.word == "defect" and "B has 1 Au and 1" in relation.reason
    (sentence,) = [s for s in told(lacking, moved_labels(whole)) if "more" in s]
    assert sentence.startswith("B has one Au and one ") and "at the vertex next to" in sentence
    named = sentence.split("next to ")[1].rstrip(".").split(", ")
    assert sorted(named) == sorted(around)
    (back,) = [s for s in told(whole, lacking) if "more" in s]
    assert back == "A" + sentence[1:]


def test_without_ligand_bodies_nothing_is_said_to_turn(models):
    whole = models["model Au38(SH)24"]
    bare = without(whole, np.flatnonzero(whole.numbers == 1))
    shift = np.random.default_rng(0).normal(scale=0.05, size=bare.positions.shape)
    relation = relate(bare, bare.replace(positions=bare.positions + shift))
    assert (relation.word, relation.kind) == ("isomer", "distortion")
    assert "same bonds" in relation.reason and "turned" not in relation.reason
    mirrored = relate(bare, bare.replace(positions=(bare.positions + shift) * [-1.0, 1.0, 1.0]))
    assert mirrored.kind == "mirror image" and "ligands" not in mirrored.reason


def test_a_metal_at_another_site_is_nobody_s_gain(models):
    whole = models["model [Au13(PH3)10Cl2]3+"]
    gold = np.flatnonzero(whole.numbers == 79)
    centre = gold[np.argmin(np.linalg.norm(whole.positions[gold] - whole.positions[gold].mean(axis=0), axis=1))]
    chloride = np.flatnonzero(whole.numbers == 17)[0]
    vertex = gold[np.argmin(np.linalg.norm(whole.positions[gold] - whole.positions[chloride], axis=1))]
    hollow, open_vertex = without(whole, [centre, chloride]), without(whole, [vertex, chloride])
    said = told(hollow, open_vertex)
    assert any(s.startswith("B has one Au inside the kernel") and s.endswith("where A has none.") for s in said)
    assert any(s.startswith("A has one Au at the vertex") and s.endswith("where B has none.") for s in said)

    match = match_cores(Anatomy(hollow), Anatomy(open_vertex))
    found = core_differences(match)
    four = dataclasses.replace(found, units_a=found.units_a * 4, units_b=found.units_b * 4)
    assert "At four sites A has one Au where B has none, and the other way round." in match_sentences(match, four)
    five = dataclasses.replace(four, units_b=found.units_b * 5)
    assert "B has one Au more at five sites." in match_sentences(match, five)


def moved_labels(cluster):
    """The same cluster somewhere else, atoms and labels in the old order."""
    motion = np.linalg.qr(np.random.default_rng(4).normal(size=(3, 3)))[0]
    return cluster.replace(positions=cluster.positions @ motion.T + 1.0)


def test_a_ligand_missing_is_a_defect_on_its_site(models):
    whole = models["model [Au13(PH3)10Cl2]3+"]
    ligand = next(x for x in Anatomy(whole).ligands if whole.numbers[x.donors[0]] == 15)
    lacking = without(whole, ligand.atoms)
    assert relate(lacking, whole).word == "defect"
    (sentence,) = [s for s in told(lacking, whole) if "more" in s]
    bonds = cluster_bonds(whole.numbers, whole.positions)
    (metal,) = [j for j in bonds.second[bonds.first == ligand.donors[0]].tolist() if whole.numbers[j] == 79]
    assert sentence.endswith(f"more, on {whole.labels[metal]}.")


def test_what_is_said_of_the_rods(models):
    relation = relate(models[E], models[S])
    assert (relation.word, relation.kind) == ("isomer", "rotamer")
    assert "36.0 degrees" in relation.reason
    assert "two halides changed from mu2 to mu3" in " ".join(told(models[E], models[S]))
    assert any(
        "inside the kernel between 12 metals" in s and s.startswith("A has one Au more")
        for s in told(models[ROD], models[VACANCY])
    )
    assert "On the same sites 25 Au of A are Ag in B." in told(
        models["model [Au25(SH)18]-"], models["model [Ag25(SH)18]-"]
    )


def test_kinds_of_isomers(models):
    thiolate = models["model [Au25(SH)18]-"]
    hydrogens = np.flatnonzero(thiolate.numbers == 1)
    bonds = cluster_bonds(thiolate.numbers, thiolate.positions)
    turned = thiolate.positions.copy()
    for h in hydrogens[:9].tolist():
        sulfur = int(bonds.second[bonds.first == h][0])
        turned[h] = 2 * turned[sulfur] - turned[h]
    assert relate(thiolate, thiolate.replace(positions=turned)).kind == "rotamer"

    swapped = models[S].numbers.copy()
    gold, silver = np.flatnonzero(swapped == 79)[3], np.flatnonzero(swapped == 47)[0]
    swapped[[gold, silver]] = 47, 79
    assert relate(models[S], models[S].replace(numbers=swapped, labels=())).kind == "metal positions"

    from mlcluster.geometry.shapes import centred_polyhedra

    shapes = centred_polyhedra()
    ico, cubo = (
        thiolate.replace(numbers=np.full(13, 79), positions=2.8 * shapes[name], labels=(), charge=None)
        for name in ("icosahedron", "cuboctahedron")
    )
    relation = relate(ico, cubo)
    assert relation.kind == "kernel" and "icosahedron" in relation.reason and "cuboctahedron" in relation.reason


@pytest.mark.parametrize(("turn", "halves"), [(4.8, False), (5.2, True)])
def test_ends_of_a_rod_make_rotamers_from_five_degrees_on(turn, halves):
    """Crystals of one rod differ by 1 to 2 degrees of twist."""
    from mlcluster.design.frameworks import build

    relation = relate(build("rod-thiolate", twist=12.0), build("rod-thiolate", twist=12.0 + turn))
    assert relation.word == "isomer"
    assert ("turned against each other" in relation.reason) == halves


def test_another_staple_pattern_is_a_staple_isomer(models):
    cluster = models["model Au11(PH3)7Cl3"]
    bonds = cluster_bonds(cluster.numbers, cluster.positions)
    halide, donor = np.flatnonzero(cluster.numbers == 17)[0], np.flatnonzero(cluster.numbers == 15)[0]
    metals = [int(bonds.second[(bonds.first == x) & (cluster.numbers[bonds.second] == 79)][0]) for x in (halide, donor)]
    # The halide moves from its own gold onto a neighbour of it.
    positions = cluster.positions.copy()
    outward = positions[metals[0]] - positions[np.flatnonzero(cluster.numbers == 79)].mean(axis=0)
    side = np.cross(outward, [0.3, 0.5, 0.8])
    positions[halide] = positions[metals[0]] + 2.9 * side / np.linalg.norm(side) + 0.5 * outward
    assert relate(cluster, cluster.replace(positions=positions)).kind == "staple"


def test_mirror_image_of_a_chiral_cluster(models):
    chiral = models[S]
    positions = chiral.positions + np.random.default_rng(0).normal(scale=0.1, size=chiral.positions.shape)
    chiral = chiral.replace(positions=positions)
    assert relate(chiral, moved(chiral, 5, mirror=True)[0]).word == "mirror image"


def test_cores_of_opposite_hand_are_told_from_turned_ligands(models):
    from mlcluster.design.frameworks import build

    right = build("rod-thiolate", twist=15.0)
    left, _ = moved(right, 7, mirror=True)
    hydrogens = np.flatnonzero(left.numbers == 1)
    positions = left.positions.copy()
    positions[hydrogens[0]] += [0.3, 0.0, 0.0]
    relation = relate(right, left.replace(positions=positions))
    assert (relation.word, relation.kind) == ("isomer", "mirror image")
