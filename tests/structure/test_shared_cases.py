"""Cases of files that were once read wrongly, each with what is right; the files are not part of the project."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import mlcluster
from mlcluster.errors import InputError
from tests.at_hand import not_at_hand

FOLDER = Path(os.environ.get("MLCLUSTER_SHARED_CASES") or Path(__file__).resolve().parents[3] / "shared" / "cases")
PLUS = "C12H36Au4P4"

READ = {
    "02_symmetry_operation_not_checked/q.cif": (PLUS, 2),
    "03_upper_case_labels_without_type/Cd_upper.cif": ("C12H36Au3CdP4", 2),
    "03_upper_case_labels_without_type/Co_upper.cif": ("C12H36Au3CoP4", 2),
    "03_upper_case_labels_without_type/Pb_upper.cif": ("C12H36Au3P4Pb", 2),
    "07_space_group_from_symbol_or_number/full.cif": ("C6Au2Cl2P2", None),
    "07_space_group_from_symbol_or_number/name.cif": ("C6Au2Cl2P2", None),
    "07_space_group_from_symbol_or_number/R_rho_ops.cif": ("AuClP", None),
    "13_dummy_sites_by_calc_flag/dum.cif": (PLUS, 2),
    "15_data_inside_a_text_field/fcf_in_text.cif": (PLUS, 2),
    "16_tags_and_keywords_in_other_case/mixed_case_tags.cif": (PLUS, 2),
    "16_tags_and_keywords_in_other_case/upper_loop.cif": (PLUS, 2),
    "17_hash_in_a_quoted_value/hash_in_loop_quote.cif": (PLUS, 2),
    "18_one_bad_block_of_many/multi_bad_cell.cif": (PLUS, 2),
    "18_one_bad_block_of_many/multi_no_coords.cif": (PLUS, 2),
    "19_atoms_without_label_or_in_mmcif/no_label.cif": (PLUS, 2),
    "19_atoms_without_label_or_in_mmcif/pdb_flags.cif": (PLUS, None),
    "22_small_things/charge_float_noise.xyz": (PLUS, 2),
    "22_small_things/z_column.xyz": (PLUS, None),
    "30_hostile_files/int_fnum.cif": ("Au4Cl", None),
    "30_hostile_files/js_label2.json": ("Au4", None),
    "30_hostile_files/js_props3.json": ("Au4", None),
    "30_hostile_files/json_imports_a_module.json": ("Au4", None),
    "30_hostile_files/json_opens_a_file.json": ("Au4", None),
}
REFUSED = {
    "02_symmetry_operation_not_checked/unquoted_symop.cif": "operation cannot be read. Found: 'x,'",
    "30_hostile_files/int_ch400.cif": "charge is not a whole number",
    "30_hostile_files/int_ch5e9.cif": "charge is out of range",
    "30_hostile_files/js_bigint.json": "coordinates cannot be read",
    "30_hostile_files/js_xyz2.json": "coordinates cannot be read",
    "30_hostile_files/pos_lat0.vasp": "unit cell is missing or flat",
    "30_hostile_files/xyz_c_prop3.xyz": "Properties field is malformed",
    "30_hostile_files/xyz_r_sup.xyz": "not of a known element",
}


def case(name: str) -> Path:
    path = FOLDER / name
    if not path.is_file():
        not_at_hand(f"the cases are not at {FOLDER}; set MLCLUSTER_SHARED_CASES")
    return path


@pytest.mark.parametrize("name", READ)
def test_what_is_in_the_file(name: str) -> None:
    results = mlcluster.read(case(name))
    formula, charge = READ[name]
    assert (results[0].cluster.formula, results[0].cluster.charge) == (formula, charge)
    assert len(results.failed) == ("one_bad_block" in name)
    if "30_" not in name:
        assert "formula_mismatch" not in results[0].report.codes()


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_wrong_with_the_file(name: str) -> None:
    with pytest.raises(InputError, match=REFUSED[name].replace(".", r"\.")):
        mlcluster.read(case(name))
