"""An installed wheel, away from the checkout, has its tables and its model, and predicts."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

from mlcluster import Cluster

CHECKOUT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel built from the checkout with the tools already here, so that no network is needed."""
    directory = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(directory)]
    run(command, cwd=CHECKOUT)
    (path,) = directory.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel installed into a directory of its own, without its dependencies."""
    target = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "pip", "install", "-q", "--no-index", "--no-deps", "--target", str(target)]
    run([*command, str(wheel)], cwd=target)
    return target


def run_away(installed: Path, cwd: Path, *args: str) -> str:
    """Standard output of python with the installed copy in front of any editable installation of the checkout."""
    environment = {**os.environ, "PYTHONPATH": str(installed), "PYTHONWARNINGS": "ignore"}
    return run([sys.executable, *args], cwd=cwd, env=environment)


def run(command: list[str], cwd: Path, env: dict[str, str] | None = None) -> str:
    done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_wheel_holds_the_package_and_its_data_and_nothing_else(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0] for name in names} == {"mlcluster", "mlcluster-0.1.0.dist-info"}
    assert "mlcluster/_configs/quickstart.yaml" in names
    for part in ("_datasets/gfn1_models/CARD.md", "_datasets/literature/CARD.md", "model/bundled/default/model.json"):
        assert f"mlcluster/{part}" in names
    for part in (
        "electronic/pair_tables.npz",
        "electronic/shell_potentials.csv",
        "web/assets/app.js",
        "web/assets/app.css",
        "report/assets/3Dmol-min.js",
        "report/templates/app.html.j2",
    ):
        assert f"mlcluster/{part}" in names
    assert any(name.startswith("mlcluster-0.1.0.dist-info/licenses/LICENSE") for name in names)


def test_installed_tables_and_model_are_found(installed: Path, tmp_path: Path) -> None:
    code = (
        "import json, mlcluster\nfrom mlcluster.resources import bundled_model_dir, config_path, dataset_dir\n"
        "found = [mlcluster.__file__, bundled_model_dir(), config_path('quickstart.yaml')]\n"
        "found += [dataset_dir(name) for name in ('gfn1_models', 'literature')]\n"
        "print(json.dumps([str(path) for path in found]))"
    )
    paths = [Path(text) for text in json.loads(run_away(installed, tmp_path, "-c", code))]
    assert paths[0] == installed / "mlcluster" / "__init__.py"
    for path in paths:
        assert path.exists()
        assert path.is_relative_to(installed)


def test_installed_wheel_predicts_with_its_bundled_model(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "au13.xyz").write_text(icosahedron().to_xyz())
    where = run_away(installed, tmp_path, "-c", "import mlcluster.prediction.predict as p; print(p.__file__)")
    assert Path(where.strip()).is_relative_to(installed)
    rows = json.loads(run_away(installed, tmp_path, "-m", "mlcluster", "predict", "au13.xyz", "--json"))
    gaps = [row for row in rows if row["target"] == "gap"]
    assert gaps
    for row in gaps:
        assert row["unit"] == "eV"
        assert row["formula"] == "Au13Cl12"
        assert row["lower"] <= row["value"] < row["upper"]  # a gap may be nothing
        assert row["applicability"] in ("inside", "outside")
        assert row["model"]


def icosahedron() -> Cluster:
    """[Au13Cl12]-: a centred gold icosahedron with a chloride on each vertex."""
    golden = (1 + 5**0.5) / 2
    ring = [(0, a, b * golden) for a in (-1, 1) for b in (-1, 1)]
    vertices = np.array([np.roll(point, shift) for point in ring for shift in range(3)])
    vertices /= np.linalg.norm(vertices[0])
    positions = np.vstack([np.zeros((1, 3)), 2.78 * vertices, (2.78 + 2.3) * vertices])
    return Cluster(numbers=[79] * 13 + [17] * 12, positions=positions, charge=-1, name="au13")
