"""Disorder groups, partial occupancy and mixed metals."""

from __future__ import annotations

import pytest

from mlcluster.errors import ConfigError, StructureError


def test_majority_keeps_the_likelier_group(read_one):
    result = read_one("disorder_groups")
    assert "Cl1A" in result.cluster.labels and "Cl1B" not in result.cluster.labels
    assert result.weight == pytest.approx(0.7)
    assert "disorder_resolved" in result.report.codes()


def test_groups_reused_at_two_places_are_decided_apart(read_one):
    assert read_one("disorder_reused_groups").cluster.labels == ("Au1", "Au2", "Cl1A", "Cl2B")


def test_enumerate_gives_every_combination_likeliest_first(read_cif):
    results = read_cif("disorder_reused_groups", disorder="enumerate")
    assert [round(r.weight, 2) for r in results] == [0.56, 0.24, 0.14, 0.06]
    assert {r.cluster.labels[2:] for r in results} == {(a, b) for a in ("Cl1A", "Cl1B") for b in ("Cl2A", "Cl2B")}
    assert all("enumeration_cut" not in r.report.codes() for r in results)


def test_enumeration_says_when_it_is_cut(read_cif):
    results = read_cif("disorder_reused_groups", disorder="enumerate", max_alternatives=2)
    assert len(results) == 2
    (entry,) = [e for e in results[0].report.entries if e.code == "enumeration_cut"]
    assert "4 combinations" in entry.message and "2 likeliest" in entry.message


def test_reject_refuses_a_disordered_cluster_but_not_disordered_solvent(read_cif, read_one):
    with pytest.raises(StructureError, match="Cl1A") as caught:
        read_cif("disorder_groups", disorder="reject")
    assert caught.value.file is not None and caught.value.file.endswith("disorder_groups.cif")
    assert read_one("partial_solvent", disorder="reject").cluster.formula == "Au4Cl4"


def test_unknown_way_to_treat_disorder(read_cif):
    with pytest.raises(ConfigError, match="majority"):
        read_cif("disorder_groups", disorder="average")


def test_partial_occupancies_without_groups_exclude_each_other_when_they_overlap(read_one):
    labels = read_one("implied_disorder").cluster.labels
    assert "Cl1" in labels and "Cl2" not in labels


def test_partial_atoms_without_alternative_are_reported_and_decided_at_one_half(read_one):
    result = read_one("partial_occupancy")
    assert "Cl1" in result.cluster.labels and "Cl2" not in result.cluster.labels
    assert [e.site for e in result.report.entries if e.code == "residual_disorder"] == ["Cl1", "Cl2"]
    assert [(d.formula, d.kind) for d in result.dropped] == [("Cl", "disorder")]


def test_negative_group_keeps_one_whole_copy_at_the_special_position(read_one):
    result = read_one("negative_group")
    assert result.cluster.formula == "Au4Cl4"
    assert [(d.formula, d.count) for d in result.dropped] == [("C6H6", 1)]


def test_negative_group_without_overlap_obeys_its_occupancy(read_one):
    assert read_one("negative_group_on_cluster").cluster.composition["Cl"] == 3


def test_mixed_metals_meet_the_stated_composition(read_one):
    result = read_one("mixed_sites_formula")
    assert result.cluster.composition == {"Au": 3, "Ag": 1}
    assert "Ag4" in result.cluster.labels, "the silver goes where its share is greatest"
    assert "mixed_metal_composition" in result.report.codes()


def test_mixed_metals_enumerated_meet_the_composition_every_time(read_cif):
    results = read_cif("mixed_sites_formula", disorder="enumerate")
    assert len(results) == 3
    assert all(r.cluster.composition == {"Au": 3, "Ag": 1} for r in results)


@pytest.mark.parametrize("name", ["mixed_sites_no_formula", "mixed_sites_impossible"])
def test_mixed_metals_without_usable_formula_take_the_majority_with_a_warning(read_one, name):
    result = read_one(name)
    assert [s for s in result.cluster.labels if s.startswith("Ag")] == ["Ag4"] if name.endswith("no_formula") else True
    (entry,) = [e for e in result.report.entries if e.code == "mixed_metal_majority"]
    assert entry.level == "warning"
