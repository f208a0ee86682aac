"""The gallery of the documentation: its commands, its pictures, and one of them made anew in a browser."""

from __future__ import annotations

import importlib.util
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from PIL import Image

from tests.report.test_browser import chromium
from tests.test_documented_commands import complaint, words_of

__all__ = ["chromium"]

DOCS = Path(__file__).resolve().parents[2] / "docs"
LARGEST, LARGEST_IN_ALL = 150_000, 1_500_000


@pytest.fixture(scope="module")
def gallery() -> ModuleType:
    place = importlib.util.spec_from_file_location("gallery_make", DOCS / "gallery" / "make.py")
    assert place is not None and place.loader is not None
    module = importlib.util.module_from_spec(place)
    sys.modules[place.name] = module  # where the dataclasses in it are looked for
    place.loader.exec_module(module)
    return module


def files() -> Iterator[Path]:
    yield from sorted((DOCS / "gallery").glob("*.png"))


def test_every_command_can_be_given(gallery: ModuleType) -> None:
    commands = gallery.commands()
    assert len(commands) > 10
    assert [command for command in commands if complaint(words_of(command.removeprefix("mlcluster ")))] == []


def test_every_picture_is_there_small_and_made_by_a_command(gallery: ModuleType) -> None:
    told = gallery.pictures()
    assert sorted(told) == [file.stem for file in files()]
    assert set(told) == {*gallery.SHOTS, *gallery.PLOTS, "served"}
    sizes = {file.name: file.stat().st_size for file in files()}
    assert {name: size for name, size in sizes.items() if size > LARGEST} == {}
    assert sum(sizes.values()) < LARGEST_IN_ALL
    for file in files():
        with Image.open(file) as picture:
            assert picture.width <= gallery.WIDTH and len(picture.getcolors() or ()) > 8, file.name
    written = " ".join(gallery.commands())
    for name in set(told) - {"results", "served"}:
        assert f"{name}.html" in written or f"{name}.png" in written, name


def test_reports_that_are_linked_are_there_and_small(gallery: ModuleType) -> None:
    linked = re.findall(r"\(gallery/(\w+\.html)\)", gallery.PAGE.read_text(encoding="utf-8"))
    assert linked and sorted(linked) == sorted(page.name for page in (DOCS / "gallery").glob("*.html"))
    for page in linked:
        assert (DOCS / "gallery" / page).stat().st_size <= gallery.LARGEST_PAGE


@pytest.mark.browser
def test_a_picture_is_made_anew(gallery: ModuleType, chromium: str, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("MLCLUSTER_BROWSER", chromium)
    (tmp_path / "work").mkdir()
    gallery.make(tmp_path / "work", tmp_path, only=("inspected",))
    with Image.open(tmp_path / "inspected.png") as new, Image.open(DOCS / "gallery" / "inspected.png") as kept:
        assert new.size == kept.size
        gold = [n for n, colour in new.convert("RGB").getcolors(1 << 24) if colour[0] > 200 and colour[2] < 60]
    assert sum(gold) > 2000
    assert (tmp_path / "inspected.html").is_file()
