"""Onsets of absorption, and rates with their errors."""

from __future__ import annotations

import numpy as np
import pytest

from mlcluster.errors import InputError
from mlcluster.photophysics.optical_gap import fit_gap
from mlcluster.photophysics.rate_comparison import Emission, compare_rates, rates
from mlcluster.units import EV_NM


def spectrum(gap: float, noise: float = 0.001, jacobian: bool = True) -> tuple[np.ndarray, np.ndarray]:
    """A first band that rises straight from `gap` over 0.4 eV, on the scale asked for."""
    e = np.linspace(1.1, 3.2, 400)
    rise = 0.3 * np.clip((e - gap) / 0.4, 0, 1)
    if jacobian:
        rise = rise / (EV_NM / e / 500) ** 2
    return e, rise + np.random.default_rng(0).normal(0, noise, len(e))


@pytest.mark.parametrize("gap", [1.72, 2.17])
@pytest.mark.parametrize("jacobian", [True, False])
def test_the_gaps_of_both_isomers(gap: float, jacobian: bool) -> None:
    # 10.1038/s41467-020-19789-4: 1.72 eV of S, 2.17 eV of E.
    result = fit_gap(*spectrum(gap, jacobian=jacobian), jacobian=jacobian)
    assert result["gap"].best == pytest.approx(gap, abs=0.015)
    low, high = (result.statistics["gap_of_other_windows"][end] for end in ("lowest", "highest"))
    assert low <= result["gap"].best <= high
    assert result.statistics["gap_of_other_windows"]["windows"] > 1
    assert "Other windows lead" in " ".join(result.sentences)


def test_the_jacobian_moves_an_onset_and_is_told() -> None:
    with_it = fit_gap(*spectrum(1.72))
    assert with_it.statistics["gap_on_the_other_scale"] != pytest.approx(with_it["gap"].best, abs=0.01)
    assert "Without the Jacobian" in " ".join(with_it.sentences)


def test_a_stated_window_and_a_tauc_plot() -> None:
    e = np.linspace(1.0, 3.0, 400)
    direct = np.sqrt(np.maximum(e - 1.9, 0)) / e
    result = fit_gap(e, direct, tauc="direct", window=(2.0, 2.6), baseline=(1.0, 1.8))
    assert result["gap"].best == pytest.approx(1.9, abs=1e-3)
    indirect = np.maximum(e - 1.9, 0) ** 2 / e
    assert fit_gap(e, indirect, tauc="indirect", window=(2.0, 2.6), baseline=(1.0, 1.8))["gap"].best == pytest.approx(
        1.9, abs=1e-3
    )


@pytest.mark.parametrize(
    ("e", "a", "options", "message"),
    [
        (np.linspace(1, 2, 5), np.zeros(5), {}, "12 or more"),
        (np.linspace(1, 2, 50), np.linspace(0, 1, 50), {}, "nothing absorbs"),
        (np.linspace(1, 2, 50), np.zeros(50), {"tauc": "forbidden"}, "Tauc"),
        (np.linspace(1, 3, 90), np.exp(-((np.linspace(1, 3, 90) - 2) ** 2) / 0.02), {"window": (2.1, 2.3)}, "falls"),
        (np.linspace(1, 3, 90), np.exp(-((np.linspace(1, 3, 90) - 2) ** 2) / 0.02), {"window": (1.9, 1.91)}, "too few"),
    ],
)
def test_faults(e: np.ndarray, a: np.ndarray, options: dict, message: str) -> None:
    with pytest.raises(InputError, match=message):
        fit_gap(e, a, **options)


def test_published_rates_and_their_ratios() -> None:
    # 10.1038/s41467-025-65024-3: k_r 4.94e4 and 1.25e5 (x 2.5), k_nr 3.28e5 and 1.37e5 (/ 2.4).
    result = compare_rates([Emission(0.1310, 2.65, name="Au21"), Emission(0.4763, 3.82, name="Au22")])
    assert result["k_r of Au21"].best == pytest.approx(4.94e4, rel=2e-3)
    assert result["k_nr of Au22"].best == pytest.approx(1.37e5, rel=2e-3)
    assert round(result["ratio of k_r"].best, 1) == 2.5
    assert round(1 / result["ratio of k_nr"].best, 1) == 2.4
    assert "2.5 times as fast" in " ".join(result.sentences)
    assert "2.4 times slower" in " ".join(result.sentences)
    assert result["k_r of Au21"].lower is None
    assert "rates have none" in " ".join(result.sentences)


def test_errors_of_rates_by_hand() -> None:
    result = compare_rates([Emission(0.2, 2.0, 0.02, 0.1)])
    # k_r = 1e5: 10 % of the yield and 5 % of the lifetime. k_nr = 4e5: 0.02 of 0.8 and 5 %.
    assert result["k_r"].standard_error == pytest.approx(1e5 * np.hypot(0.10, 0.05))
    assert result["k_nr"].standard_error == pytest.approx(4e5 * np.hypot(0.025, 0.05))


def test_rates_of_the_wrong_unit_and_impossible_ones() -> None:
    assert "check the unit" in " ".join(compare_rates([Emission(0.5, 3.8e-6)]).sentences)
    for bad in ([], [Emission(0.1, 1.0)] * 3):
        with pytest.raises(InputError):
            compare_rates(bad)
    with pytest.raises(InputError):
        rates([(1.2, None)], [(1.0, None)])
    with pytest.raises(InputError):
        rates([(0.2, None)], [])
    with pytest.raises(InputError):
        Emission(0.1, 1.0, -0.1)
