from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlcluster.errors import InputError
from mlcluster.photophysics.rates import (
    implausible_rates,
    lifetime_us,
    nonradiative_rate,
    quantum_yield,
    radiative_rate,
)


@pytest.mark.parametrize(
    ("phi", "tau", "radiative", "dark"),
    [(0.1310, 2.65, 4.94e4, 3.28e5), (0.4763, 3.82, 1.25e5, 1.37e5)],
    ids=["Au21", "Au22"],
)
def test_the_published_rates_follow_from_yield_and_lifetime(
    phi: float, tau: float, radiative: float, dark: float
) -> None:
    assert radiative_rate(phi, tau) == pytest.approx(radiative, rel=4e-3)
    assert nonradiative_rate(phi, tau) == pytest.approx(dark, rel=4e-3)


@given(st.floats(0.001, 1.0), st.floats(1e-4, 1e4))
def test_rates_and_measured_numbers_are_two_forms_of_the_same(phi: float, tau: float) -> None:
    rates = radiative_rate(phi, tau), nonradiative_rate(phi, tau)
    assert quantum_yield(*rates) == pytest.approx(phi)
    assert lifetime_us(*rates) == pytest.approx(tau)


@pytest.mark.parametrize(("phi", "tau"), [(47.0, 3.8), (-0.1, 3.8), (0.5, 0.0), (0.5, -1.0), (float("nan"), 1.0)])
def test_impossible_numbers_are_refused(phi: float, tau: float) -> None:
    with pytest.raises(InputError):
        radiative_rate(phi, tau)
    with pytest.raises(InputError):
        nonradiative_rate(phi, tau)


@pytest.mark.parametrize("function", [quantum_yield, lifetime_us])
@pytest.mark.parametrize("rates", [(0.0, 0.0), (-1.0, 2.0), (1.0, float("nan"))])
def test_impossible_rates_are_refused(function: object, rates: tuple[float, float]) -> None:
    with pytest.raises(InputError):
        function(*rates)  # type: ignore[operator]


def test_a_lifetime_in_the_wrong_unit_gives_a_rate_no_molecule_has() -> None:
    assert implausible_rates(0.4763, 3.82) == []
    assert "radiative" in implausible_rates(0.4763, 3.82e-6)[0]
    assert "radiative" in implausible_rates(0.4763, 3.82e6)[0]
    assert implausible_rates(0.0, 1.0) == []
    assert "nonradiative" in implausible_rates(0.0, 1e-8)[0]
