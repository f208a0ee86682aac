"""The command line with the real functions behind it, on small clusters and a network that has learned nothing."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from mlcluster import Cluster
from mlcluster.cli.main import app


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two related clusters, a file that is none, and a model."""
    import torch

    from mlcluster.levels.network import Ensemble, EnsembleMetadata, ModelConfig, build_model, save_ensemble

    directory = tmp_path_factory.mktemp("commands")
    gold = icosahedron(79, "gold")
    (directory / "gold.cif").write_text(gold.to_cif())
    (directory / "doped.xyz").write_text(icosahedron(78, "doped").to_xyz())
    (directory / "broken.cif").write_text("data_broken\nloop_\n_atom_site_label\n")
    config = ModelConfig(lmax=1, n_features=4, n_layers=1)
    metadata = EnsembleMetadata(
        residual_scale={"gap:gfn1-xtb": 0.3}, domain={"channels": {"gap:gfn1-xtb": {"elements": ["Au", "Ag"]}}}
    )
    members = [build_model(config, seed) for seed in (0, 1)]
    for member in members:
        member.set_reference(torch.tensor([1.5]), torch.tensor([0.2]))
    save_ensemble(Ensemble(members, metadata), directory / "model")
    return directory


def icosahedron(centre: int, name: str) -> Cluster:
    """[MAu12Cl12]-: a centred icosahedron with a chloride on each vertex."""
    golden = (1 + 5**0.5) / 2
    vertices = np.array([np.roll((0, a, b * golden), shift) for a in (-1, 1) for b in (-1, 1) for shift in range(3)])
    vertices /= np.linalg.norm(vertices[0])
    positions = np.vstack([np.zeros((1, 3)), 2.78 * vertices, (2.78 + 2.3) * vertices])
    return Cluster(numbers=[centre] + [79] * 12 + [17] * 12, positions=positions, charge=-1, name=name)


def run(folder: Path, *args: str) -> Result:
    return CliRunner().invoke(app, [arg.replace("@", f"{folder}/") for arg in args])


def test_inspect_keeps_what_the_file_says(folder: Path) -> None:
    result = run(folder, "inspect", "@gold.cif", "@doped.xyz", "--json")
    assert result.exit_code == 0, result.stderr
    gold, doped = (row["clusters"][0] for row in json.loads(result.stdout))
    assert (gold["formula"], gold["n_atoms"], gold["charge"], gold["multiplicity"]) == ("Au13Cl12", 25, -1, None)
    assert gold["elements"] == {"Cl": 12, "Au": 13}
    assert gold["valence_electrons"]["count"] == 2
    assert doped["formula"] == "Au12Cl12Pt"
    assert "Au13Cl12" in run(folder, "inspect", "@gold.cif").stdout


def test_a_broken_file_is_listed_beside_the_others(folder: Path) -> None:
    result = run(folder, "predict", "@broken.cif", "@gold.cif", "--model", "@model", "--json")
    broken, *rows = json.loads(result.stdout)
    (gold,) = [row for row in rows if row["basis"] == "network"]
    # A lifetime that could be anything within more decades than are known is no row.
    assert {row["target"] for row in rows} - {"lifetime"} == {"gap", "emission", "quantum_yield"}
    assert result.exit_code == 1
    assert set(broken) == {"file", "error"}
    assert "broken.cif" in broken["error"]
    assert (gold["target"], gold["method"], gold["unit"], gold["level"]) == ("gap", "gfn1-xtb", "eV", 0.9)
    assert gold["lower"] < gold["value"] < gold["upper"]
    assert gold["applicability"] == "outside"
    assert any("Cl" in reason for reason in gold["reasons"])
    shown = run(folder, "predict", "@gold.cif", "--model", "@model", "--verbose").stdout
    assert f"{gold['value']:.2f}" in shown
    assert "outside" in shown


def test_compare_writes_words_numbers_and_a_report(folder: Path, tmp_path: Path) -> None:
    args = ["compare", "@gold.cif", "@doped.xyz", "--model", "@model"]
    result = run(folder, *args, "--json", "--report", str(tmp_path / "r.html"))
    assert result.exit_code == 0, result.stderr
    document = json.loads(result.stdout)
    assert document["relation"] == "doping"
    assert document["matched_atoms"] == 13
    row = next(row for row in document["properties"] if row["method"] == "gfn1-xtb")
    assert row["difference"] == pytest.approx(row["b"] - row["a"])
    assert row["resolved"] == (not row["lower"] <= 0 <= row["upper"])
    assert "</html>" in (tmp_path / "r.html").read_text()
    plain = run(folder, *args, "--json")
    assert json.loads(plain.stdout) == document
    assert run(folder, *args).stdout.startswith("Doping, from A (gold.cif) to B (doped.xyz): ")


@pytest.mark.parametrize("args", [["predict", "@gold.cif", "--model", "@absent"], ["train", "@absent.yaml"]])
def test_what_is_missing_is_named(folder: Path, args: list[str]) -> None:
    result = run(folder, *args)
    assert result.exit_code == 2
    assert "absent" in result.stderr
    assert "fault of mlcluster" not in result.stderr


def test_the_module_is_the_command(folder: Path) -> None:
    command = [sys.executable, "-m", "mlcluster", "inspect", str(folder / "doped.xyz"), "--json"]
    done = subprocess.run(command, cwd=Path(__file__).parents[2], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)[0]["clusters"][0]["name"] == "doped"
