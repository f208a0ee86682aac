"""A project may lie in a folder of any name: its database is in it, and nothing else is made beside it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlcluster.tracking import RunStore
from mlcluster.tracking.run_records import sqlite_file, sqlite_uri


@pytest.mark.parametrize("name", ["My%20Project", "q?x", "100%41", "%"])
def test_runs_are_kept_in_the_folder_itself(new_project: Callable[[], Path], tmp_path: Path, name: str) -> None:
    shutil.copytree(new_project(), tmp_path / name)
    store = RunStore(tmp_path / name)
    run = store.start("an experiment", "first")
    run.finish()
    assert (tmp_path / name / ".mlcluster" / "mlflow.db").is_file()
    assert [record.name for record in RunStore(tmp_path / name).records()] == ["first"]
    assert [path.name for path in tmp_path.iterdir()] == [name]


@given(st.text(st.characters(codec="utf-8", exclude_characters="/\0"), min_size=1, max_size=12))
def test_an_address_leads_back_to_its_file(name: str) -> None:
    file = Path("/projects") / name / ".mlcluster" / "mlflow.db"
    assert sqlite_file(sqlite_uri(file)) == file


def test_other_addresses_are_no_file() -> None:
    assert sqlite_file("http://127.0.0.1:5000") is None and sqlite_file("postgresql://a/b%20c") is None
