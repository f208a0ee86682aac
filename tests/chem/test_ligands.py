from __future__ import annotations

import csv
from collections import Counter

import pytest

from mlcluster.chem.ligands import LIGANDS, SPELLINGS, LigandDefinition, find_ligand
from mlcluster.errors import InputError
from mlcluster.resources import dataset_dir

# Neutral molecule a ligand comes from: its molar mass (g/mol), as printed by suppliers.
MASSES = {
    "PET": 138.23, "SAdm": 168.30, "SG": 307.32, "TBBT": 166.28, "p-MBA": 154.19, "CHT": 116.22, "1,2-BDT": 142.24,
    "PPh3": 262.29, "PPh2py": 263.28, "dppm": 384.39, "dppe": 398.42, "Hdppa": 385.38, "DIPAMP": 458.47,
    "dcpm": 408.58, "dpmp": 506.49, "tBuPA": 158.24, "PA": 102.13, "CZ-PrA": 205.26, "ethisterone": 312.45,
    "o9-CBT": 176.29, "cyclen": 172.27, "beta-CD": 1134.98, "TFA": 114.02,
}  # fmt: skip
WEIGHTS = {"H": 1.008, "B": 10.81, "C": 12.011, "N": 14.007, "O": 15.999, "F": 18.998, "P": 30.974, "S": 32.06}


@pytest.mark.parametrize("abbreviation", MASSES)
def test_the_formula_as_bound_is_the_molecule_without_its_protons(abbreviation: str) -> None:
    ligand = LIGANDS[abbreviation]
    assert ligand.elements is not None
    mass = sum(WEIGHTS[element] * count for element, count in ligand.elements.items()) - ligand.charge * WEIGHTS["H"]
    assert mass == pytest.approx(MASSES[abbreviation], abs=0.1)


def test_every_ligand_of_the_table_is_known() -> None:
    with open(dataset_dir("literature") / "measurements.csv", encoding="utf-8", newline="") as handle:
        cells = [cell for row in csv.DictReader(handle) for cell in row["ligands"].split("|") if cell]
    names = {cell.split(";")[0] for cell in cells}
    assert len(names) > 90
    assert {find_ligand(name).kind for name in names} >= {"thiolate", "phosphine", "halide", "alkynyl", "carbene"}


def test_no_spelling_means_two_ligands() -> None:
    spellings = Counter(s for x in LIGANDS.values() for s in {x.abbreviation, x.name, *x.aliases})
    assert [spelling for spelling, count in spellings.items() if count > 1] == []
    assert set(spellings) == set(SPELLINGS)


@pytest.mark.parametrize("ligand", LIGANDS.values(), ids=LIGANDS)
def test_no_ligand_contradicts_its_own_formula(ligand: LigandDefinition) -> None:
    assert ligand.charge <= 0 <= ligand.denticity
    donors = {"thiolate": "S", "phosphine": "P", "alkynyl": "C", "selenolate": "Se"}.get(ligand.kind)
    if ligand.elements is not None and donors is not None:
        assert ligand.elements[donors] >= 1
        # A closed-shell ligand has an even number of electrons.
        electrons = {"H": 1, "B": 5, "C": 6, "N": 7, "O": 8, "F": 9, "P": 15, "S": 16, "Br": 35, "I": 53, "Se": 34}
        assert (sum(electrons[e] * n for e, n in ligand.elements.items()) - ligand.charge) % 2 == 0


@pytest.mark.parametrize(("wrong", "near"), [("TBTT", "TBBT"), ("PPh4", "PPh3"), ("SAdmm", "SAdm"), ("dppee", "dppe")])
def test_an_unknown_ligand_names_the_nearest(wrong: str, near: str) -> None:
    with pytest.raises(InputError, match=f"Did you mean {near}"):
        find_ligand(wrong)
    with pytest.raises(InputError, match="unknown ligand"):
        find_ligand("")
