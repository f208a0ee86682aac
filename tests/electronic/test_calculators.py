"""Gaps by calculation: what is refused, what is rejected, and known values."""

from __future__ import annotations

import dataclasses
import importlib.util
import sys

import numpy as np
import pytest

from mlcluster.data import model_structures
from mlcluster.design.frameworks import build
from mlcluster.electronic.calculators import CALCULATORS, Calculation, get_calculator, method_name, why_rejected
from mlcluster.errors import ConfigError, StructureError
from mlcluster.labels.methods import METHODS
from mlcluster.structure.cluster import Cluster

needs_pyscf = pytest.mark.skipif(importlib.util.find_spec("pyscf") is None, reason="needs the extra dft")
GOOD = Calculation(
    gap_ev=1.0,
    homo_ev=-6.0,
    lumo_ev=-5.0,
    energy_ev=-100.0,
    lumo_occupation=0.001,
    charges_e=(0.3, -0.3),
    orbitals=10,
    engine="none",
)


def test_every_calculation_is_a_method_of_the_vocabulary() -> None:
    assert set(CALCULATORS) <= set(METHODS)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({}, None),
        ({"lumo_occupation": 0.02}, "open shell"),
        ({"gap_ev": 0.1}, "gap 0.100 eV"),
        ({"charges_e": (0.1, -3.5)}, "atomic charge -3.5 e"),
    ],
)
def test_rules_of_acceptance(change: dict, complaint: str | None) -> None:
    reason = why_rejected(dataclasses.replace(GOOD, **change))
    assert (reason is None) if complaint is None else (complaint in str(reason))


def test_names_of_methods() -> None:
    assert method_name("pbe-lanl2dz") == "dft-pbe-lanl2dz"
    with pytest.raises(ConfigError, match="Did you mean gfn1-xtb"):
        method_name("gfn2-xtb")


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"charge": None, "multiplicity": None}, "charge unknown"),
        ({"charge": 1, "multiplicity": None}, "open shell"),
        ({"multiplicity": 3}, "open shell"),
    ],
)
def test_what_is_no_closed_shell_is_refused(changes: dict, complaint: str) -> None:
    cluster = build("m4-phosphine").replace(**changes)
    for calculate in CALCULATORS.values():
        with pytest.raises(StructureError, match=complaint):
            calculate(cluster)


def test_a_missing_program_is_named_with_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyscf", None)
    with pytest.raises(ConfigError, match=r"mlcluster\[dft\]"):
        get_calculator("dft-pbe-lanl2dz")(build("m4-phosphine"))


def test_gfn1_repeats_a_bundled_label() -> None:
    cluster = next(c for c in model_structures().values() if c.formula == "Au9H24P8")
    result = get_calculator("gfn1-xtb")(cluster)
    # 1.52799 eV before coordinates were rounded to 0.001 angstrom.
    assert result.gap_ev == pytest.approx(1.528, abs=0.003)
    assert result.lumo_ev - result.homo_ev == result.gap_ev
    assert sum(result.charges_e) == pytest.approx(3.0, abs=1e-4)
    assert why_rejected(result) is None


# PySCF's own atomic guess uses what it calls deprecated, and leaves temporary files to the garbage collector.
@pytest.mark.filterwarnings("ignore:remove_linear_dep_", "ignore::ResourceWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@needs_pyscf
def test_pbe_counts_electrons_under_core_potentials() -> None:
    cluster = Cluster(
        numbers=np.array([79, 17]), positions=np.array([[0, 0, 0], [0, 0, 2.25]]), charge=0, multiplicity=1
    )
    result = get_calculator("dft-pbe-lanl2dz")(cluster)
    # 22 functions on gold, 8 on chlorine; 26 valence electrons.
    assert result.orbitals == 30
    assert 1.5 < result.gap_ev < 4.0
    assert result.charges_e == ()
    assert why_rejected(result) is None
    turned = cluster.replace(positions=cluster.positions[:, [2, 0, 1]])
    assert get_calculator("pbe-lanl2dz")(turned).gap_ev == pytest.approx(result.gap_ev, abs=0.02)
