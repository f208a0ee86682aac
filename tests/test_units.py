from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlcluster.units import EV_NM, HARTREE_EV, ev_to_nm, nm_to_ev

positive = st.floats(min_value=1e-3, max_value=1e4)


def test_constants_are_those_of_codata_2018() -> None:
    planck, light, charge = 6.62607015e-34, 299792458.0, 1.602176634e-19
    assert pytest.approx(planck * light / charge * 1e9, rel=1e-12) == EV_NM
    assert pytest.approx(4.3597447222071e-18 / charge, rel=1e-11) == HARTREE_EV


@given(positive)
def test_there_and_back(energy: float) -> None:
    assert nm_to_ev(ev_to_nm(energy)) == pytest.approx(energy, rel=1e-12)
