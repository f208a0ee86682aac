"""A package of somebody else, installed by pip, brings a source, a trunk and a target."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from mlcluster.errors import ConfigError
from mlcluster.plugins import installed, installed_names

CHECKOUT = Path(__file__).resolve().parents[1]
EXAMPLE = CHECKOUT / "docs" / "example_plugin"
CONFIG = """\
name: radii
experiment: plug-in
data: {source: silver_atoms, options: {count: 12}}
model: {channels: ["radius:geometry"], trunk: {name: neighbour_sums, n_layers: 1}, n_features: 8}
split: {kind: family, test: [octahedron-2, octahedron-4]}
fit: {epochs: 2}
ensemble: {members: 1}
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    command = [
        "install",
        "-q",
        "--no-index",
        "--no-deps",
        "--no-build-isolation",
        "--target",
        str(folder),
        str(EXAMPLE),
    ]
    subprocess.run([sys.executable, "-m", "pip", "--disable-pip-version-check", *command], check=True)
    return folder


def mlcluster(site: Path, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(site), str(CHECKOUT)])}
    command = [sys.executable, "-m", "mlcluster", *arguments]
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True)


@pytest.mark.slow
def test_what_it_brings_trains_a_model_that_answers(site: Path, tmp_path: Path) -> None:
    (tmp_path / "radii.yaml").write_text(CONFIG)
    trained = mlcluster(site, "train", "radii.yaml", "--json", cwd=tmp_path)
    assert trained.returncode == 0, trained.stderr
    result = json.loads(trained.stdout)
    assert any(name.startswith("test/radius:geometry/network/") for name in result["metrics"])
    card = (Path(result["model"]) / "MODEL_CARD.md").read_text()
    assert "sums over neighbours" in card
    # In a process that knows nothing of the package the model is refused by name, not misread.
    lines = ["6", "charge=0 Properties=species:S:1:pos:R:3"] + [
        f"Ag {x} {y} {z}" for x, y, z in ((2, 0, 0), (-2, 0, 0), (0, 2, 0), (0, -2, 0), (0, 0, 2), (0, 0, -2))
    ]
    (tmp_path / "ag6.xyz").write_text("\n".join(lines) + "\n")
    asked = ("predict", "ag6.xyz", "--model", result["model"], "--level", "network", "--json")
    answered = mlcluster(site, *asked, cwd=tmp_path)
    assert answered.returncode == 0, answered.stderr
    (radius,) = [row for row in json.loads(answered.stdout) if row["target"] == "radius"]
    assert radius["unit"] == "angstrom" and radius["lower"] <= radius["value"] <= radius["upper"]
    alone = mlcluster(tmp_path / "nowhere", *asked, cwd=tmp_path)
    assert alone.returncode != 0
    assert "neighbour_sums" in alone.stderr


def test_a_name_that_nobody_brings(site: Path, tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_text(CONFIG.replace("silver_atoms", "silver_atmos"))
    done = mlcluster(site, "train", "c.yaml", cwd=tmp_path)
    assert done.returncode == 2
    assert "silver_atmos" in done.stderr and "Traceback" not in done.stderr


def made(folder: Path, package: str, value: str, name: str = "thing", group: str = "sources") -> None:
    """A distribution as pip leaves it, without its code."""
    info = folder / f"{package}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[mlcluster.{group}]\n{name} = {value}\n")


def test_broken_and_doubled_packages_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    assert installed("sources", "thing") is None
    made(tmp_path, "first", "no_such_module:SOURCE")
    assert installed_names("sources") == ["thing"]
    with pytest.raises(ConfigError, match=r"cannot import.*ModuleNotFoundError.*package first"):
        installed("sources", "thing")
    made(tmp_path, "second", "math:pi")
    with pytest.raises(ConfigError, match="first and second"):
        installed("sources", "thing")


def test_what_is_no_source_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from mlcluster.data.sources import get_source

    monkeypatch.syspath_prepend(str(tmp_path))
    made(tmp_path, "odd", "math:pi", name="odd_thing")
    with pytest.raises(ConfigError, match="no source under that name"):
        get_source("odd_thing")


def test_a_target_that_cannot_be_declared_costs_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from mlcluster.labels.own_targets import declare_installed

    monkeypatch.syspath_prepend(str(tmp_path))
    made(tmp_path, "lame", "math:pi", name="lame_thing", group="targets")
    with pytest.warns(UserWarning, match="no declaration of a target"):
        declare_installed.__wrapped__()
