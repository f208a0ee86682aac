"""Tight-binding descriptors: numbers, refusals with their kind, and what is kept."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest

from mlcluster.chem.elements import NUMBERS
from mlcluster.design.frameworks import build
from mlcluster.electronic import tight_binding
from mlcluster.electronic.calculation import Calculation, CalculationError, Refusal
from mlcluster.electronic.descriptors import Descriptors, describe, describe_many, estimated_seconds
from mlcluster.electronic.kept import KeptCalculations, calculation_key
from mlcluster.structure.cluster import Cluster


def molecule(symbols: str, positions: list[list[float]], **facts: int | None) -> Cluster:
    return Cluster(numbers=[NUMBERS[s] for s in symbols.split()], positions=np.array(positions), **facts)  # type: ignore[arg-type]


WATER = molecule("O H H", [[0, 0, 0.1173], [0, 0.7572, -0.4692], [0, -0.7572, -0.4692]], charge=0)
NOTHING = KeptCalculations(None)


@pytest.fixture(scope="module")
def triangle() -> Cluster:
    return build("m3-phosphine")


def test_the_energy_of_a_published_example_is_repeated() -> None:
    """The GFN2-xTB energy of tblite's own documentation, -31.716159156026254 hartree, at the strict accuracy."""
    positions = [
        [2.79274810283778, 3.82998228828316, -2.79287054959216],
        [-1.43447454186833, 0.43418729987882, 5.53854345129809],
        [-3.26268343665218, -2.50644032426151, -1.56631149351046],
        [2.14548759959147, -0.88798018953965, -2.24592534506187],
        [-4.30233097423181, -3.93631518670031, -0.48930754109119],
        [0.06107643564880, -3.82467931731366, -2.22333344469482],
        [0.41168550401858, 0.58105573172764, 5.56854609916143],
        [4.41363836635653, 3.92515871809283, 2.57961724984000],
        [1.33707758998700, 1.40194471661647, 1.97530004949523],
        [3.08342709834868, 1.72520024666801, -4.42666116106828],
        [-3.02346932078505, 0.04438199934191, -0.27636197425010],
        [1.11508390868455, -0.97617412809198, 6.25462847718180],
        [0.61938955433011, 2.17903547389232, -6.21279842416963],
        [-2.67491681346835, 3.00175899761859, 1.05038813614845],
        [-4.13181080289514, -2.34226739863660, -3.44356159392859],
        [2.85007173009739, -2.64884892757600, 0.71010806424206],
    ]
    symbols = "H H C B H P O Cl Al P B H F P H P"
    cluster = molecule(symbols, (np.array(positions) * tight_binding.BOHR).tolist(), charge=0)
    result = tight_binding.single_point(cluster, "GFN2-xTB", unpaired=0)
    assert result.energy_ev / 27.211386245988 == pytest.approx(-31.716159156026254, abs=2e-5)


def test_quick_and_strict_agree_to_a_few_mev(triangle: Cluster) -> None:
    strict = tight_binding.single_point(triangle, "GFN1-xTB", unpaired=0)
    quick = tight_binding.single_point(triangle, "GFN1-xTB", unpaired=0, accuracy=tight_binding.QUICK)
    assert quick.gap_ev == pytest.approx(strict.gap_ev, abs=0.005)


def test_shares_of_the_metals_and_levels_are_sound(triangle: Cluster) -> None:
    found = describe(triangle, kept=NOTHING)
    result = found.gfn1
    assert result.homo_on_metal is not None and 0.3 < result.homo_on_metal <= 1.0
    assert result.lumo_on_metal is not None and 0.0 <= result.lumo_on_metal <= 1.0
    assert list(result.levels_ev) == sorted(result.levels_ev)
    assert result.levels_ev[tight_binding.LEVELS - 1] == pytest.approx(result.homo_ev)
    assert result.gap_ev == pytest.approx(result.lumo_ev - result.homo_ev)
    assert sum(result.charges_e) == pytest.approx(triangle.charge or 0, abs=1e-4)
    assert found.metal_bond_order > 0.1 and found.ligand_bond_order > 0.3
    assert found.gfn2 is None
    values = found.values()
    assert values["metals"] == 3 and values["gfn1_gap_ev"] == result.gap_ev
    assert all(np.isfinite(list(values.values())))


def test_turning_and_shifting_change_nothing_and_the_dipole_of_an_ion_has_one_origin(triangle: Cluster) -> None:
    turn = np.array([[0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
    moved = triangle.replace(positions=triangle.positions @ turn + np.array([5.0, -3.0, 2.0]))
    one, other = describe(triangle, kept=NOTHING).values(), describe(moved, kept=NOTHING).values()
    assert one == pytest.approx(other, abs=2e-3)


def test_the_dipole_of_water_is_near_the_measured_one() -> None:
    """Measured 1.855 debye (CRC Handbook)."""
    result = tight_binding.single_point(WATER, "GFN2-xTB", unpaired=0)
    assert result.dipole_debye == pytest.approx(1.855, rel=0.25)


def test_a_complex_of_few_metals_has_gfn2_and_triplets() -> None:
    complex_ = molecule(
        "Pt Cl Cl Cl Cl", [[0, 0, 0], [2.31, 0, 0], [-2.31, 0, 0], [0, 2.31, 0], [0, -2.31, 0]], charge=-2
    )
    found = describe(complex_, triplet=True, kept=NOTHING)
    assert found.gfn2 is not None
    assert set(found.triplet_ev) == {"gfn1", "gfn2"}
    assert all(0.0 < energy < found.gfn1.gap_ev + 3.0 for energy in found.triplet_ev.values())
    assert {"gfn1_triplet_ev", "gfn2_triplet_ev", "gfn2_homo_on_metal"} <= set(found.values())


def test_an_odd_number_of_electrons_is_run_as_a_doublet(triangle: Cluster) -> None:
    found = describe(triangle.replace(charge=2, multiplicity=None), kept=NOTHING)
    assert found.is_open_shell and found.gfn1.unpaired == 1
    assert not describe(triangle, kept=NOTHING).is_open_shell


def refused(cluster: Cluster, **options: float) -> Refusal:
    with pytest.raises(CalculationError) as caught:
        describe(cluster, kept=NOTHING, **options)  # type: ignore[arg-type]
    return pickle.loads(pickle.dumps(caught.value)).refusal  # noqa: S301 # errors cross process borders


def test_every_refusal_has_its_kind(triangle: Cluster) -> None:
    assert refused(triangle.replace(charge=None)) is Refusal.charge_unknown
    assert refused(molecule("U", [[0, 0, 0]], charge=0)) is Refusal.elements
    stretched = molecule("H H", [[0, 0, 0], [0, 0, 8.0]], charge=0)
    assert refused(stretched) is Refusal.open_shell
    seconds = estimated_seconds(triangle)
    assert refused(triangle, max_seconds=seconds * 0.99) is Refusal.too_large
    assert describe(triangle, max_seconds=seconds * 1.01, kept=NOTHING).metals == 3


def test_what_does_not_converge_is_refused_and_kept(
    triangle: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tight_binding, "CYCLES", 1)
    store = KeptCalculations(tmp_path)
    for _ in range(2):
        with pytest.raises(CalculationError) as caught:
            describe(triangle, kept=store)
        assert caught.value.refusal is Refusal.not_converged
        monkeypatch.setattr(tight_binding, "single_point", None)  # the second time nothing is calculated


def test_what_is_kept_is_not_calculated_again(
    triangle: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = KeptCalculations(tmp_path)
    first = describe(triangle, kept=store)
    monkeypatch.setattr(tight_binding, "single_point", None)
    again = describe(triangle, kept=store, max_seconds=0.0)
    assert isinstance(again, Descriptors)
    assert again == first


def test_a_cache_that_cannot_be_written_costs_nothing_but_time(triangle: Cluster, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    nowhere = KeptCalculations(tmp_path / "file" / "cache")
    assert describe(triangle, kept=nowhere).values() == describe(triangle, kept=NOTHING).values()


def test_a_torn_or_foreign_file_counts_as_absent(triangle: Cluster, tmp_path: Path) -> None:
    store = KeptCalculations(tmp_path)
    describe(triangle, kept=store)
    (path,) = tmp_path.rglob("*.json")
    key = path.stem
    assert isinstance(store.get(key), Calculation)
    for text in (path.read_text()[:-20], '{"gap_ev": 1.0}', "[]"):
        path.write_text(text)
        assert store.get(key) is None


def test_the_key_tells_all_that_matters_apart(triangle: Cluster) -> None:
    moved = triangle.positions.copy()
    moved[0, 0] += 2e-4
    keys = {
        calculation_key(triangle, "GFN1-xTB", 0),
        calculation_key(triangle, "GFN1-xTB", 2),
        calculation_key(triangle, "GFN2-xTB", 0),
        calculation_key(triangle, "GFN1-xTB", 0, 100.0),
        calculation_key(triangle.replace(charge=3), "GFN1-xTB", 0),
        calculation_key(triangle.replace(positions=moved), "GFN1-xTB", 0),
    }
    assert len(keys) == 6
    assert calculation_key(triangle.replace(name="other"), "GFN1-xTB", 0) in keys


def test_many_keep_their_order_and_one_refusal_costs_no_other(triangle: Cluster, tmp_path: Path) -> None:
    told = []
    store = KeptCalculations(tmp_path)
    odd = triangle.replace(charge=None, multiplicity=None)
    found = describe_many([odd, triangle], on_progress=lambda *n: told.append(n), kept=store)
    assert isinstance(found[0], CalculationError) and found[0].refusal is Refusal.charge_unknown
    assert isinstance(found[1], Descriptors)
    assert told == [(1, 2), (2, 2)]
    assert found[1] == describe(triangle, kept=store, max_seconds=0.0)
