"""Where disorder is decided by a number: made crystals on either side of it."""

from __future__ import annotations

import pytest

from tests.structure.disorder_cif import AXES, Site, moved, read_made, sites


@pytest.mark.parametrize(("share", "together"), [(0.415, True), (0.375, False)])
def test_how_well_occupancies_make_up_a_whole(share, together, tmp_path):
    """0.6 and 0.415 miss one by 0.015 and are alternatives of each other; 0.375 misses it by 0.025 and is its own."""
    rows = moved(sites("Au Au", [(0, 0, 1.4), (0, 0, -1.4)]), (10, 10, 10))
    rows += [Site("Cl", (10, 10, 13.7), 0.6, 1), Site("Ag", (10.0, 12.3, 14.4), share, 2)]
    (result,) = read_made(tmp_path, rows)
    remarks = [e.message for e in result.report.entries if e.code in ("disorder_resolved", "residual_disorder")]
    assert any("2 alternatives" in text for text in remarks) is together


@pytest.mark.parametrize(("share", "full"), [(0.5, True), (0.492, True), (0.508, True), (0.485, False), (0.515, False)])
def test_how_near_to_one_half_means_full_on_a_centre(share, full, tmp_path):
    rows = [Site("Au", (2.3, 0, 0)), Site("Cl", (0, 0, 0), share)]
    (result,) = read_made(tmp_path, rows, AXES["-1"][1])
    assert ("special_position_occupancy" in result.report.codes()) is full


def test_an_occupancy_of_one_third_or_one_sixth_in_two_digits_means_full(tmp_path):
    for axis, share in (("3", 0.33), ("6", 0.17), ("3", 0.34)):
        cell, operations = AXES[axis]
        rows = [Site("Au", (0, 0, 5), 1), Site("Cl", (0, 0, 7.3), share)]
        (result,) = read_made(tmp_path, rows, operations, cell)
        assert "special_position_occupancy" in result.report.codes() and result.cluster.formula == "AuCl"


def test_crowded_halves_on_a_mirror_are_no_full_atoms(tmp_path):
    rows = [Site("Au", (5, 5, 0)), Site("Cl", (7.3, 5, 0), 0.5), Site("Br", (7.4, 5.2, 0), 0.5)]
    (result,) = read_made(tmp_path, rows, AXES["m"][1])
    assert "special_position_occupancy" not in result.report.codes() and len(result.cluster) == 2


@pytest.mark.parametrize(("share", "kept"), [(0.5, 1), (0.52, 1), (0.54, 2), (0.02, 0)])
def test_how_well_two_copies_at_a_cluster_add_up_to_one(share, kept, tmp_path):
    rows = [Site("Au", (1.4, 0, 0)), Site("Cl", (3.7, 0, 0)), Site("Br", (0, 1.9, 0), share)]
    (result,) = read_made(tmp_path, rows, AXES["-1"][1])
    assert result.cluster.composition.get("Br", 0) == kept


@pytest.mark.parametrize(("apart", "kept"), [(1.60, 1), (1.66, 2)])
def test_how_near_two_atoms_overlap_whatever_their_occupancies(apart, kept, tmp_path):
    """Two chlorides of 0.7 and 0.6 leave no room as alternatives: only an overlap (below 1.63 angstrom) parts them."""
    rows = moved(sites("Au Au", [(0, 0, 1.4), (0, 0, -1.4)]), (10, 10, 10))
    rows += [Site("Cl", (10, 10, 13.7), 0.7), Site("Cl", (10 + apart, 10, 13.7), 0.6)]
    (result,) = read_made(tmp_path, rows)
    assert result.cluster.composition["Cl"] == kept
