from __future__ import annotations

import pytest

from mlcluster.comparison.measured import measured_differences, measured_values
from mlcluster.errors import InputError
from tests.labels.literature.test_linking import cluster_of

GOLD = ("Au21_SAdm12_PPh2py3", "Au22_SAdm12_PPh2py4")
ES = ("Au13Ag12_PPh3_10_Cl8_E", "Au13Ag12_PPh3_10_Cl8_S")


@pytest.fixture(scope="module")
def gold() -> tuple:
    return cluster_of("[Au21(SAdm)12(PPh2py)3]", 1), cluster_of("[Au22(SAdm)12(PPh2py)4]", 2)


def test_the_right_records_of_both_published_pairs_pass(gold: tuple) -> None:
    steps = {row["target"]: row["difference"] for row in measured_differences(measured_values(*gold, GOLD))}
    assert steps["emission"] == 15 and steps["quantum_yield"] == pytest.approx(0.3453)
    rod = cluster_of("[Au13Ag12(PPh3)10Cl8]", 1)
    (gap,) = measured_differences(measured_values(rod, rod, ES))
    assert gap["difference"] == pytest.approx(-0.45)


def test_swapped_records_are_an_error(gold: tuple) -> None:
    with pytest.raises(InputError, match=r"swapped(.|\n)*Au21_SAdm12_PPh2py3 Au22_SAdm12_PPh2py4"):
        measured_values(*gold, GOLD[::-1])


@pytest.mark.parametrize("records", [(ES[0], None), (None, ES[0]), (GOLD[0], "Au22_SG18"), ("Au21_SAdm15", GOLD[1])])
def test_a_record_of_another_cluster_is_an_error(records: tuple, gold: tuple) -> None:
    with pytest.raises(InputError, match="of another cluster"):
        measured_values(*gold, records)


def test_another_charge_is_another_cluster_and_an_unknown_one_is_not(gold: tuple) -> None:
    with pytest.raises(InputError, match=r"charge \+1"):
        measured_values(gold[0].replace(charge=3), gold[1], GOLD)
    assert measured_values(gold[0].replace(charge=None), gold[1], GOLD)


def test_an_unknown_name_is_an_error(gold: tuple) -> None:
    with pytest.raises(InputError, match="no such record"):
        measured_values(*gold, ("nobody", None))
