"""Ligands by name, number and binding."""

from __future__ import annotations

import numpy as np
import pytest

import mlcluster
from mlcluster.anatomy import Anatomy
from mlcluster.chem.elements import NUMBERS
from mlcluster.data import model_structures
from mlcluster.data.sources import nc_database


def groups_of(cluster):
    return Anatomy(cluster).ligand_groups


def test_the_e_isomer_has_its_chlorides_and_phosphines():
    chloride, phosphine = groups_of(model_structures()["E isomer model [Au13Ag12(PH3)10Cl8]+"])
    assert (chloride.name, chloride.count, chloride.binding) == ("chloride", 8, {"mu2-Cl": 5, "Cl": 2, "mu4-Cl": 1})
    assert (phosphine.abbreviation, phosphine.count, phosphine.denticity) == ("PH3", 10, 1)


def test_a_ligand_the_dictionary_does_not_know_is_called_by_its_formula():
    (unknown,) = [g for g in groups_of(model_structures()["model [Au13(H2PCH2CH2PH2)5Cl2]3+"]) if g.count == 5]
    assert (unknown.name, unknown.abbreviation) == ("C2H8P2", None)
    assert (unknown.denticity, unknown.binding) == (2, {"P,P": 5})


def test_the_crystal_of_au25_names_its_thiolate(shared_data):
    (result,) = mlcluster.read(shared_data / "cod" / "1540567.cif")
    (group,) = groups_of(result.cluster)
    assert (group.name, group.abbreviation) == ("2-phenylethanethiolate", "PET")
    assert (group.count, group.denticity, group.binding) == (18, 1, {"mu2-S": 18})


def test_isomers_of_the_dictionary_are_told_apart_by_their_graph(shared_data):
    names = {
        "au18_schex14_opt": "cyclohexanethiolate",
        "au21_sadm15_opt": "1-adamantanethiolate",
        "au20_tbbt16_opt": "4-tert-butylbenzenethiolate",
        "Ag24Au_final": "2,4-dimethylbenzenethiolate",
        "au60_s6_pmt36_opt": "phenylmethanethiolate",
        "au30_s_stbut18_opt": "2-methylpropane-2-thiolate",
    }
    found = {}
    for entry in nc_database.read(shared_data / "nc_database"):
        if entry.entry.split("/")[-1] in names:
            found[entry.entry.split("/")[-1]] = groups_of(entry.cluster)[0].name
    assert found == names


@pytest.mark.parametrize(("second_metal", "binding"), [((3.6, 0, 0), {"N,P": 1}), ((0, 9, 0), {"P": 1})])
def test_a_pyridylphosphine_bridges_or_not(second_metal, binding):
    """Diphenyl(2-pyridyl)phosphine with hydrogens left out is no match; its skeleton PCN on two metals is counted."""
    atoms = {"Au": [(0, 0, 0), second_metal], "P": [(0, 0, 2.3)], "C": [(1.7, 0, 3.0)], "N": [(2.9, 0, 2.1)]}
    numbers = [NUMBERS[e] for e, points in atoms.items() for _ in points]
    points = np.array([p for points in atoms.values() for p in points], dtype=float)
    (group,) = groups_of(mlcluster.Cluster(numbers=np.array(numbers), positions=points))
    assert group.binding == binding and group.denticity == len(next(iter(binding)).split(","))
