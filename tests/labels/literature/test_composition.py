from __future__ import annotations

import pytest

from mlcluster.errors import DataError, InputError
from mlcluster.labels.literature import clusters
from mlcluster.labels.literature.composition import (
    composition_of,
    ligands_in,
    recount_electrons,
    same_ligands,
)
from mlcluster.labels.literature.table import Row


def row(formula: str, **cells: str) -> Row:
    return Row(2, {"formula": formula, **cells})


@pytest.mark.parametrize(
    ("formula", "electrons"),
    [
        ("[Au25(PET)18]-", 8),
        ("[Au25(PET)18]0", 7),
        ("[Au13Ag12(PPh3)10Cl8]+", 16),
        ("[Au21(SAdm)12(PPh2py)3]+", 8),
        ("[Au22(SAdm)12(PPh2py)4]2+", 8),
        ("[Au38S2(SAdm)20]0", 14),
        ("[Ag14(1,2-BDT)6(PPh3)8]0", 2),
        ("[PdAu24(SR)18]0", 6),
        ("[IrAu12(dppe)5Cl2]+", 8),
        ("[Ag36(SPhtBu)24(CF3CO2)6(OH)2(SO4)2]0", 0),
    ],
)
def test_electrons_as_published(formula: str, electrons: int) -> None:
    assert recount_electrons(composition_of(row(formula))).count == electrons


def test_electrons_that_cannot_be_counted_say_why() -> None:
    assert "charge not stated: 7 less" in recount_electrons(composition_of(row("Au25(PET)18"))).note
    assert "Ru" in recount_electrons(composition_of(row("[Ru@Au12(dppm)6]2+"))).note
    assert "number of Cl" in recount_electrons(composition_of(row("words", metals="Au13", ligands="NHC;9|Cl"))).note


def test_stated_and_counted_electrons_of_the_table_disagree_for_one_compound() -> None:
    counts = {name: (c.electrons, recount_electrons(c.composition)) for name, c in clusters().items()}
    both = {name: pair for name, pair in counts.items() if pair[0] is not None and pair[1].count is not None}
    assert len(both) == 91
    assert [name for name, (stated, counted) in both.items() if stated != counted.count] == []
    stated, counted = counts["Ag152_PET60"]
    assert (stated, counted.count, sum(counted.terms.values())) == (90, None, 92)


def test_columns_stand_in_where_the_formula_is_words() -> None:
    found = composition_of(row("(18C6@S/R-CHEA)2Cu4Br6", metals="Cu4", ligands="Br;6", charge="-2"))
    assert (found.metals, found.ligands, found.charge, found.complete) == ({"Cu": 4}, {"Br": 6}, -2, True)
    assert "unknown ligand" in found.unread
    vague = composition_of(row("Au144-xAgx(PET)60", metals="Au144-xAgx (x=30-53)", ligands="PET;60"))
    assert vague.metals is None and not vague.complete and vague.elements is None


def test_the_column_names_the_ligand_that_a_formula_abbreviates() -> None:
    record = clusters()["Cu3I3_Cu3L3_2_pseudoisomer1"]
    assert record.composition.metals == {"Cu": 9}
    assert recount_electrons(record.composition).count == 0


def test_the_column_is_more_specific_than_the_formula() -> None:
    assert clusters()["Au28_BDT4_PPh3_9"].composition.ligands == {"1,3-BDT": 4, "PPh3": 9}


def test_a_formula_that_leaves_ligands_out_does_not_complete_the_column() -> None:
    assert not clusters()["Au9Cu6_CCPh12_dialkynediphos_n1"].composition.complete


def test_lattice_water_is_no_ligand() -> None:
    assert ligands_in("3-dppmapz;2|H2O;2 (lattice/coordinated)") == {"3-dppmapz": 2}


@pytest.mark.parametrize("cell", ["PET;x", "PET;0", "PET;-1", "PET;18|SC2H4Ph;2"])
def test_ligand_cells_that_are_wrong(cell: str) -> None:
    with pytest.raises(DataError):
        ligands_in(cell)
    with pytest.raises(InputError, match="Did you mean TBBT"):
        ligands_in("TBTT;2")


@pytest.mark.parametrize(
    ("a", "b", "same"),
    [
        ({"PET": 18}, {"PET": 18}, True),
        ({"SR": 18}, {"PET": 18}, True),
        ({"SR": 18}, {"PPh3": 18}, False),
        ({"SG": 18}, {"SG-mod": 18}, False),
        ({"o9-CBT": 4}, {"m9-CBT": 4}, False),
        ({"BDT": 4, "PPh3": 9}, {"1,3-BDT": 4, "PPh3": 9}, True),
        ({"BDT": 4}, {"PDT": 4}, False),
        ({"Cl": 8}, {"Br": 8}, False),
    ],
)
def test_when_two_lists_may_mean_the_same(a: dict[str, int], b: dict[str, int], same: bool) -> None:
    assert same_ligands(a, b) is same_ligands(b, a) is same
