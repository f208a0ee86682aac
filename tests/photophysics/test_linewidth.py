"""Linewidths: published parameters there and back, and what such data cannot tell."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlcluster.errors import InputError
from mlcluster.photophysics.linewidth import BOLTZMANN_MEV, FORMS, bose, coth, fit_linewidth, widths

# 10.1038/s41467-025-65024-3: (E_ac, E_op, S_op) in meV; the acoustic coupling and the width at zero coupling are ours.
PUBLISHED = [(4.3, 36.1, 137.7), (6.9, 41.6, 55.3)]


def test_the_boltzmann_constant_and_the_two_occupations() -> None:
    assert pytest.approx(25.852, abs=1e-3) == BOLTZMANN_MEV * 300
    t = np.array([100.0, 300.0])
    assert coth(20.0, t) == pytest.approx(1 + 2 * bose(20.0, t))  # coth(x/2) = 1 + 2 n(x)
    assert bose(1e4, np.array([1.0])) == pytest.approx(0.0)


@given(st.floats(0.5, 20), st.floats(25, 200), st.floats(1, 100), st.floats(1, 200))
def test_a_band_only_broadens_with_temperature(e_ac: float, e_op: float, s_ac: float, s_op: float) -> None:
    assert np.all(np.diff(widths(np.linspace(5, 400, 50), 100.0, s_ac, e_ac, s_op, e_op)) >= -1e-9)


@pytest.mark.parametrize(("e_ac", "e_op", "s_op"), PUBLISHED)
def test_published_parameters_over_the_published_range_cannot_all_be_known(
    e_ac: float, e_op: float, s_op: float
) -> None:
    t = np.linspace(200, 300, 11)
    width = widths(t, 100.0, 20.0, e_ac, s_op, e_op) + np.random.default_rng(0).normal(0, 2, len(t))
    result = fit_linewidth(t, width, modes="two")
    unknown = {row["name"] for row in result.to_dict()["parameters"] if row["value"] is None}
    assert {"S_ac", "E_ac", "S_op", "E_op"} <= unknown
    text = " ".join(result.sentences)
    assert "do not determine" in text and "E_ac" in text
    for name, true in (("E_ac", e_ac), ("E_op", e_op), ("S_op", s_op)):
        assert result[name].lower <= true <= result[name].upper, "what is reached still holds the truth"
    simple = fit_linewidth(t, width)
    assert simple.statistics["modes"] == 1
    assert "One mode suffices" in simple.sentences[0]


def test_round_trip_without_noise_where_the_range_is_wide() -> None:
    t = np.concatenate([np.linspace(2, 40, 20), np.linspace(50, 400, 30)])
    noise = np.random.default_rng(1).normal(0, 0.02, len(t))
    result = fit_linewidth(t, widths(t, 100.0, 20.0, 4.3, 137.7, 36.1) + noise)
    assert result.statistics["modes"] == 2
    for name, true in (("Gamma_0", 100.0), ("S_ac", 20.0), ("E_ac", 4.3), ("S_op", 137.7), ("E_op", 36.1)):
        assert result[name].determined
        assert result[name].best == pytest.approx(true, rel=0.05)


@pytest.mark.parametrize("form", FORMS)
def test_one_optical_mode_comes_back_in_every_form(form: str) -> None:
    t = np.linspace(10, 300, 40)
    width = {
        "eq1": 100 + 137.7 * np.sqrt(bose(36.1, t)),
        "huang-rhys": 120 * np.sqrt(coth(36.1, t)),
        "lattice": 100 + 137.7 * bose(36.1, t),
    }[form]
    noise = np.random.default_rng(2).normal(0, 0.2, len(t))
    result = fit_linewidth(t, width + noise, form=form, modes="one" if form == "huang-rhys" else "optical")
    energy = {"eq1": "E_op", "huang-rhys": "E", "lattice": "E_LO"}[form]
    assert result[energy].best == pytest.approx(36.1, rel=0.03)
    assert result[energy].determined


def test_covariance_residuals_and_panel_are_there() -> None:
    t = np.linspace(10, 300, 20)
    result = fit_linewidth(t, 120 * np.sqrt(coth(36.1, t)) + np.sin(t), form="huang-rhys", modes="one")
    covariance = np.array(result.statistics["covariance"])
    assert covariance.shape == (2, 2)
    assert result["Gamma_0"].standard_error == pytest.approx(np.sqrt(covariance[0, 0]))
    assert result.panels[0].residuals is not None
    assert set(result.statistics["tried"]) == {"one mode"}


def test_a_known_error_is_used() -> None:
    t = np.linspace(10, 300, 20)
    width = 120 * np.sqrt(coth(36.1, t)) + np.random.default_rng(3).normal(0, 1, 20)
    narrow, wide = (fit_linewidth(t, width, error=e, form="huang-rhys", modes="one")["E"] for e in (1.0, 3.0))
    assert wide.upper - wide.lower == pytest.approx(3 * (narrow.upper - narrow.lower), rel=0.1)


@pytest.mark.parametrize(
    ("t", "y", "options", "message"),
    [
        ([100, 200, -1], [1, 2, 3], {}, "temperature is positive"),
        ([100, 200, 300], [1, 0, 3], {}, "FWHM is positive"),
        ([100, 200], [1, 2, 3], {}, "one length"),
        ([100, 200, 300], [1, 2, 3], {}, "too few temperatures"),
        ([100, 200, float("nan")], [1, 2, 3], {}, "row 3"),
        ([100, 200, 300, 400], [1, 2, 3, 4], {"form": "eq2"}, "unknown form"),
        ([100, 200, 300, 400], [1, 2, 3, 4], {"modes": "three"}, "unknown number of modes"),
        ([100, 200, 300, 400], [1, 2, 3, 4], {"form": "huang-rhys", "modes": "acoustic"}, "no such mode"),
        ([100, 200, 300, 400], [1, 2, 3, 4], {"error": 0.0}, "error of a width is positive"),
    ],
)
def test_faults(t: list, y: list, options: dict, message: str) -> None:
    with pytest.raises(InputError, match=message):
        fit_linewidth(t, y, **options)
