from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from mlcluster.errors import ConfigError, DataError, InputError, MlclusterError, ModelError, StructureError


def test_message_names_file_site_found_expected_and_next_step() -> None:
    error = StructureError(
        "atoms too close.", file=Path("a.cif"), site="Au3", found=0.4, expected="2.5", hint="Look at it."
    )
    assert str(error) == "a.cif, Au3: atoms too close. Found: 0.4. Expected: 2.5. Look at it."


def test_message_without_details_is_the_sentence_alone() -> None:
    assert str(InputError("no atoms.")) == "no atoms."


def test_zero_and_empty_text_are_found_values() -> None:
    assert "Found: 0." in str(InputError("bad count.", found=0))


@pytest.mark.parametrize("kind", [InputError, StructureError, ConfigError, ModelError, DataError])
def test_every_kind_crosses_a_process_border_unchanged(kind: type[MlclusterError]) -> None:
    error = kind("what.", file="f", site="s", found=1, expected=2, hint="Next.")
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is kind
    assert str(copy) == str(error)
    assert (copy.file, copy.site, copy.found, copy.expected, copy.hint) == ("f", "s", "1", "2", "Next.")
    assert isinstance(copy, MlclusterError)


def test_placing_keeps_the_kind_and_what_is_named_already() -> None:
    placed = DataError("wrong unit.", site="row 3", found="nm").placed(file="table.csv", site="row 9")
    assert type(placed) is DataError
    assert str(placed) == "table.csv, row 3: wrong unit. Found: nm."
    assert placed.placed(file="other.csv").file == "table.csv"
