from __future__ import annotations

import numpy as np
import pytest

from mlcluster.anatomy import Anatomy
from mlcluster.chem.cluster_formula import parse_cluster_formula
from mlcluster.chem.ligands import LIGANDS
from mlcluster.data import model_structures
from mlcluster.labels.conditions import parse_medium
from mlcluster.labels.literature import clusters
from mlcluster.levels.formula.features import DESCRIPTORS, SETS, describe
from mlcluster.levels.formula.formula_record import CLASSES, record_of_cluster, record_of_composition, record_of_formula


def _described(text: str, **conditions) -> dict[str, float]:
    record = record_of_formula(parse_cluster_formula(text), **conditions)
    return dict(zip(DESCRIPTORS, describe([record])[0].tolist(), strict=True))


def test_counts_the_rod_by_hand():
    # 13 Au + 12 Ag - 8 Cl - 1 = 16 electrons; 10 P and 8 Cl are 18 donors on 25 metals; 18 is two electrons away.
    rod = _described("[Au13Ag12(PPh3)10Cl8]+")

    assert rod["log2 metal atoms"] == pytest.approx(np.log2(25))
    assert rod["share of Ag"] == rod["share of minority metals"] == pytest.approx(12 / 25)
    assert rod["charge per metal"] == pytest.approx(1 / 25)
    assert rod["electrons per metal"] == pytest.approx(16 / 25)
    assert rod["distance to a closed shell"] == pytest.approx(2 / 4)
    assert rod["donors per metal"] == pytest.approx(18 / 25)
    assert rod["share of phosphine"] == pytest.approx(10 / 18)
    assert rod["share of halide"] == pytest.approx(8 / 18)
    assert rod["log2 carbon atoms a ligand"] == pytest.approx(np.log2(18))
    assert rod["hydrogen per carbon"] == pytest.approx(15 / 18)


def test_isomers_and_order_of_writing_make_no_difference():
    assert _described("[Au13Ag12(PPh3)10Cl8]+") == _described("[Ag12Au13Cl8(PPh3)10]+")


def test_a_charge_that_is_not_stated_is_not_zero():
    unknown, neutral = _described("Au25(PET)18"), _described("[Au25(PET)18]0")

    assert np.isnan(unknown["charge per metal"]) and np.isnan(unknown["electrons per metal"])
    assert neutral["charge per metal"] == 0.0 and neutral["odd number of electrons"] == 1.0


def test_conditions_enter_where_they_are_stated():
    crystal = _described("[Cu6(mtt)6]", medium=parse_medium("crystal"), temperature_k=77.0)

    assert crystal["solid"] == 1.0 and crystal["below room temperature"] == pytest.approx(221 / 298)
    assert _described("[Cu6(mtt)6]")["solid"] == 0.0


def test_every_kind_of_ligand_of_the_dictionary_has_a_class():
    kinds = {ligand.kind for ligand in LIGANDS.values()} - {"host"}

    assert kinds <= {kind for kinds in CLASSES.values() for kind in kinds}


def test_every_compound_of_the_table_with_known_metals_is_described():
    records = [record_of_composition(c.composition, electrons=c.electrons) for c in clusters().values()]
    known = [record for record in records if record is not None]

    described = describe(known)

    always = [list(DESCRIPTORS).index(name) for name in ("log2 metal atoms", "share of Ag", "solid")]
    assert len(known) > 120
    assert np.isfinite(described[:, always]).all()
    assert not np.isinf(described).any()


@pytest.mark.parametrize("text", ["[Ag25(SH)18]-", "Ag14(SH)12(PH3)8", "Au11(PH3)7Cl3"])
def test_a_structure_is_described_as_its_formula(text):
    cluster = model_structures()[f"model {text}"]

    from_atoms = describe([record_of_cluster(Anatomy(cluster))])[0]
    from_text = describe([record_of_formula(parse_cluster_formula(text), charge=cluster.charge)])[0]

    np.testing.assert_allclose(from_atoms, from_text)


def test_sets_name_descriptors_that_exist():
    assert set(SETS["all"]) == set(DESCRIPTORS)
    assert all(set(names) <= set(DESCRIPTORS) for names in SETS.values())
