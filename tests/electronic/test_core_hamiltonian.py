"""Levels from charges alone: against converged calculations, first-order answers, limits and refusals."""

from __future__ import annotations

import numpy as np
import pytest

from mlcluster import Cluster
from mlcluster.data import load
from mlcluster.electronic import core_hamiltonian as module
from mlcluster.electronic.calculation import CalculationError
from mlcluster.electronic.core_hamiltonian import COULOMB_EV, check_orbitals, core_hamiltonian, coulomb, frontier
from mlcluster.electronic.tight_binding import calculate

SALT = Cluster(numbers=np.array([79, 17]), positions=np.array([[0.0, 0, 0], [2.25, 0, 0]]), charge=0, multiplicity=1)


def test_the_charges_of_a_calculation_give_nearly_its_gap() -> None:
    parents = [item for item in load("generated") if "-v" not in item.entry][::40]
    assert len(parents) >= 5
    errors, gaps = [], []
    for item in parents:
        gap = next(record.value for record in item.labels if record.channel.key == "gap:gfn1-xtb")
        homo, lumo = frontier(core_hamiltonian(item.cluster), np.asarray(item.atom_charges)).levels_ev
        errors.append(abs(lumo - homo - gap))
        gaps.append(gap)
    assert np.mean(errors) < 0.12 < np.abs(np.array(gaps) - np.mean(gaps)).mean()


def test_levels_answer_to_charges_and_potentials_as_differences_say(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "NEARLY", 1e-6)  # only equal levels share
    core, rng = core_hamiltonian(SALT), np.random.default_rng(0)
    charges = np.array([0.25, -0.25])
    here = frontier(core, charges)
    step = 1e-4
    for atom in range(2):
        moved = charges.copy()
        moved[atom] += step
        np.testing.assert_allclose(
            (frontier(core, moved).levels_ev - here.levels_ev) / step, here.by_charge[atom], atol=0.01
        )
    shifts = step * rng.normal(size=2)
    np.testing.assert_allclose(
        frontier(core, charges, shifts).levels_ev - here.levels_ev, shifts @ here.by_potential, atol=2e-6
    )
    np.testing.assert_allclose(here.by_potential.sum(axis=0), -1.0)  # one electron an orbital
    # A potential that is the same everywhere moves both levels by minus itself.
    np.testing.assert_allclose(frontier(core, charges, np.full(2, 0.7)).levels_ev, here.levels_ev - 0.7)


def test_far_charges_meet_as_points_and_near_ones_by_their_hardness() -> None:
    numbers = np.array([1, 1])
    far, near = (coulomb(numbers, np.array([[0.0, 0, 0], [x, 0, 0]]), {1: 12.0}) for x in (1000.0, 1e-9))
    assert far[0, 1] == pytest.approx(COULOMB_EV / 1000.0)
    assert COULOMB_EV == pytest.approx(14.39964, abs=1e-4)  # e^2 / (4 pi epsilon_0), eV angstrom
    assert near[0, 1] == pytest.approx(12.0) and near[0, 0] == 0.0


def test_an_odd_electron_is_left_out_and_an_unknown_charge_counts_as_none() -> None:
    assert core_hamiltonian(SALT).filled == 9
    assert core_hamiltonian(SALT.replace(charge=-1, multiplicity=2)).filled == 9
    assert core_hamiltonian(SALT.replace(charge=None, multiplicity=None)).filled == 9


def test_what_has_no_levels_is_refused_before_any_work(monkeypatch: pytest.MonkeyPatch) -> None:
    heavy = SALT.replace(numbers=np.array([92, 17]), multiplicity=None, charge=0)
    with pytest.raises(CalculationError, match="levels of an element"):
        check_orbitals(heavy)
    with pytest.raises(CalculationError, match="levels of an element"):
        check_orbitals(SALT.replace(numbers=np.array([2, 79]), multiplicity=None, charge=1))
    near = SALT.replace(positions=np.array([[0.0, 0, 0], [0, 0, 0.39]]))
    with pytest.raises(CalculationError, match=r"too close.*0.39 angstrom"):
        check_orbitals(near)
    nearly = core_hamiltonian(near.replace(positions=np.array([[0.0, 0, 0], [0, 0, 0.41]])))
    assert np.isfinite(frontier(nearly, np.zeros(2)).levels_ev).all()
    with pytest.raises(CalculationError, match="no filled or no empty orbital"):
        check_orbitals(SALT.replace(charge=18))
    orbitals = len(core_hamiltonian(SALT).core)
    monkeypatch.setattr(module, "MOST_ORBITALS", orbitals)
    check_orbitals(SALT)
    monkeypatch.setattr(module, "MOST_ORBITALS", orbitals - 1)
    with pytest.raises(CalculationError, match="too large"):
        check_orbitals(SALT)


def test_the_core_is_that_of_the_converged_calculation() -> None:
    # With the potential of its own charges resolved by shells the levels would be equal; by atoms they nearly are.
    found = calculate(SALT)
    homo, lumo = frontier(core_hamiltonian(SALT), np.array(found.charges_e)).levels_ev
    assert lumo - homo == pytest.approx(found.gap_ev, abs=0.4)
