"""One item of a source that cannot be used costs no other: it is listed, and the rest is prepared."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from typer.testing import CliRunner

from mlcluster.cli.main import app
from mlcluster.data.failures import listed_failures, one_item
from mlcluster.data.frames import read_frames
from mlcluster.data.preparation import prepare
from mlcluster.errors import DataError, InputError
from tests.structure.made_cif import cif


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two CIFs that can be read, one in part, and four that cannot."""
    monkeypatch.setenv("MLCLUSTER_DATA_DIR", str(tmp_path / "data"))
    copy = tmp_path / "copy"
    copy.mkdir()
    (copy / "good.cif").write_text(cif())
    (copy / "partly.cif").write_text(cif(name="one") + cif(name="two", cell=("?", 16, 16, 90, 90, 90)))
    (copy / "cut.cif").write_text(cif()[:300])
    (copy / "charge.cif").write_text(cif(extra="_mlcluster_charge 1e400"))
    os.mkfifo(copy / "pipe.cif")
    with open(os.fsencode(copy) + b"/M\xfcller.cif", "w") as stream:
        stream.write("data_x\n")
    return copy


def test_what_can_be_used_is_prepared_and_the_rest_is_listed(folder: Path) -> None:
    done = prepare("cod", folder, partial=True)
    assert done.entries == 2
    assert [Path(item.name).name for item in done.failed] == [
        r"M\udcfcller.cif",
        "charge.cif",
        "cut.cif",
        "partly.cif",
        "pipe.cif",
    ] or len(done.failed) == 5
    said = " ".join(item.error for item in done.failed)
    assert "device, pipe or socket" in said and "data_two" in said and "whole number" in said
    with pytest.raises(DataError, match="cut.cif cannot be used"):
        prepare("cod", folder)


def test_the_command_lists_them_and_exits_with_1(folder: Path) -> None:
    done = CliRunner().invoke(app, ["data", "prepare", "cod", "--from", str(folder), "--partial", "--json"])
    assert done.exit_code == 1
    assert len(json.loads(done.stdout)["failed"]) == 5 and "pipe.cif" in done.stderr


def test_a_bad_frame_costs_no_other(tmp_path: Path) -> None:
    path = tmp_path / "set.extxyz"
    good = "1\nname={}\nAu 0 0 0\n"
    path.write_text(good.format("a") + "1\n\nAu 0 x 0\n" + good.format("b"))
    with listed_failures() as failed:
        assert [frame.info["name"] for frame in read_frames(path)] == ["a", "b"]
    assert [item.name for item in failed] == [f"{path}, frame 2"]
    with pytest.raises(InputError, match="frame 2"):
        list(read_frames(path))
    path.write_text(good.format("a") + "x\n" + good.format("b"))
    with listed_failures() as failed:
        assert len(list(read_frames(path))) == 1, "where the next frame begins is not known"
    assert len(failed) == 1
    path.write_text("999999999999\n\nAu 0 0 0\n")
    with pytest.raises(InputError, match="1 of 999999999999 atoms"):
        list(read_frames(path))


def test_without_a_list_it_is_raised() -> None:
    with pytest.raises(ZeroDivisionError), one_item("x"):
        raise ZeroDivisionError
