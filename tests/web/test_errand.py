"""What a child process does: within its memory, in its folder, with one message whatever happens."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

import mlcluster
from mlcluster.web import errand as errands
from mlcluster.web.errand import Errand, carry_out

SILVER = "2\na pair\nAg 0 0 0\nAg 0 0 2.8\n"


def made(folder: Path, stage: str, *files: tuple[str, str], **options: object) -> Errand:
    (folder / "uploads").mkdir(parents=True)
    for name, text in files:
        (folder / "uploads" / name).write_text(text)
    return Errand(
        stage=stage,
        folder=folder,
        result=folder / "result-0.json",
        files=[name for name, _ in files],
        options=options,
        memory=4_000_000_000,
        max_seconds=60.0,
        file_bytes=1_000_000,
    )


def test_the_result_is_what_the_verb_gives_under_the_name_of_the_file(tmp_path: Path) -> None:
    errand = made(tmp_path, "inspect", ("pair.xyz", SILVER), charge=2)
    before = Path.cwd()
    assert carry_out(errand)["error"] is None
    (row,) = json.loads((tmp_path / "result-0.json").read_text())
    assert Path.cwd() == before
    assert (row["file"], row["clusters"][0]["charge"]) == ("pair.xyz", 2)
    (tmp_path / "pair.xyz").write_text(SILVER)
    (direct,) = mlcluster.inspect(tmp_path / "pair.xyz", charge=2)
    assert json.loads(json.dumps(direct["clusters"])) == row["clusters"]


def test_a_failure_is_one_message_without_the_place_on_this_machine(tmp_path: Path) -> None:
    errand = made(tmp_path, "structure", ("bad.cif", "data_x\nloop_\n_atom_site_label\n"))
    error = carry_out(errand)["error"]
    assert error.startswith("bad.cif, data_x: ") and str(tmp_path) not in error
    assert not (tmp_path / "result-0.json").exists()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="memory is limited by the system, on Linux")
def test_memory_is_limited_and_free_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import mlcluster.web.verb_work as verb_work

    monkeypatch.setattr(verb_work, "inspect", lambda errand: len(bytearray(2_000_000_000)))
    errand = made(tmp_path, "inspect")
    tight = Errand(**{**vars(errand), "memory": 200_000_000})
    assert "more than 0.2 GB" in carry_out(tight)["error"]
    assert carry_out(errand)["error"] is None


def test_an_error_nobody_foresaw_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import mlcluster.web.verb_work as verb_work

    def fail(errand: Errand) -> None:
        raise RecursionError(f"deep in {errand.folder}/uploads/x")

    monkeypatch.setattr(verb_work, "inspect", fail)
    assert carry_out(made(tmp_path, "inspect"))["error"] == "unexpected RecursionError: deep in x"


def test_a_question_in_words_opens_no_file(tmp_path: Path) -> None:
    secret = tmp_path / "secret.xyz"
    secret.write_text(SILVER.replace("a pair", "charge=2 hidden words"))
    for query in (str(secret), "../secret.xyz", "secret.xyz"):
        folder = tmp_path / f"job{len(query)}"
        error = carry_out(made(folder, "known", query=query))["error"]
        assert error is not None and "hidden" not in error


def test_a_screen_opens_no_table_of_other_files(tmp_path: Path) -> None:
    (tmp_path / "secret.xyz").write_text(SILVER)
    table = f"file,charge\n{tmp_path / 'secret.xyz'},0\n"
    errand = made(tmp_path / "job", "screen", ("list.csv", table), ("list.csv.gz", table), ("x.parquet", "x"))
    assert carry_out(errand)["error"] is None
    rows = json.loads((tmp_path / "job" / "result-0.json").read_text())
    assert [row["error"] for row in rows] == [f"{name}: no structure file." for name in errand.files]


def test_every_stage_has_a_function() -> None:
    from importlib import import_module

    for stage in errands.STAGES.values():
        module, name = stage.function.split(".")
        assert callable(getattr(import_module(f"mlcluster.web.{module}"), name))
