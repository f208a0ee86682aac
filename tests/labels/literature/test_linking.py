from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from mlcluster.chem.cluster_formula import parse_cluster_formula
from mlcluster.chem.elements import NUMBERS
from mlcluster.data import model_structures
from mlcluster.errors import InputError
from mlcluster.labels.literature import clusters, pairs
from mlcluster.labels.literature.linking import link, link_cluster
from mlcluster.structure.cluster import Cluster

# Heavy atoms of thiolates, sulfur first, angstrom: enough for bonds to be found.
_RING = [(1.39 * np.cos(k * np.pi / 3), 1.39 * np.sin(k * np.pi / 3), 0.0) for k in range(6)]
_EDGE = 0.889  # half the edge of the cube that adamantane fits in
_CAGE = [(x, y, z) for x in (-1, 1) for y in (-1, 1) for z in (-1, 1) if x * y * z > 0]
_CAGE += [tuple(2 * sign * np.eye(3, dtype=int)[axis]) for axis in range(3) for sign in (-1, 1)]
_CAGE = [tuple(_EDGE * np.array(point)) for point in _CAGE]
SKELETONS = {
    "PET": [(5.3, 1.4, 0.0), (3.5, 1.4, 0.0), (2.9, 0.0, 0.0), *_RING],
    "p-MBT": [(3.16, 0.0, 0.0), *_RING, (-2.9, 0.0, 0.0)],
    "2,4-DMBT": [(3.16, 0.0, 0.0), *_RING, (-2.9, 0.0, 0.0), (1.45, 2.51, 0.0)],
    "SAdm": [tuple(np.full(3, _EDGE + 1.82 / 3**0.5)), *_CAGE],
    "2-SAdm": [tuple(np.array([2 * _EDGE, 0, 0]) + 1.82 / 3**0.5 * np.array([1, 1, -1])), *_CAGE],
}


def cluster_of(formula: str, charge: int | None, without_hydrogen: int = 0) -> Cluster:
    """Atoms of a formula far apart, but for thiolates with isomers: those are whole, each on a metal."""
    parsed = parse_cluster_formula(formula)
    elements = Counter(parsed.elements)
    elements["H"] -= without_hydrogen
    numbers: list[int] = []
    positions: list[np.ndarray] = []
    for name, count in parsed.ligands.items():
        skeleton = np.array(SKELETONS.get(name, np.zeros((0, 3))))
        for _ in range(count if len(skeleton) else 0):
            metal = skeleton[0] * (1 + 2.35 / np.linalg.norm(skeleton[0]))
            symbols = [next(iter(+Counter(parsed.metals) & elements)), "S", *["C"] * (len(skeleton) - 1)]
            elements.subtract(symbols)
            numbers += [NUMBERS[symbol] for symbol in symbols]
            positions.append(np.vstack([metal, skeleton]) + [30.0 * len(positions), 0, 0])
    rest = [NUMBERS[symbol] for symbol, n in elements.items() for _ in range(n)]
    side = int(np.ceil(len(rest) ** (1 / 3)))
    grid = np.stack(np.unravel_index(np.arange(len(rest)), (side,) * 3), axis=1) * 8.0 + [0, 0, 30.0]
    return Cluster(numbers=numbers + rest, positions=np.vstack([*positions, grid]), charge=charge, name="made")


@pytest.fixture(scope="module")
def known() -> tuple:
    return clusters(), pairs()


@pytest.mark.parametrize(
    ("formula", "charge", "record"),
    [
        ("[Au21(SAdm)12(PPh2py)3]", 1, "Au21_SAdm12_PPh2py3"),
        ("[Au22(SAdm)12(PPh2py)4]", 2, "Au22_SAdm12_PPh2py4"),
        ("[Au25(PET)18]", -1, "Au25_PET18_m1"),
        ("[Au25(PET)18]", 0, "Au25_PET18_0"),
        ("[Cu6(mtt)6]", 0, "Cu6_mtt6"),
    ],
)
def test_metals_ligands_and_charge_decide(formula: str, charge: int, record: str, known: tuple) -> None:
    found = link_cluster(cluster_of(formula, charge), *known)
    assert (found["status"], found["record"]) == ("matched", record)
    assert "charge" in found["reason"] and "ligands" in found["reason"]
    assert found["candidates"][0]["agrees"] == ["metals", "ligands by their atoms", f"charge {charge:+d}"]


@pytest.mark.parametrize(
    ("formula", "record", "status"),
    [
        ("[Au52(p-MBT)32]", "Au52_pMBT32", "matched"),
        ("[Au18(2,4-DMBT)14]", "Au18_DMBT14", "matched"),
        ("[Au14(2-SAdm)9(dppe)2]", "Au14_SAdm9_dppe2", "matched"),
        ("[Au14(SAdm)9(dppe)2]", "Au14_SAdm9_dppe2", "unmatched"),
    ],
)
def test_isomeric_ligands_are_told_apart_by_their_skeleton(
    formula: str, record: str, status: str, known: tuple
) -> None:
    charge = 1 if "dppe" in formula else 0
    found = link_cluster(cluster_of(formula, charge), *known)
    assert (found["status"], found["record"]) == (status, record if status == "matched" else None)
    assert status == "matched" or record in found["reason"]


def test_cages_that_no_skeleton_tells_apart_stay_open(known: tuple) -> None:
    found = link_cluster(cluster_of("[Ag17(o1-CBT)12]", -3), *known)
    assert (found["status"], found["record"]) == ("possible", None)
    assert "which of m9-CBT, o1-CBT, o9-CBT" in found["reason"]


def test_isomers_are_not_told_apart(known: tuple) -> None:
    found = link_cluster(cluster_of("[Au13Ag12(PPh3)10Cl8]", 1), *known)
    assert (found["status"], found["record"]) == ("ambiguous", None)
    kernels = {candidate["cluster_id"]: candidate["kernel"] for candidate in found["candidates"]}
    assert set(kernels) == {"Au13Ag12_PPh3_10_Cl8_E", "Au13Ag12_PPh3_10_Cl8_S"}
    assert "eclipsed" in kernels["Au13Ag12_PPh3_10_Cl8_E"]


def test_a_known_isomer_without_a_row_is_not_forgotten(known: tuple) -> None:
    found = link_cluster(cluster_of("Au38(PET)24", 0), *known)
    assert (found["status"], found["record"]) == ("ambiguous", None)
    assert "Au38_PET24_T" in found["reason"]


def test_an_unknown_charge_leaves_the_charge_states_open(known: tuple) -> None:
    found = link_cluster(cluster_of("[Au25(PET)18]", None), *known)
    assert found["status"] == "ambiguous"
    assert {"Au25_PET18_m1", "Au25_PET18_0", "Au25_PET18_p1"} <= {c["cluster_id"] for c in found["candidates"]}
    assert "charge of the structure" in found["reason"]
    single = link_cluster(cluster_of("[Cu6(mtt)6]", None), *known)
    assert (single["status"], single["record"]) == ("possible", None)
    assert "not known: charge of the structure" in single["reason"]


def test_an_assumed_charge_rules_nothing_out(known: tuple) -> None:
    found = link_cluster(cluster_of("[Au22(SAdm)12(PPh2py)4]", 0), *known, charge_assumed=True)
    assert (found["status"], found["record"]) == ("possible", None)
    assert [candidate["cluster_id"] for candidate in found["candidates"]] == ["Au22_SAdm12_PPh2py4"]
    both = link_cluster(cluster_of("[Au13Ag12(PPh3)10Cl8]", 0), *known, charge_assumed=True)
    assert both["status"] == "ambiguous" and len(both["candidates"]) == 2
    # Where a neutral record exists, it comes first.
    neutral = link_cluster(cluster_of("[Au25(PET)18]", 0), *known, charge_assumed=True)
    assert neutral["candidates"][0]["cluster_id"] == "Au25_PET18_0"


def test_missing_hydrogen_is_said(known: tuple) -> None:
    found = link_cluster(cluster_of("[Au22(SAdm)12(PPh2py)4]", 2, without_hydrogen=16), *known)
    assert found["status"] == "matched"
    assert "16 hydrogen atoms missing" in found["reason"]


@pytest.mark.parametrize(
    ("formula", "charge", "reason"),
    [
        ("[Au21(SAdm)12(PPh2py)3]", 3, "other charge states only: Au21_SAdm12_PPh2py3 (+1)"),
        ("[Au21(CHT)12(dppm)2]", 1, "other ligands, or none stated: Au21_SAdm15"),
        ("[Au11(PPh3)7Cl3]", 0, "no record has these metals"),
    ],
)
def test_no_match_says_what_is_near(formula: str, charge: int, reason: str, known: tuple) -> None:
    found = link_cluster(cluster_of(formula, charge), *known)
    assert (found["status"], found["candidates"]) == ("unmatched", [])
    assert reason in found["reason"]


def test_a_class_of_ligands_is_possible_at_most(known: tuple) -> None:
    models = [c for c in model_structures().values() if c.composition.get("Au") == 25 and c.composition.get("S") == 18]
    found = link_cluster(models[0], *known)
    assert found["record"] is None and found["status"] in {"possible", "ambiguous"}
    assert {"Au25_SR18_m1_generic", "Au25_SR18_-1"} == {c["cluster_id"] for c in found["candidates"]}
    assert "which ligand, as the record names a class" in found["reason"]


def test_a_real_crystal_and_a_broken_file(shared_data: Path, tmp_path: Path) -> None:
    (tmp_path / "deeper").mkdir()
    (tmp_path / "deeper" / "Au25.cif").write_bytes((shared_data / "cod" / "1540567.cif").read_bytes())
    (tmp_path / "broken.cif").write_text("data_broken\n", encoding="utf-8")
    broken, crystal = link(tmp_path)
    assert "error" in broken
    # Its charge is taken as 0: the crystal names none, and an ion may have been left out.
    assert (crystal["status"], crystal["record"]) == ("possible", None)
    assert [candidate["cluster_id"] for candidate in crystal["candidates"]] == ["Au25_PET18_0"]
    assert "no counter-ion was found" in crystal["reason"]
    stated = link(tmp_path, charges={tmp_path / "deeper" / "Au25.cif": -1})[1]
    assert (stated["status"], stated["record"]) == ("matched", "Au25_PET18_m1")


def test_an_empty_directory_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no crystal structure"):
        link(tmp_path)
