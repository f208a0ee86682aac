"""Hand-written CIFs, one for each trap."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import mlcluster
from mlcluster.structure import ReadResult


@pytest.fixture
def read_cif(test_data: Path) -> Callable[..., list[ReadResult]]:
    """Read ``tests/data/cif/<name>.cif``."""

    def reader(name: str, **options: object) -> list[ReadResult]:
        return mlcluster.read(test_data / "cif" / f"{name}.cif", **options)  # type: ignore[arg-type]

    return reader


@pytest.fixture
def read_one(read_cif: Callable[..., list[ReadResult]]) -> Callable[..., ReadResult]:
    """The same where exactly one cluster is expected."""

    def reader(name: str, **options: object) -> ReadResult:
        (result,) = read_cif(name, **options)
        return result

    return reader
