from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlcluster.errors import DataError
from mlcluster.labels import TARGETS, Channel, get_target
from mlcluster.labels.methods import METHODS, methods_of

RANGES = {"gap": (0.0, 20.0), "emission": (200.0, 5000.0), "quantum_yield": (1e-4, 1 - 1e-4), "lifetime": (1e-9, 1e9)}


@pytest.mark.parametrize("name", RANGES)
@given(share=st.floats(0.0, 1.0))
def test_model_space_and_back(name: str, share: float) -> None:
    low, high = RANGES[name]
    value = low + share * (high - low)
    target = TARGETS[name]
    assert math.isclose(float(target.from_model(target.to_model(value))), value, rel_tol=1e-9, abs_tol=1e-12)


@pytest.mark.parametrize("name", RANGES)
@given(ends=st.tuples(st.floats(0.0, 1.0), st.floats(0.0, 1.0)))
def test_interval_keeps_its_lower_end_first_and_its_content(name: str, ends: tuple[float, float]) -> None:
    low, high = RANGES[name]
    a, b = sorted(low + share * (high - low) for share in ends)
    target = TARGETS[name]
    x = sorted(float(target.to_model(value)) for value in (a, b))
    lower, upper = target.interval_from_model(*x)
    assert lower <= upper
    assert math.isclose(lower, a, rel_tol=1e-9, abs_tol=1e-9) and math.isclose(upper, b, rel_tol=1e-9, abs_tol=1e-9)


def test_transforms_work_on_arrays() -> None:
    nm = np.array([[700.0, 900.0], [500.0, 1200.0]])
    target = get_target("emission")
    assert target.to_model(nm).shape == nm.shape
    assert np.allclose(target.from_model(target.to_model(nm)), nm)
    lower, upper = target.interval_from_model(np.array([1.2, 1.6]), np.array([1.3, 1.9]))
    assert (lower < upper).all()


@pytest.mark.parametrize(("value", "kind"), [(1.0, "lower"), (0.0, "upper"), (3e-7, "upper"), (0.47, None)])
def test_yield_at_the_end_of_the_scale_is_a_finite_bound(value: float, kind: str | None) -> None:
    target = get_target("quantum_yield")
    assert target.is_bound(value) == kind
    assert math.isfinite(float(target.to_model(value)))


def test_bound_changes_direction_with_emission_only() -> None:
    assert get_target("emission").bound_in_model("lower") == "upper"
    assert get_target("lifetime").bound_in_model("lower") == "lower"


@pytest.mark.parametrize(
    ("name", "value", "unit", "expected"),
    [
        ("gap", 2170.0, "meV", 2.17),
        ("emission", 1.6984, "eV", 730.0),
        ("quantum_yield", 47.63, "percent", 0.4763),
        ("lifetime", 3820.0, "ns", 3.82),
    ],
)
def test_units_are_converted(name: str, value: float, unit: str, expected: float) -> None:
    assert get_target(name).convert(value, unit) == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize(
    ("name", "value", "unit"),
    [
        ("gap", 1.2, None),
        ("gap", 1.2, ""),
        ("gap", 700.0, "nm"),
        ("quantum_yield", 47.0, "fraction"),
        ("emission", 730.0, "eV"),
        ("emission", 1.7, "nm"),
        ("lifetime", -1.0, "us"),
    ],
)
def test_missing_wrong_and_swapped_units_are_refused(name: str, value: float, unit: str | None) -> None:
    with pytest.raises(DataError, match="Expected"):
        get_target(name).convert(value, unit)


def test_unknown_names_suggest_the_nearest() -> None:
    with pytest.raises(DataError, match="Did you mean emission"):
        get_target("emision")
    with pytest.raises(DataError, match="Did you mean gfn1-xtb"):
        Channel("gap", "gfn1xtb")
    with pytest.raises(DataError, match="target:method"):
        Channel.parse("gap")
    with pytest.raises(DataError, match="unknown method for emission"):
        Channel("emission", "optical")


def test_every_target_has_a_method_and_every_method_a_target() -> None:
    for name in TARGETS:
        for method in methods_of(name):
            assert Channel.parse(f"{name}:{method}") == Channel(name, method)
    assert {t for m in METHODS.values() for t in m.targets} == set(TARGETS)
