"""Thousands of spoiled files and tables, none of which may end in anything but an answer or one clear error."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fuzz.checks import check_file, check_table
from tests.fuzz.good_files import FILES, TABLES
from tests.fuzz.mutations import ENCODINGS, changes, mutated


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fuzz")


@pytest.mark.parametrize("name", FILES)
def test_the_good_files_are_read(folder: Path, name: str) -> None:
    (folder / name).write_text(FILES[name])
    check_file(folder / name, whole=True)


@pytest.mark.parametrize("name", FILES)
@settings(max_examples=150)
@given(steps=changes, encoding=st.sampled_from(ENCODINGS), zipped=st.sampled_from((False, False, False, True)))
def test_a_spoiled_file(folder: Path, name: str, steps: list, encoding: str, zipped: bool) -> None:
    path = folder / f"{name}.gz" if zipped else folder / name
    path.write_bytes(mutated(FILES[name], steps, encoding, zipped=zipped))
    check_file(path, whole=zipped and len(steps) == 4)


@pytest.mark.parametrize("name", TABLES)
@settings(max_examples=100)
@given(steps=changes, encoding=st.sampled_from(ENCODINGS))
def test_a_spoiled_table(folder: Path, name: str, steps: list, encoding: str) -> None:
    path = folder / name
    path.write_bytes(mutated(TABLES[name], steps, encoding))
    check_table(path)
