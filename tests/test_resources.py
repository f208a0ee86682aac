from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from mlcluster import resources
from mlcluster.errors import InputError


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package directory with a data set and a config inside it and others beside it."""
    package = tmp_path / "mlcluster"
    for folder in (
        "mlcluster/_datasets/inside",
        "datasets/beside",
        "datasets/inside",
        "mlcluster/model/bundled/default",
    ):
        (tmp_path / folder).mkdir(parents=True)
    for file in ("mlcluster/_configs/a.yaml", "configs/b.yaml"):
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / file).touch()
    monkeypatch.setattr(resources, "_PACKAGE", package)
    return tmp_path


def test_the_installed_copy_comes_before_the_checkout(installed: Path) -> None:
    assert resources.dataset_dir("inside") == installed / "mlcluster/_datasets/inside"
    assert resources.dataset_dir("beside") == installed / "datasets/beside"
    assert resources.config_path("a.yaml") == installed / "mlcluster/_configs/a.yaml"
    assert resources.config_path("b.yaml") == installed / "configs/b.yaml"
    assert resources.bundled_model_dir() == installed / "mlcluster/model/bundled/default"


@pytest.mark.parametrize("find", [resources.dataset_dir, resources.config_path, resources.bundled_model_dir])
def test_what_is_not_there_is_named(installed: Path, find: Callable[[str], Path]) -> None:
    with pytest.raises(InputError, match="absent"):
        find("absent")


def test_the_message_lists_what_is_there(installed: Path) -> None:
    with pytest.raises(InputError, match="beside, inside"):
        resources.dataset_dir("absent")
    with pytest.raises(InputError, match="default"):
        resources.bundled_model_dir("absent")
