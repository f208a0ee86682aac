from __future__ import annotations

import csv

import pytest

from mlcluster.errors import DataError
from mlcluster.labels.label_records import EXCLUDED_BY_DEFAULT, FLAGS, check_flag
from mlcluster.resources import dataset_dir


def test_every_flag_of_the_table_has_a_meaning() -> None:
    with open(dataset_dir("literature") / "measurements.csv", encoding="utf-8", newline="") as handle:
        used = {flag for row in csv.DictReader(handle) for flag in row["flags"].split("|") if flag}
    assert len(used) == 13
    for flag in used:
        check_flag(flag)
        assert FLAGS[flag].meaning


def test_which_flags_keep_a_label_from_training() -> None:
    assert {name for name, flag in FLAGS.items() if flag.trains} == {
        "LOWER_BOUND", "SECONDARY_SOURCE", "DERIVED_VALUE", "PERIPHERAL"
    }  # fmt: skip
    assert {name for name, flag in FLAGS.items() if not flag.liftable} == {"TOUCHSTONE"}
    assert EXCLUDED_BY_DEFAULT == {name for name, flag in FLAGS.items() if not flag.trains} - {"TOUCHSTONE"}


def test_an_unknown_flag_names_the_nearest() -> None:
    with pytest.raises(DataError, match="Did you mean TOUCHSTONE"):
        check_flag("touchston")
