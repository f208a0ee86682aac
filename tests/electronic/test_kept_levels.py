"""Levels are found once for charges next to each other, and first order tells the rest."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from mlcluster import Cluster
from mlcluster.electronic import kept_levels as module
from mlcluster.electronic.core_hamiltonian import core_hamiltonian, frontier
from mlcluster.electronic.kept_levels import is_kept, known_frontier

SALT = Cluster(numbers=np.array([79, 17]), positions=np.array([[0.0, 0, 0], [2.25, 0, 0]]), charge=0, multiplicity=1)
CHARGES, SHIFTS = np.array([0.25037, -0.25037]), np.array([0.1004, -0.0496])


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[int]:
    """One number for each diagonalisation; the cache of the user is an empty folder."""
    monkeypatch.setenv("MLCLUSTER_CACHE", str(tmp_path))
    found: list[int] = []
    monkeypatch.setattr(module, "frontier", lambda *asked: found.append(1) or frontier(*asked))
    return found


def test_a_second_call_reads_what_the_first_has_found(made: list[int], tmp_path: Path) -> None:
    assert not is_kept(SALT, CHARGES)
    first, again = (known_frontier(SALT, CHARGES) for _ in range(2))
    assert len(made) == 1 and is_kept(SALT, CHARGES)
    for one, other in zip((*first.found, *first[1:]), (*again.found, *again[1:]), strict=True):
        np.testing.assert_array_equal(one, other)
    (kept,) = (tmp_path / "levels").rglob("*.json")
    row = kept.read_text(encoding="utf-8")
    levels, *answers = json.loads(row)
    foreign = ["{", "[[1.0]]", "7", '[["a", 1], [], []]', row.replace("[[", "[[[", 1), "[" * 100_000]
    foreign += [
        json.dumps([pair, *answers]) for pair in (levels[::-1], [levels[0], float("nan")], [levels[0], 10**400])
    ]
    for torn in (*foreign, "[[1.0, 2.0], [[0.0, 0.0]], [[0.0, 0.0]]]"):
        kept.write_text(torn, encoding="utf-8")
        np.testing.assert_array_equal(known_frontier(SALT, CHARGES).found.levels_ev, first.found.levels_ev)
    assert len(made) == 11


@pytest.mark.parametrize(("charge", "shift", "new"), [(0.0, 0.0, 0), (4e-4, 0.0, 1), (0.0, 2e-4, 1), (5e-5, -2e-5, 0)])
def test_only_what_is_near_shares_a_diagonalisation(made: list[int], charge: float, shift: float, new: int) -> None:
    known_frontier(SALT, CHARGES, SHIFTS)
    known_frontier(SALT, CHARGES + charge, SHIFTS + shift)
    assert len(made) == 1 + new
    known_frontier(SALT.replace(charge=2), CHARGES, SHIFTS)
    known_frontier(SALT, CHARGES)
    assert len(made) == 3 + new


def test_first_order_from_there_is_what_diagonalising_for_these_very_charges_gives(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MLCLUSTER_CACHE", "off")
    known = known_frontier(SALT, CHARGES, SHIFTS)
    assert np.abs(known.charges_e - CHARGES).max() <= 5e-4 and np.abs(known.shifts_ev - SHIFTS).max() <= 5e-4
    change = (CHARGES - known.charges_e) @ known.found.by_charge + (SHIFTS - known.shifts_ev) @ known.found.by_potential
    exact = frontier(core_hamiltonian(SALT), CHARGES, SHIFTS).levels_ev
    # Of nearly equal levels none answers alone, which costs some 0.0002 eV; left out, the change would cost more.
    np.testing.assert_allclose(known.found.levels_ev + change, exact, atol=3e-4)
    assert np.abs(known.found.levels_ev - exact).max() > 1e-3


def test_what_nobody_asks_for_again_is_not_kept(made: list[int], tmp_path: Path) -> None:
    first, again = (known_frontier(SALT, CHARGES, kept=False).found.levels_ev for _ in range(2))
    assert len(made) == 2 and not list(tmp_path.rglob("*.json"))
    np.testing.assert_array_equal(first, known_frontier(SALT, CHARGES).found.levels_ev)
    np.testing.assert_array_equal(first, again)


def test_a_cache_that_cannot_be_written_costs_nothing_but_time(made: list[int], tmp_path: Path, monkeypatch) -> None:
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("MLCLUSTER_CACHE", str(tmp_path / "file" / "cache"))
    first, again = (known_frontier(SALT, CHARGES).found.levels_ev for _ in range(2))
    np.testing.assert_array_equal(first, again)
    assert len(made) == 2 and not is_kept(SALT, CHARGES)
