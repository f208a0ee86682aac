from __future__ import annotations

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


def cluster_of(formula: str, charge: int | None, without_hydrogen: int = 0) -> Cluster:
    """Atoms of a formula on a wide grid: enough where composition decides."""
    elements = parse_cluster_formula(formula).elements
    assert elements is not None
    elements["H"] -= without_hydrogen
    numbers = np.repeat([NUMBERS[symbol] for symbol in elements], list(elements.values()))
    side = int(np.ceil(len(numbers) ** (1 / 3)))
    grid = np.stack(np.unravel_index(np.arange(len(numbers)), (side,) * 3), axis=1) * 8.0
    return Cluster(numbers=numbers, positions=grid, charge=charge, name="made")


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


def test_an_empty_directory_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no crystal structure"):
        link(tmp_path)
