"""Files that were once read wrongly, with the right value; skipped where they are not at hand."""

from __future__ import annotations

from pathlib import Path

import pytest

import mlcluster
from tests.at_hand import not_at_hand

GOLD = "C12H36Au4P4"
CASES = [
    ("01_negative_part_general_position/negative_general.cif", [GOLD, GOLD], 2),
    ("01_negative_part_general_position/positive_control.cif", [GOLD, GOLD], 2),
    ("05_disorder_on_a_three_fold_axis/three_fold_tripod.cif", ["C8H3AuClP"], None),
    ("06_partial_metal_without_part/metal_without_part.cif", ["C12H36AgAu4ClP4"], 1),
    ("08_charge_of_two_signs/plusplus_only.cif", [GOLD], 2),
    ("09_overlap_limits_of_atoms_that_never_bond/bf4_half_half.cif", [GOLD], 2),
    ("09_overlap_limits_of_atoms_that_never_bond/methyl_h.cif", [GOLD], 2),
    ("10_half_and_half_without_part/thiolate_half.cif", ["C4H9AuPS"], None),
    ("11_one_assembly_with_two_pairs/assembly_four_groups.cif", [GOLD], 2),
    ("11_one_assembly_with_two_pairs/no_assembly_four_groups.cif", [GOLD], 2),
    ("14_squeezed_anions_without_sign/squeezed_unsigned.cif", [GOLD], 2),
]


@pytest.mark.parametrize(("name", "formulas", "charge"), CASES)
def test_a_file_that_was_read_wrongly(name: str, formulas: list[str], charge: int | None, shared_data: Path):
    path = shared_data.parent / "cases" / name
    if not path.is_file():
        not_at_hand(f"{path} is not at hand")
    results = mlcluster.read(path)
    assert [r.cluster.formula for r in results] == formulas
    assert {r.cluster.charge for r in results} == {charge}
    said = {e.message for r in results for e in r.report.entries if e.code == "formula_mismatch"}
    assert not any("atoms kept" in text for text in said)
