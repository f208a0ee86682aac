"""Conversion, equilibrium and calorimetry against hand-worked values and simulated truth."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import constants

from mlcluster.errors import InputError
from mlcluster.photophysics.calorimetry import fit_calorimetry
from mlcluster.photophysics.conversion import GAS_KJ, eyring_rate, fit_activation, fit_conversion, fit_first_order
from mlcluster.photophysics.equilibrium import fit_van_t_hoff, forms_of

SCAN = {"peak": (345.0, 380.0), "mass_mg": 5.0, "molar_mass": 7000.0, "heating_rate": 10.0}


def test_eyring_by_hand() -> None:
    # kT/h at 298.15 K is 6.2124e12 per s; 80 kJ/mol leave a factor exp(-32.27).
    assert eyring_rate([298.15], 80.0, 0.0)[0] == pytest.approx(
        6.2124e12 * np.exp(-80e3 / (8.314463 * 298.15)), rel=1e-4
    )
    assert eyring_rate([298.15], 80.0, 10.0)[0] / eyring_rate([298.15], 80.0, 0.0)[0] == pytest.approx(
        np.exp(10 / constants.R)
    )


def test_one_trace_and_both_directions() -> None:
    t = np.linspace(0, 20_000, 80)
    y = 0.8 - 0.5 * np.exp(-2e-4 * t) + np.random.default_rng(0).normal(0, 0.002, len(t))
    result = fit_first_order(t, y, equilibrium=4.0)
    assert result["k"].best == pytest.approx(2e-4, rel=0.02)
    assert result["k forward"].best == pytest.approx(0.8 * result["k"].best)
    assert result["k backward"].best == pytest.approx(0.2 * result["k"].best)
    assert result["half-life"].best == pytest.approx(np.log(2) / result["k"].best)


def test_a_trace_that_ends_too_early_determines_no_rate() -> None:
    t = np.linspace(0, 20, 40)
    y = 0.3 + 1e-3 * t + np.random.default_rng(1).normal(0, 0.01, len(t))
    result = fit_first_order(t, y)
    assert not result["k"].determined
    assert result["half-life"].to_dict()["value"] is None
    assert "does not tell how it would end" in " ".join(result.sentences)


def test_activation_over_temperatures_and_arrhenius_beside_it() -> None:
    rng = np.random.default_rng(2)
    t, y, k = [], [], []
    for place in (293.0, 300.0, 307.0, 314.0, 321.0):
        rate = float(eyring_rate([place], 95.0, -10.0)[0])
        t += np.linspace(0, 4 / rate, 40).tolist()
        y += (0.8 - 0.5 * np.exp(-np.linspace(0, 4, 40)) + rng.normal(0, 0.003, 40)).tolist()
        k += [place] * 40
    result = fit_conversion(t, y, k)
    assert result["activation enthalpy"].best == pytest.approx(95, abs=1.5)
    assert result["activation free energy at 298.15 K"].best == pytest.approx(95 + 2.98, abs=0.1)
    # The energy of Arrhenius is larger by RT at the mean temperature.
    assert result["activation energy (Arrhenius)"].best - result["activation enthalpy"].best == pytest.approx(
        GAS_KJ * 307, abs=0.1
    )
    assert result["k at 300 K"].determined
    one = fit_conversion(t[:40], y[:40], k[:40])
    assert one.statistics["model"] == "first order"


def test_rates_alone_do_as_well_and_few_are_refused() -> None:
    t = np.array([280.0, 300.0, 320.0, 340.0])
    result = fit_activation(t, eyring_rate(t, 80.0, 5.0))
    assert result["activation enthalpy"].best == pytest.approx(80, abs=1e-3)
    with pytest.raises(InputError, match="too few temperatures"):
        fit_activation([280.0, 300.0], [1.0, 2.0])
    with pytest.raises(InputError, match="row 2"):
        fit_activation([280.0, 300.0, 310.0], [1.0, -2.0, 3.0])


def constants_of(enthalpy: float, entropy: float, seed: int = 3) -> tuple[np.ndarray, np.ndarray]:
    t = np.linspace(253, 313, 7)
    noise = np.random.default_rng(seed).normal(0, 0.02, len(t))
    return t, np.exp(entropy / constants.R - enthalpy / (GAS_KJ * t) + noise)


def test_van_t_hoff_and_the_contradiction_of_the_paper() -> None:
    # 10.1038/s41467-020-19789-4: S -> E is reported endothermic, while E is the form of the cold.
    t, k = constants_of(25.0, 90.0)
    result = fit_van_t_hoff(t, k, reaction="S -> E", cold="E")
    assert result["enthalpy"].best == pytest.approx(25, abs=1)
    assert result["entropy"].best == pytest.approx(90, abs=4)
    text = " ".join(result.sentences)
    assert "Contradiction" in text and "two-state model cannot have both" in text
    assert "kinetic control" in text and "solid" in text and "heat capacities" in text


@pytest.mark.parametrize(("enthalpy", "cold", "agrees"), [(25, "S", True), (-25, "E", True), (-25, "S", False)])
def test_both_signs(enthalpy: float, cold: str, agrees: bool) -> None:
    text = " ".join(fit_van_t_hoff(*constants_of(enthalpy, enthalpy / 0.3), reaction="S -> E", cold=cold).sentences)
    assert ("as observed" in text) == agrees
    assert ("Contradiction" in text) == (not agrees)


def test_a_sign_that_is_not_known_says_nothing() -> None:
    t, _ = constants_of(0.0, 0.0)
    k = np.exp(np.random.default_rng(4).normal(0, 0.3, len(t)))
    assert "may have either sign" in " ".join(fit_van_t_hoff(t, k, reaction="S -> E", cold="E").sentences)


def scan() -> tuple[np.ndarray, np.ndarray]:
    t = np.linspace(300, 420, 600)
    peak = 1.2 * np.clip(1 - np.abs(t - 362) / 8, 0, None)
    return t, 0.5 + 0.002 * t + peak + np.random.default_rng(5).normal(0, 0.01, len(t))


def test_the_triangle_of_a_calorimeter_by_hand() -> None:
    result = fit_calorimetry(*scan(), **SCAN, reaction="S -> E", cold="E")
    # Half of 16 K times 1.2 mW over (10/60) K/s is 57.6 mJ; of 5 mg of 7,000 g/mol 80.64 kJ/mol.
    assert result["enthalpy"].best == pytest.approx(80.64, rel=0.01)
    assert result.statistics["joules_per_gram"] == pytest.approx(11.52, rel=0.01)
    assert result["onset"].best == pytest.approx(354.0, abs=0.3)
    assert result.statistics["peak_temperature"] == pytest.approx(362, abs=0.6)
    assert "Contradiction" in " ".join(result.sentences)


def test_exothermic_scans_and_those_drawn_upside_down() -> None:
    t, p = scan()
    assert fit_calorimetry(t, -p, **SCAN)["enthalpy"].best == pytest.approx(-80.64, rel=0.01)
    assert fit_calorimetry(t, -p, **SCAN, endothermic_up=False)["enthalpy"].best == pytest.approx(80.64, rel=0.01)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"peak": (290.0, 380.0)}, "baseline on both sides"),
        ({"mass_mg": 0.0}, "mass is positive"),
        ({"heating_rate": -1.0}, "heating rate is positive"),
        ({"reaction": "S to E"}, "two forms and an arrow"),
        ({"reaction": "S -> E", "cold": "X"}, "not in the reaction"),
    ],
)
def test_faults_of_a_scan(change: dict, message: str) -> None:
    with pytest.raises(InputError, match=message):
        fit_calorimetry(*scan(), **(SCAN | change))


def test_reactions() -> None:
    assert forms_of("S \N{RIGHTWARDS ARROW} E") == ("S", "E")
    with pytest.raises(InputError):
        forms_of("S -> S")
