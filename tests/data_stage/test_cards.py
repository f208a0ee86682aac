"""Cards of data: complete for every bundled data set and source, and written for every run."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mlcluster.data import SOURCES, load, only_trainable
from mlcluster.data.data_card import data_card
from mlcluster.errors import InputError
from mlcluster.labels import Channel
from mlcluster.resources import dataset_dir
from tests.data_stage.dataset_card import DatasetCard, read_dataset_card

DATASETS = sorted(path.parent for path in dataset_dir("literature").parent.glob("*/CARD.md"))


def test_every_data_set_has_a_card() -> None:
    folders = {path for path in DATASETS[0].parent.iterdir() if path.is_dir() and any(path.glob("*.*"))}
    assert folders == set(DATASETS) and len(DATASETS) >= 5


@pytest.mark.parametrize("folder", DATASETS, ids=lambda path: path.name)
def test_cards_of_data_sets_are_whole(folder: Path) -> None:
    card = read_dataset_card(folder / "CARD.md")
    assert card.title.startswith(f"{folder.name}: ") and "CC-BY-4.0" in card.licence
    for channel in re.findall(r"`(\w+:[\w-]+)`", card.labels):
        assert Channel.parse(channel).key == channel
    files = {path.name for path in folder.iterdir() if path.is_file()} - {"CARD.md"}
    named = set(re.findall(r"`([\w.]+\.(?:csv|xyz|parquet|py))`", card.files))
    assert named == files, "the card names the files that are there"


@pytest.mark.parametrize("field", [name for name in DatasetCard.model_fields if name != "title"])
def test_a_missing_field_is_refused(tmp_path: Path, field: str) -> None:
    text = (dataset_dir("gfn1_models") / "CARD.md").read_text(encoding="utf-8")
    mark = "## Known traps" if field == "traps" else f"**{field.capitalize()}.**"
    assert mark in text
    (tmp_path / "CARD.md").write_text(text.replace(mark, ""), encoding="utf-8")
    with pytest.raises(InputError, match=f"{field}: the card of this data set is not whole"):
        read_dataset_card(tmp_path / "CARD.md")


@pytest.mark.parametrize("name", SOURCES)
def test_cards_of_sources_are_whole(name: str) -> None:
    card = SOURCES[name].card
    for field in ("what", "method", "licence", "citation", "obtain"):
        assert len(getattr(card, field)) >= 3, field
    assert card.traps and all(trap.endswith(".") for trap in card.traps)
    for channel, count in card.labels.items():
        assert Channel.parse(channel).key == channel and 0 < count <= card.entries


def test_card_of_a_run_counts_what_it_has() -> None:
    items = only_trainable(load("frameworks"), ["gap:gfn1-xtb", "gap:dft-pbe-lanl2dz"])
    text = data_card(items, ["gap:gfn1-xtb", "gap:dft-pbe-lanl2dz"], "f" * 64)
    # The numbers of datasets/computed_frameworks/CARD.md.
    assert "125 entries" in text and "f" * 64 in text and "CC-BY-4.0" in text
    assert "M4X4 13" in text
    for channel, count, low, high in (("gap:gfn1-xtb", 51, 0.56, 4.57), ("gap:dft-pbe-lanl2dz", 101, 0.77, 5.46)):
        row = next(line for line in text.splitlines() if line.startswith(f"| `{channel}` |")).strip("| ").split(" | ")
        assert row[1:4] == ["eV", str(count), "0"]
        assert (float(row[4]), float(row[5])) == pytest.approx((low, high), abs=0.005)
