"""Decays against their truth, and the convolution against a numerical one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlcluster.errors import InputError
from mlcluster.photophysics.decay import fit_decay
from mlcluster.photophysics.decay_model import FWHM_OF_SIGMA, gaussian_exponential


@given(st.floats(0.05, 20), st.floats(0.02, 2), st.floats(-1, 1))
def test_the_convolution_is_that_of_the_integral(rate: float, sigma: float, centre: float) -> None:
    fine = np.linspace(0, 12 * (sigma + 1 / rate), 40_001)
    for t in (-1.0, 0.5, 3.0):
        kernel = np.exp(-0.5 * ((t - fine - centre) / sigma) ** 2) / (sigma * np.sqrt(2 * np.pi))
        numeric = np.trapezoid(kernel * np.exp(-rate * fine), fine)
        assert gaussian_exponential(np.array([t]), rate, centre, sigma)[0] == pytest.approx(numeric, abs=2e-5)


def test_the_convolution_neither_overflows_nor_vanishes() -> None:
    t = np.array([-1e3, 0.0, 1e3])
    values = gaussian_exponential(t, np.array([[1e3], [0.0]]), 0.0, 0.1)
    assert np.isfinite(values).all()
    assert values[1].tolist() == [0.0, 0.5, 1.0]  # a rate of zero is a step


@pytest.mark.parametrize("tau", [2.65, 3.82])
def test_the_published_lifetimes_come_back(tau: float) -> None:
    t = np.linspace(0, 30, 500)
    counts = np.random.default_rng(0).poisson(3000 * np.exp(-t / tau) + 5)
    result = fit_decay(t, counts)
    assert result.statistics["model"] == "one exponential"
    assert result.statistics["likelihood"] == "Poisson"
    assert result["tau"].best == pytest.approx(tau, rel=0.015)
    assert result["tau"].lower < tau < result["tau"].upper
    assert result.statistics["reduced"] == pytest.approx(1.0, abs=0.2)


def test_two_exponentials_behind_a_response_and_their_two_averages() -> None:
    t = np.linspace(-2, 40, 400)
    mean = 4000 * gaussian_exponential(t, 1 / 2.65, 0.3, 0.5 / FWHM_OF_SIGMA) + 5
    mean += 2000 * gaussian_exponential(t, 1 / 9.0, 0.3, 0.5 / FWHM_OF_SIGMA)
    counts = np.random.default_rng(4).poisson(mean)
    result = fit_decay(t, counts, response="gaussian")
    assert result.statistics["model"] == "two exponentials"
    a, tau = np.array([result["a1"].best, result["a2"].best]), np.array([result["tau1"].best, result["tau2"].best])
    assert result["amplitude-weighted lifetime"].best == pytest.approx(a @ tau / a.sum())
    assert result["intensity-weighted lifetime"].best == pytest.approx(a @ tau**2 / (a @ tau))
    assert result["response FWHM"].best == pytest.approx(0.5, rel=0.05)
    assert "say which one you quote" in " ".join(result.sentences)
    measured = fit_decay(t, counts, components=2, response=np.exp(-0.5 * ((t - 0.3) / (0.5 / FWHM_OF_SIGMA)) ** 2))
    assert measured["tau1"].best == pytest.approx(result["tau1"].best, rel=0.02)
    assert abs(measured["shift"].best) < 0.01


def test_a_stretched_decay_has_the_averages_of_gamma_functions() -> None:
    t = np.linspace(0, 40, 500)
    y = np.exp(-((t / 2.0) ** 0.5)) + np.random.default_rng(5).normal(0, 1e-3, len(t))
    result = fit_decay(t, y, components="stretched", counts=False)
    assert result["beta"].best == pytest.approx(0.5, abs=0.01)
    # beta = 1/2: tau times Gamma(2) / (1/2) and Gamma(4) / Gamma(2)
    assert result["amplitude-weighted lifetime"].best == pytest.approx(2 * result["tau"].best, rel=0.05)
    assert result["intensity-weighted lifetime"].best == pytest.approx(6 * result["tau"].best, rel=0.05)


def test_a_lifetime_far_beyond_the_window_is_not_given_digits() -> None:
    t = np.linspace(0, 1, 60)
    y = np.exp(-t / 50) + np.random.default_rng(6).normal(0, 0.05, len(t))
    row = {r["name"]: r for r in fit_decay(t, y, components=1, counts=False).to_dict()["parameters"]}["tau"]
    assert row["value"] is None
    assert not row["determined"]
    assert "upper" in row["open"]


def test_a_model_that_does_not_describe_the_counts_is_told() -> None:
    t = np.linspace(0, 40, 400)
    counts = np.random.default_rng(7).poisson(4000 * np.exp(-t / 1.0) + 4000 * np.exp(-t / 8))
    assert "does not describe the counts" in " ".join(fit_decay(t, counts, components=1).sentences)


@pytest.mark.parametrize(
    ("t", "y", "options", "message"),
    [
        ([0, 2, 1, 3], [4, 3, 2, 1], {}, "row 3"),
        ([0, 1, 2, 3], [4, 3, -2, 1], {"counts": True}, "row 3"),
        ([0, 1, 2], [4, 3, 2], {}, "too few points"),
        ([0, 1, 2, 3], [4, 3, 2], {}, "one length"),
        (range(9), range(9), {"components": 4}, "1 to 3"),
        ([0, 1, 2, 4, 5, 6], [6, 5, 4, 3, 2, 1], {"response": [1, 0, 0, 0, 0, 0]}, "evenly spaced"),
    ],
)
def test_faults(t: list, y: list, options: dict, message: str) -> None:
    with pytest.raises(InputError, match=message):
        fit_decay(list(t), list(y), **options)


@pytest.mark.parametrize("points", [0, 1, 2])
def test_a_curve_of_too_few_points_is_refused(points):
    with pytest.raises(InputError, match="too few points|no values|empty"):
        fit_decay(np.arange(float(points)), np.ones(points))


@pytest.mark.parametrize("counts", [0.0, 40.0])
def test_flat_signal_has_no_lifetime(counts: float) -> None:
    with pytest.raises(InputError, match="does not change"):
        fit_decay(np.arange(20.0), np.full(20, counts))
