from __future__ import annotations

import pytest

from mlcluster.errors import DataError
from mlcluster.labels import LabelRecord, require_trainable, trainable
from mlcluster.labels.label_records import EXCLUDED_BY_DEFAULT


def record(**changes: object) -> LabelRecord:
    fields = {"entry": "a", "target": "gap", "method": "optical", "value": 1.5, "unit": "eV"}
    return LabelRecord(**(fields | changes))  # type: ignore[arg-type]


def test_value_is_stored_in_the_unit_of_its_target() -> None:
    made = record(target="quantum_yield", method="measured", value=47.63, unit="percent")
    assert made.unit == "fraction" and made.value == pytest.approx(0.4763) and made.bound is None


@pytest.mark.parametrize(
    "changes",
    [{"unit": ""}, {"unit": "nm"}, {"method": ""}, {"value": float("nan")}, {"target": "colour"}, {"bound": "about"}],
)
def test_bad_records_are_refused_and_named(changes: dict) -> None:
    with pytest.raises(DataError, match="^a: "):
        record(**changes)


def test_full_yield_is_a_bound() -> None:
    full = record(target="quantum_yield", method="measured", value=1.0, unit="fraction")
    none = record(target="quantum_yield", method="measured", value=0.0, unit="fraction")
    assert (full.bound, none.bound) == ("lower", "upper")
    assert none.model_value < 0.0 < full.model_value < 20.0


def test_bounds_follow_the_unit() -> None:
    at_least_nm = record(target="emission", method="measured", value=900.0, unit="nm", bound="lower")
    at_most_ev = record(target="emission", method="measured", value=1.3776, unit="eV", bound="upper")
    assert at_least_nm.bound == at_most_ev.bound == "lower"
    assert at_least_nm.model_bound == at_most_ev.model_bound == "upper"


def test_gate_refuses_touchstones_and_names_them() -> None:
    good, touchstone = record(), record(entry="E", flags=frozenset({"TOUCHSTONE"}))
    assert trainable([good, touchstone]) == [good]
    assert require_trainable([good]) == [good]
    with pytest.raises(DataError, match=r"E gap \(TOUCHSTONE\)"):
        require_trainable([good, touchstone])


def test_nothing_lifts_the_ban_on_touchstones() -> None:
    touchstone = record(flags=frozenset({"TOUCHSTONE"}))
    unflagged = record(entry="Au13Ag12_PPh3_10_Cl8_E")
    for refused in (touchstone, unflagged):
        assert trainable([refused], allow={"TOUCHSTONE"}) == []
        with pytest.raises(DataError, match="TOUCHSTONE"):
            require_trainable([refused], allow={"TOUCHSTONE"})


@pytest.mark.parametrize("flag", sorted(EXCLUDED_BY_DEFAULT))
def test_other_reservations_can_be_lifted(flag: str) -> None:
    doubtful = record(flags=frozenset({flag}))
    assert trainable([doubtful]) == []
    assert require_trainable([doubtful], allow={flag}) == [doubtful]
