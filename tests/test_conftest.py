"""Tests that need the structures of other groups are skipped without them, and fail where they have to run."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.parametrize(
    ("variables", "present", "outcome"),
    [
        ({}, False, "1 skipped"),
        ({"CI": "true"}, False, "1 skipped"),
        ({"MLCLUSTER_REQUIRE_SHARED": "1"}, False, "1 error"),
        ({"MLCLUSTER_REQUIRE_SHARED": "1"}, True, "1 passed"),
    ],
)
def test_shared_data(tmp_path: Path, variables: dict[str, str], present: bool, outcome: str) -> None:
    tests = tmp_path / "checkout" / "tests"
    tests.mkdir(parents=True)
    for name in ("conftest.py", "at_hand.py"):
        shutil.copy(Path(__file__).with_name(name), tests)
    (tests / "test_it.py").write_text("def test_it(shared_data): assert (shared_data / 'here').exists()\n")
    if present:
        (tmp_path / "shared" / "data" / "here").mkdir(parents=True)
    mine = ("MLCLUSTER_SHARED_DATA", "MLCLUSTER_REQUIRE_SHARED", "PYTEST_ADDOPTS", "CI")
    environment = {key: value for key, value in os.environ.items() if key not in mine} | variables
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tests)]
    done = subprocess.run(command, cwd=tmp_path / "checkout", env=environment, capture_output=True, text=True)
    assert outcome in done.stdout.splitlines()[-1]
