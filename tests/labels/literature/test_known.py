from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

import mlcluster
from mlcluster.chem.cluster_formula import parse_cluster_formula
from mlcluster.errors import InputError
from mlcluster.labels.literature.additions import add
from mlcluster.labels.literature.inspection import inspect
from mlcluster.labels.literature.known import known
from mlcluster.labels.literature.known_values import value_text, values_of, values_of_formula
from mlcluster.labels.literature.nearest_compounds import Profile, differences, distance, profile_of_formula
from tests.labels.literature.test_linking import cluster_of

ROW = {"cluster", "target", "value", "unit", "method", "medium", "temperature", "doi", "flags"}


def _values(rows: list[dict], cluster: str) -> dict[str, float]:
    return {row["target"]: row["value"] for row in rows if row["cluster"] == cluster}


def test_the_example_of_the_readme_is_known():
    found = known("[Au22(SG)18]0")
    assert found["status"] == "matched"
    good = [(row["target"], value_text(row), row["medium"]) for row in found["measured"] if not row["flags"]]
    assert good == [("emission", "665 nm", "water"), ("quantum_yield", "8 %", "water")]
    assert all(row.keys() >= ROW for row in found["measured"])
    assert {row["doi"] for row in found["measured"] if not row["flags"]} == {"10.1021/ja411643u"}
    # Forms that were modified afterwards have the same formula in words, and are neighbours.
    assert [one["cluster"] for one in found["nearest"][:2]] == ["Au22_SG18_pyrene", "Au22_SG18_folate"]
    assert "functionalised" in found["nearest"][0]["differs"] and found["nearest"][0]["measured"]
    assert "665 nm (water)" in found["sentences"][0]


def test_isomers_are_listed_and_never_guessed():
    found = known("[Au13Ag12(PPh3)10Cl8]+")
    gaps = {row["kernel"].split()[-2]: row["value"] for row in found["measured"]}
    assert found["status"] == "ambiguous" and gaps == {"eclipsed": 2.17, "staggered": 1.72}
    assert all(row["flags"] == ["TOUCHSTONE"] for row in found["measured"])
    assert "2 known compounds" in found["sentences"][0]


@pytest.mark.parametrize(
    ("formula", "record", "values", "other"),
    [
        (
            "[Au21(SAdm)12(PPh2py)3]+",
            "Au21_SAdm12_PPh2py3",
            {"emission": 715, "quantum_yield": 0.131, "lifetime": 2.65},
            "Au22 in place of Au21; 4 PPh2py, not 3; charge +2, not +1",
        ),
        (
            "[Au22(SAdm)12(PPh2py)4]2+",
            "Au22_SAdm12_PPh2py4",
            {"emission": 730, "quantum_yield": 0.4763, "lifetime": 3.82},
            "Au21 in place of Au22; 3 PPh2py, not 4; charge +1, not +2",
        ),
    ],
)
def test_the_vacancy_pair_names_each_other(formula: str, record: str, values: dict, other: str):
    found = known(formula)
    assert found["status"] == "matched" and _values(found["measured"], record) == pytest.approx(values)
    assert found["nearest"][0]["differs"].startswith(other)


def test_a_charge_decides_and_an_unknown_one_leaves_all_states_open():
    assert {row["cluster"] for row in known("[Au25(PET)18]-")["measured"]} == {"Au25_PET18_m1"}
    open_charge = known("Au25(PET)18")
    assert open_charge["status"] == "ambiguous"
    assert {row["cluster"] for row in open_charge["measured"]} == {"Au25_PET18_m1", "Au25_PET18_0", "Au25_PET18_p1"}
    assert {row["cluster"] for row in known("Au25(PET)18", charge=1)["measured"]} == {"Au25_PET18_p1"}
    none = known("[Au22(SG)18]2+")
    assert none["status"] == "unmatched" and not none["measured"] and "other charge states" in none["reason"]
    assert none["nearest"][0]["cluster"] == "Au22_SG18"


def test_a_structure_is_known_by_its_atoms(tmp_path: Path):
    file = tmp_path / "cu6.cif"
    file.write_text(cluster_of("[Cu6(mtt)6]", None).replace(name="cu6").to_cif(), encoding="utf-8")
    anatomy = mlcluster.read(file, charge=0)
    rows = [row for result in anatomy for row in values_of(_anatomy(result.cluster))]
    assert all(row["cluster"] == "Cu6_mtt6" for row in rows)


def _anatomy(cluster):
    from mlcluster.anatomy import Anatomy

    return Anatomy(cluster)


def test_names_words_and_nonsense(tmp_path: Path):
    assert {row["cluster"] for row in known("Au39_PET29")["measured"]} == {"Au39_PET29"}
    words = known("10.1021/ja411643u")
    assert words["status"] == "named" and {row["cluster"] for row in words["measured"]} == {"Au22_SG18"}
    assert known("Au23")["measured"] == [] and known("Au23", nearest=2)["nearest"][0]["differs"].startswith("Au2")
    for nonsense in ("", "hello world", "x" * 5000, "a\0b"):
        with pytest.raises(InputError):
            known(nonsense)
    with pytest.raises(InputError, match="no such file"):
        known(str(tmp_path / "absent.cif"))


def test_own_measurements_stand_apart_and_touchstones_stay_out_of_training(tmp_path: Path):
    table = tmp_path / "mine.csv"
    table.write_text(
        "measurement_id,cluster_id,formula,charge,metals,ligands,emission_nm,medium,reference,flags\n"
        "o1,mine22,[Au22(SAdm)12(PPh2py)4]2+,2,Au22,SAdm;12|PPh2py;4,728,toluene,my notebook,TOUCHSTONE\n",
        encoding="utf-8",
    )
    (done,) = add(table, tmp_path / "own")
    assert done["added"] == 1, done
    found = known("[Au22(SAdm)12(PPh2py)4]2+", own=tmp_path / "own")
    mine = [row for row in found["measured"] if row["table"] == "yours"]
    assert [row["value"] for row in mine] == [728] and mine[0]["flags"] == ["TOUCHSTONE"]
    assert any("no model is trained on it" in sentence for sentence in found["sentences"])
    with pytest.raises(InputError, match="no table"):
        known("[Au22(SG)18]0", own=tmp_path)


def test_the_order_of_neighbours_does_not_ask_who_comes_first():
    texts = ("[Au25(PET)18]-", "[PdAu24(SR)18]0", "Au38(PET)24", "[Au13(dppe)5Cl2]3+")
    profiles = [profile_of_formula(parse_cluster_formula(text)) for text in texts]
    for one in profiles:
        for other in profiles:
            assert distance(one, other) == distance(other, one)
            assert distance(one, one) <= distance(one, other)


def test_nothing_that_differs_is_said_so():
    profile = Profile(metals=Counter(Au=25), ligands=Counter(PET=18), kinds={"PET": "thiolate"}, charge=-1)
    assert "nothing" in differences(profile, profile)


def test_rows_of_a_formula_that_nobody_measured_are_none():
    assert values_of_formula("[Au21(SAdm)12(PPh2py)4]+") == []


def test_inspect_says_what_is_measured_beside_the_clusters(tmp_path: Path):
    from mlcluster.data import model_structures

    file = tmp_path / "rod.cif"
    file.write_text(next(iter(model_structures().values())).to_cif(), encoding="utf-8")
    (row,) = inspect(file)
    assert row["measured"] == [] and row["clusters"]
