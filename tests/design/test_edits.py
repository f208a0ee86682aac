"""Edits: their text, their electrons, their geometry."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment

import mlcluster
import mlcluster.design as design
from mlcluster.anatomy import Anatomy
from mlcluster.anatomy.kernel import rod_of
from mlcluster.design.edits.applying import settled
from mlcluster.design.edits.change import unchanged
from mlcluster.design.edits.contacts import ImpossibleGeometryError, first_clash
from mlcluster.design.edits.host import Host
from mlcluster.design.edits.records import Filling, LigandSwap, Substitution, Twist, Vacancy, edits_text, parse_edits
from mlcluster.design.frameworks import build
from mlcluster.errors import InputError, MlclusterError, StructureError
from mlcluster.structure.cluster import Cluster

ROD = build("rod-eclipsed")
GOLD = build("m25-thiolate")
_LABELS = st.lists(st.from_regex(r"[A-Z][a-z]?[0-9]{1,3}(#2)?", fullmatch=True), min_size=1, max_size=4).map(tuple)
_EDITS = st.one_of(
    st.builds(Substitution, _LABELS, st.sampled_from(["Ag", "Pd"])),
    st.builds(Vacancy, _LABELS),
    st.builds(Filling, st.just("Au"), st.sampled_from(["PH3", "PPh(C2H4CN)2", "2,4-DMBT"]), _LABELS),
    st.builds(LigandSwap, _LABELS, st.sampled_from(["Br", "PPh2py"])),
    st.builds(Twist, st.just("Au2"), st.integers(-720, 720).map(lambda n: n / 4)),
)


def rmsd(a: Cluster, b: Cluster, *, heavy: bool = False) -> float:
    """Of atoms of the same elements, paired for the smallest sum; nothing is turned."""
    assert a.composition == b.composition
    if heavy:
        a, b = (Cluster(numbers=c.numbers[c.numbers > 1], positions=c.positions[c.numbers > 1]) for c in (a, b))
    squared = ((a.positions[:, None] - b.positions[None]) ** 2).sum(axis=2)
    squared[a.numbers[:, None] != b.numbers[None]] = 1e6
    rows, columns = linear_sum_assignment(squared)
    return float(np.sqrt(squared[rows, columns].mean()))


@given(edits=st.lists(_EDITS, max_size=4).map(tuple))
def test_text_reads_back(edits: tuple) -> None:
    assert parse_edits(edits_text(edits)) == edits


@pytest.mark.parametrize(
    "text", ["substitut Au1 -> Ag", "substitute Au1", "twist Au2 by far", "fill Au at Au1", "hello"]
)
def test_what_is_no_edit_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="not an edit"):
        parse_edits(text)


@pytest.mark.parametrize("form", ["xyz", "cif"])
def test_a_file_gives_charge_and_edits_back(tmp_path: Path, form: str) -> None:
    made = design.apply_edits(ROD, parse_edits("substitute Au1 -> Pd; vacancy Au3; twist Au2 by 12"))
    path = tmp_path / f"one.{form}"
    path.write_text(made.to_cif() if form == "cif" else made.to_xyz())
    (result,) = mlcluster.read(path)
    again = result.cluster
    assert (again.charge, again.multiplicity) == (made.charge, made.multiplicity) == (-1, 1)
    assert again.source.parent == ROD.name
    edits = parse_edits(again.source.edits or "")
    assert rmsd(design.apply_edits(ROD, edits), made) == 0.0
    assert again.labels == made.labels


@pytest.mark.parametrize(
    ("edits", "charge", "kept"),
    [
        # [Au13Ag12(PH3)10Cl8]+, 16 electrons: Pd brings none, Hg two, a halide takes one.
        ("substitute Au1 -> Pd", 0, 15),
        ("substitute Ag1 Ag2 -> Hg", 3, 18),
        ("vacancy Au3", 0, 15),
        ("vacancy Ag1", 1, 16),
        ("swap Cl1 -> Br", 1, 16),
        ("swap P1 -> PPh2py", 1, 16),
        ("swap P1 -> SH", 0, 15),
        ("twist Au2 by 6", 1, 16),
    ],
)
def test_the_charge_follows_or_stays(edits: str, charge: int, kept: int) -> None:
    follows = design.apply_edits(ROD, parse_edits(edits))
    stays = design.apply_edits(ROD, parse_edits(edits), keep="charge")
    assert (follows.charge, Anatomy(follows).valence_electrons) == (charge, 16)
    assert (stays.charge, Anatomy(stays).valence_electrons) == (1, kept)
    # The count and the number of all electrons are odd together; an odd number is at least a doublet.
    assert (stays.n_electrons or 0) % 2 == kept % 2
    assert (follows.multiplicity, stays.multiplicity) == (1, 2 if kept % 2 else 1)


def test_an_unknown_charge_stays_unknown() -> None:
    made = design.apply_edits(ROD.replace(charge=None, multiplicity=None), parse_edits("substitute Au1 -> Pd"))
    assert made.charge is None
    assert made.multiplicity is None


def test_a_metal_without_a_valence_needs_the_charge_kept() -> None:
    with pytest.raises(InputError, match="--keep charge"):
        design.apply_edits(ROD, parse_edits("substitute Au1 -> Fe"))
    assert design.apply_edits(ROD, parse_edits("substitute Au1 -> Fe"), keep="charge").charge == 1


def test_a_ligand_moves_by_the_difference_of_the_radii() -> None:
    host = Host(ROD)
    metal = host.metal("Au3")
    (ligand,) = host.held[metal]
    donor = host.ligands[ligand].donors[0]
    before = np.linalg.norm(ROD.positions[donor] - ROD.positions[metal])
    made = design.apply_edits(ROD, [Substitution(("Au3",), "Ag")])
    after = np.linalg.norm(made.positions[donor] - made.positions[metal])
    assert after - before == pytest.approx(1.45 - 1.36)  # Cordero's radii of silver and gold


@pytest.mark.parametrize(
    ("parent", "site"),
    [("rod-eclipsed", "Au3"), ("rod-staggered", "Ag1"), ("rod-thiolate", "Au5"), ("m13-phosphine", "Au3")],
)
def test_a_vacancy_filled_again_is_the_parent(parent: str, site: str) -> None:
    cluster = build(parent)
    vacant = design.apply_edits(cluster, [Vacancy((site,))])
    host = Host(cluster)
    (ligand,) = host.held[host.metal(site)]
    metal = cluster.symbols[host.metal(site)]
    first = next(iter(design.fill(vacant, metal=metal, ligand=host.ligand_names[ligand]))).cluster
    assert (first.formula, first.charge, first.multiplicity) == (cluster.formula, cluster.charge, cluster.multiplicity)
    assert rmsd(first, cluster, heavy=True) < 0.05
    assert rmsd(first, cluster) < 0.12


def test_the_central_vacancy_of_the_rod_is_its_known_partner() -> None:
    """[Au25(PR3)10(SR)5Cl2]2+ without its shared atom is [Au24(PR3)10(SR)5Cl2]+, 16 electrons both."""
    (made,) = design.vacancy("rod-thiolate", sites="Au1")
    partner = build("rod-vacancy")
    assert (made.cluster.formula, made.cluster.charge) == (partner.formula, partner.charge)
    assert made.valence_electrons == 16
    assert rmsd(made.cluster, partner) < 0.1


def test_a_large_ligand_comes_back_as_it_stands_on_the_other_metals() -> None:
    labels = tuple(
        label for label, name in zip(Host(ROD).ligand_labels, Host(ROD).ligand_names, strict=True) if name == "PH3"
    )
    cluster = design.apply_edits(ROD, [LigandSwap(labels, "PPh3")])
    vacant = design.apply_edits(cluster, [Vacancy(("Au3",))])
    first = next(iter(design.fill(vacant, metal="Au", ligand="PPh3"))).cluster
    assert (first.formula, first.charge) == (cluster.formula, cluster.charge)
    assert rmsd(first, cluster) < 0.5


def test_a_ligand_the_cluster_does_not_have_is_built() -> None:
    vacant = design.apply_edits(ROD, [Vacancy(("Au3",))])
    first = next(iter(design.fill(vacant, metal="Cu", ligand="PMe3"))).cluster
    assert (first.formula, first.charge) == ("C3H36Ag12Au12Cl8CuP10", 1)
    assert "PMe3" in Host(first).ligand_names


@pytest.mark.parametrize("degrees", [6.0, -12.0, 18.0, 36.0])
def test_a_twist_is_measured_back(degrees: float) -> None:
    made = design.apply_edits(ROD, [Twist("Au2", degrees)])
    rod = rod_of(Anatomy(made))
    assert rod is not None
    assert rod.twist == pytest.approx(degrees, abs=0.05)
    opposite = design.apply_edits(ROD, [Twist("Au8", degrees)])
    other = rod_of(Anatomy(opposite))
    assert other is not None
    assert other.twist == pytest.approx(degrees, abs=0.05)


def test_bridges_turn_by_half() -> None:
    made = design.apply_edits(ROD, [Twist("Au2", 12.0)])
    host = Host(ROD)
    bridges = [host.ligands[n].donors[0] for n, anchors in enumerate(host.anchors) if len(anchors) > 1]
    assert len(bridges) == 6
    turn = np.arctan2(made.positions[:, 1], made.positions[:, 0]) - np.arctan2(ROD.positions[:, 1], ROD.positions[:, 0])
    sign = np.sign(ROD.positions[host.metal("Au2"), 2])
    assert np.degrees(np.angle(np.exp(1j * turn[bridges]))) == pytest.approx(sign * 6.0, abs=1e-6)


@pytest.mark.parametrize(
    ("cluster", "old", "new", "formula"),
    [
        (ROD, "PH3", "PPh3", "C180H150Ag12Au13Cl8P10"),
        (ROD, "PH3", "PPh2py", "C170H140Ag12Au13Cl8N10P10"),
        (ROD, "Cl", "I", "Ag12Au13H30I8P10"),
        (GOLD, "SR", "SMe", "C18H54Au25S18"),
        (GOLD, "SH", "SC2H4Ph", "C144H162Au25S18"),
    ],
)
def test_ligands_by_name(cluster: Cluster, old: str, new: str, formula: str) -> None:
    (made,) = design.swap(cluster, of=old, to=new)
    assert (made.cluster.formula, made.cluster.charge) == (formula, cluster.charge)
    host, before = Host(made.cluster), Host(cluster)
    # Every ligand is recognised by its name, on as many metals as before, none torn or fused.
    assert Anatomy(made.cluster).valence_electrons == made.valence_electrons == Anatomy(cluster).valence_electrons
    changed = [n for n in host.ligand_names if n not in before.ligand_names]
    assert changed == [changed[0]] * before.ligand_names.count({"SR": "SH"}.get(old, old))
    assert sorted(map(len, host.anchors)) == sorted(map(len, before.anchors))


def test_bonds_grow_with_the_halide() -> None:
    host = Host(ROD)
    ((number, anchors), *_) = [
        (n, a) for n, a in enumerate(host.anchors) if len(a) == 1 and host.ligand_names[n] == "Cl"
    ]
    label = host.ligand_labels[number]
    made = design.apply_edits(ROD, [LigandSwap((label,), "I")])
    at = made.labels.index(label)
    length = np.linalg.norm(made.positions[at] - made.positions[anchors[0]])
    before = np.linalg.norm(ROD.positions[at] - ROD.positions[anchors[0]])
    assert length - before == pytest.approx(0.30, abs=1e-6)


def test_shared_groups_stay_where_they_are() -> None:
    cluster = build("m3-phosphine", r="Ph")
    made = design.apply_edits(cluster, [LigandSwap(("P1",), "PPh2py")])
    assert (made.formula, made.charge) == ("C53H44Au3NP3", 1)
    to_old = np.linalg.norm(made.positions[:, None] - cluster.positions[None], axis=2).min(axis=1)
    # One ring of ten atoms is new, its first atom on the place of the old one, the others give or take.
    assert np.count_nonzero(to_old > 1e-9) in (9, 10)
    assert to_old.max() < 0.6


def test_a_new_phenyl_ring_is_flat_and_at_the_right_distance() -> None:
    made = design.apply_edits(ROD, [LigandSwap(("P1",), "PPh3")])
    host = Host(made)
    (ligand,) = [one for one in host.ligands if one.formula == "C18H15P"]
    carbon = [a for a in ligand.atoms if made.symbols[a] == "C"]
    lengths = np.linalg.norm(made.positions[carbon] - made.positions[ligand.donors[0]], axis=1)
    assert np.sort(lengths)[:3] == pytest.approx(1.83, abs=0.02)


@pytest.mark.parametrize(
    ("edits", "complaint"),
    [
        ("substitute Au99 -> Ag", "Did you mean Au9?"),
        ("substitute P1 -> Ag", "no metal"),
        ("substitute Au1 -> Agg", "Did you mean Ag?"),
        ("swap Cl1 -> PPh2pz", "Did you mean PPh2py?"),
        ("swap Cl1 -> SG", "shape of this ligand"),
        ("swap Cl99 -> Br", "no such ligand"),
        ("fill Au PH3 at Au3 Au4 Au5", "no open site"),
        ("twist Au5 by 6", "not the centre"),
    ],
)
def test_errors_name_what_is_wrong(edits: str, complaint: str) -> None:
    with pytest.raises(MlclusterError, match=complaint.replace("?", r"\?")):
        design.apply_edits(ROD, parse_edits(edits))


def test_there_has_to_be_a_rod() -> None:
    with pytest.raises(StructureError, match="no rod to twist. Found: icosahedron"):
        design.apply_edits(GOLD, [Twist("Au1", 6.0)])


def test_a_twist_that_tears_a_bridge_is_refused() -> None:
    with pytest.raises(ImpossibleGeometryError, match=r"a bridge between the ends breaks. Found: \d\.\d\d angstrom"):
        design.apply_edits(ROD, [Twist("Au2", 90.0)])


@pytest.mark.parametrize(("distance", "clashes"), [(1.4, True), (1.6, False)])
def test_hydrogens_of_two_ligands_keep_their_distance(distance: float, clashes: bool) -> None:
    """Twice the van der Waals radius of hydrogen, 1.20 angstrom, times 0.62 is 1.49 angstrom."""
    points = np.array([[0.0, 0, 0], [0, 0, distance]])
    moved, donor = np.array([True, False]), np.zeros(2, dtype=bool)
    found = first_clash(np.array([1, 1]), points, moved, np.array([0, 1]), donor)
    assert (found is not None) is clashes
    assert first_clash(np.array([1, 1]), points, ~moved & moved, np.array([0, 1]), donor) is None


def test_a_fused_ligand_is_refused() -> None:
    """Two hydrogens of different phosphines pushed into each other, as a swap without room would leave them."""
    host = Host(ROD)
    change = unchanged(host)
    first, second = (next(a for a in ligand.atoms if ROD.symbols[a] == "H") for ligand in host.ligands[-2:])
    change.positions[second] = change.positions[first] + (0.9, 0, 0)
    change.moved[second] = True
    with pytest.raises(ImpossibleGeometryError, match="too near"):
        settled(host, change, Substitution(("Au1",), "Au"))


def test_a_ligand_with_two_donors_is_not_swapped() -> None:
    cluster = build("m13-diphosphine")
    with pytest.raises(StructureError, match="several donors"):
        design.apply_edits(cluster, [LigandSwap((Host(cluster).ligand_labels[2],), "PPh3")])
