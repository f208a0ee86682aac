"""What cannot be written, or asked for together, is refused before a model or data are read."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from mlcluster.cli.main import app
from mlcluster.design.frameworks import build
from mlcluster.errors import InputError
from mlcluster.runs import check_place

CONFIG = Path(__file__).resolve().parents[2] / "configs" / "quickstart.yaml"


def too_late(*arguments: object, **options: object) -> Any:
    raise AssertionError("work was done before the refusal")


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory with a cluster and a screen that hold nothing; what loads models and data fails."""
    (tmp_path / "a.xyz").write_text(build("m3-phosphine").to_xyz())
    (tmp_path / "decay.csv").write_text("time (us),counts\n0,9\n1,5\n2,3\n")
    (tmp_path / "rows.csv").write_text("nothing,of,this\n1,2,3\n")
    (tmp_path / "pairs.csv").write_text("left,right\n1,2\n")
    (tmp_path / "folder.csv").mkdir()
    (tmp_path / "folder.html").mkdir()
    (tmp_path / "folder.svg").mkdir()
    (tmp_path / "screen").mkdir()
    for name in (
        "mlcluster.prediction.predict.load_ensemble",
        "mlcluster.experiment.cite._open",
        "mlcluster.prediction.rank.read_screen",
        "mlcluster.experiment.runs_compare.compare_runs",
        "mlcluster.data.compute.labelling.entries",
        "mlcluster.data.splitters.load",
        "mlcluster.data.splitters.load_together",
        "mlcluster.design.capped_model.parent_cluster",
        "mlcluster.photophysics.emission_fits.columns_of",
        "mlcluster.training.run_record.begun",
    ):
        monkeypatch.setattr(name, too_late)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ("predict a.xyz --out folder.csv", "cannot be written"),
        ("predict a.xyz --report folder.html", "cannot be written"),
        ("predict a.xyz --declare S:nothing", "nothing"),
        ("predict a.xyz --own absent", "absent"),
        ("inspect a.xyz --report absent/page.html", "no such directory"),
        ("compare a.xyz a.xyz --report folder.html", "cannot be written"),
        ("compare a.xyz a.xyz --out absent/rows.csv", "no such directory"),
        ("compare a.xyz a.xyz --as cousins", "unknown relation"),
        ("compare a.xyz a.xyz --records nobody nothing", "no such record"),
        ("compare a.xyz a.xyz --declare S:nothing", "nothing"),
        ("compare --pairs pairs.csv", "Expected: a, b"),
        ("screen a.xyz --out decay.csv", "decay.csv"),
        ("screen absent.xyz --out out", "absent.xyz"),
        ("screen a.xyz --out out --refine 3", "--want"),
        ("screen a.xyz --out out --refine 3 --want colour>3", "colour"),
        ("rank screen --want gap>1 --map folder.html", "cannot be written"),
        ("rank screen --want gap>1 --out folder.csv", "cannot be written"),
        ("rank screen --want colour>1", "colour"),
        ("runs compare a b --report folder.html", "cannot be written"),
        ("runs list --out folder.csv", "cannot be written"),
        ("data compute a.xyz --out decay.csv/x", "no such directory"),
        ("data split gfn1_models --out absent/split.json", "no such directory"),
        ("data link --cifs screen --out folder.csv", "cannot be written"),
        ("design cap a.xyz --out decay.csv", "cannot be written"),
        ("fit decay decay.csv --out folder.csv", "cannot be written"),
        ("fit decay decay.csv --out rows.txt", ".csv or .xlsx"),
        ("fit decay decay.csv --plot folder.svg", "cannot be written"),
        ("cite rows.csv", "rows.csv"),
        ("train {config} --register a/b", "cannot have this name"),
        ("train {config} --resume nobody", "nobody"),
        ("train {config} --set data.colour=3", "colour"),
        ("evaluate {config} --part 1/2 --tag a=b", "no run to resume or to tag"),
        ("evaluate {config} --part 3/2", "no part of anything"),
    ],
)
def test_it_is_refused_before_any_work(args: str, message: str, place: Path) -> None:
    result = CliRunner().invoke(app, [word.format(config=CONFIG) for word in args.split()])
    assert result.exit_code == 2, result.output
    assert message in " ".join(result.stderr.replace("\u2502", " ").split()), result.stderr
    assert "work was done" not in result.stderr


def test_places_that_can_be_written_are_let_through(tmp_path: Path) -> None:
    check_place(None)
    check_place(tmp_path / "new.csv")
    check_place(tmp_path / "new" / "deeper", directory=True)
    check_place(tmp_path, directory=True)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_is_read_only_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    try:
        for directory in (False, True):
            with pytest.raises(InputError, match="no permission"):
                check_place(tmp_path / "new", directory=directory)
    finally:
        tmp_path.chmod(0o700)
