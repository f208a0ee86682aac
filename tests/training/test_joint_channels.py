"""A model of several properties: each channel knows the entries that carry its labels, and no others."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from mlcluster import Cluster
from mlcluster.chem.elements import NUMBERS
from mlcluster.data import model_structures
from mlcluster.data.splits import Split
from mlcluster.errors import DataError
from mlcluster.levels.network import load_ensemble
from mlcluster.levels.network.card_record import model_card
from mlcluster.levels.network.entries import check_folds, prepare_items
from mlcluster.levels.network.member import train_member
from mlcluster.levels.network.predict import NetworkModel
from mlcluster.levels.network.training_state import read_progress
from mlcluster.levels.protocol import Fold
from mlcluster.levels.run_config import TrainConfig
from mlcluster.prediction.predict import predict_clusters
from mlcluster.tracking import RunStore
from mlcluster.training.train import TrainResult, train

GAP, EMISSION, YIELD = "gap:gfn1-xtb", "emission:measured", "quantum_yield:measured"
CLUSTERS = ("model Au11(PH3)7Cl3", "model [Au9(PH3)8]3+", "model [Au25(SH)18]-")


def square(ligands: str, bond: float) -> tuple[list[str], np.ndarray]:
    """A square-planar complex of platinum with four ligand atoms."""
    corners = bond * np.array([[1, 0, 0], [-1, 0, 0], [0, 1, 0], [0, -1, 0]], dtype=float)
    return ["Pt", *ligands.split()], np.concatenate([np.zeros((1, 3)), corners])


def frame(symbols: list[str], positions: np.ndarray, **info: object) -> str:
    told = " ".join(f'{key}="{value}"' for key, value in info.items())
    atoms = "\n".join(f"{s} {x:.6f} {y:.6f} {z:.6f}" for s, (x, y, z) in zip(symbols, positions.tolist(), strict=True))
    return f"{len(symbols)}\n{told}\n{atoms}\n"


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> TrainConfig:
    """Gaps of three families of clusters, emissions of three families of complexes, yields of one of these."""
    models, frames = model_structures(), []
    for number, name in enumerate(CLUSTERS):
        cluster = models[name]
        for turn in range(2):
            told = {"entry": f"cluster {number}{turn}", "family": f"cluster {number}", "gap": 1.0 + 0.3 * number}
            told |= {"charge": cluster.charge, "multiplicity": cluster.multiplicity}
            frames.append(frame(list(cluster.symbols), cluster.positions * (1 + 0.01 * turn), **told))
    for number, ligands in enumerate(("Cl Cl Cl Cl", "Cl Cl Br Br", "Br Br Br Br")):
        for turn in range(2):
            symbols, positions = square(ligands, 2.30 + 0.02 * turn)
            told = {"entry": f"complex {number}{turn}", "family": f"complex {number}", "emission": 500 + 40 * number}
            told |= {"charge": -2, "multiplicity": 1} | ({"qy": 0.2 + 0.1 * turn} if number == 0 else {})
            frames.append(frame(symbols, positions, **told))
    path = tmp_path_factory.mktemp("joint") / "joint.xyz"
    path.write_text("".join(frames))
    labels = {
        GAP: {"column": "gap", "unit": "eV"},
        EMISSION: {"column": "emission", "unit": "nm"},
        YIELD: {"column": "qy", "unit": "fraction"},
    }
    return TrainConfig.model_validate(
        {
            "name": "joint",
            "experiment": "tests",
            "data": {"source": "extxyz", "options": {"path": str(path), "labels": labels}},
            "split": {"test": []},
            "residual_scale": "leave-one-family-out",
            "model": {"channels": [GAP, EMISSION, YIELD], "n_features": 8, "n_layers": 1, "lmax": 1, "n_radial": 6},
            "fit": {"epochs": 2, "samples_per_epoch": 12, "atoms_per_batch": 300},
            "ensemble": {"members": 1, "workers": 1},
            "evaluate": {"members": 1},
        }
    )


@pytest.fixture(scope="module")
def joint(config: TrainConfig, new_project: Callable[[], Path]) -> tuple[Path, TrainResult]:
    project = new_project()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("mlcluster.levels.network.fit.train_members", train_here)
        return project, train(config, project=project)


def train_here(jobs, config, *, cache, on_progress):
    """Train in this process: starting others takes seconds."""
    items = prepare_items(config)
    for job in jobs:
        train_member(job, config, items, cache=cache)
    on_progress([read_progress(job.directory) for job in jobs])


def test_each_channel_has_the_domain_of_its_own_labels(joint: tuple[Path, TrainResult]) -> None:
    model = NetworkModel.load(joint[1].model)
    gap, emission, yields = (model.domain_of(channel) for channel in (GAP, EMISSION, YIELD))
    assert set(gap["families"]) == {"cluster 0", "cluster 1", "cluster 2"} and "Pt" not in gap["elements"]
    assert (emission["elements"], emission["n_atoms"]) == (["Cl", "Br", "Pt"], [5, 5])
    assert yields["families"] == {"complex 0": 2} and yields["elements"] == ["Cl", "Pt"]
    assert len(gap["embedding"]["references"]) == len(emission["embedding"]["references"]) == 6
    assert gap["embedding"] != emission["embedding"]
    assert set(model.domain["families"]) == set(gap["families"]) | set(emission["families"])
    assert gap["thresholds"]["origin"] == emission["thresholds"]["origin"] == "stated", "three families are too few"


def test_the_formula_answers_where_the_network_knows_only_complexes(joint: tuple[Path, TrainResult]) -> None:
    ensemble = load_ensemble(joint[1].model)
    rows = predict_clusters([model_structures()["model [Au25(SH)18]-"]], ensemble)
    for target in ("emission", "quantum_yield"):
        first, second = (row for row in rows if row.target == target)
        assert (first.basis, second.basis, second.applicability) == ("formula", "network", "outside")
        assert any("elements never seen in training: Au, H, S" in reason for reason in second.reasons)
        assert any("61 atoms; training had 5 to 5" in reason for reason in second.reasons)
    (gap,) = (row for row in rows if row.target == "gap" and row.basis == "network")
    assert not any("elements" in reason or "atoms" in reason for reason in gap.reasons)


def test_complexes_are_inside_for_emission_alone(joint: tuple[Path, TrainResult]) -> None:
    ensemble = load_ensemble(joint[1].model)
    symbols, positions = square("Cl Cl Br Br", 2.31)
    numbers = np.array([NUMBERS[symbol] for symbol in symbols])
    complex_ = Cluster(numbers=numbers, positions=positions, charge=-2, multiplicity=1)
    rows = {row.target: row for row in predict_clusters([complex_], ensemble, formula=False)}
    assert not any("elements" in reason or "atoms" in reason for reason in rows["emission"].reasons)
    assert any("elements never seen in training: Br, Pt" in reason for reason in rows["gap"].reasons)
    assert any("elements never seen in training: Br" in reason for reason in rows["quantum_yield"].reasons)


def test_a_channel_that_was_never_held_out_has_no_interval_and_says_so(joint: tuple[Path, TrainResult]) -> None:
    project, result = joint
    model = NetworkModel.load(result.model)
    assert {model.calibration(channel).kind for channel in (GAP, EMISSION)} == {"student"}
    assert model.calibration(YIELD).kind == "none"
    assert not any(YIELD in key for key in result.metrics)
    card = model_card(model.ensemble)
    lacking = {output.channel: [what.partition(":")[0] for what in output.lacks] for output in card.outputs}
    assert lacking == {GAP: [], EMISSION: [], YIELD: ["scores", "a calibrated interval"]}
    text = (result.model / "MODEL_CARD.md").read_text(encoding="utf-8")
    assert f"`{YIELD}` lacks a calibrated interval: none of its labels lay in a family that was held out" in text
    assert f"`{EMISSION}`: 6 entries of 3 families; Cl, Br, Pt; 5 to 5 atoms; charges -2 to -2" in text
    assert RunStore(project).find(result.run_id).status == "FINISHED"


def test_a_channel_that_was_judged_but_never_calibrated(
    config: TrainConfig, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Yields of one family are fitted, those of another tested, and none lie in the families to stop on."""
    monkeypatch.setattr("mlcluster.levels.network.fit.train_members", train_here)
    text = Path(config.data.options["path"]).read_text()
    more = project / "more.xyz"
    more.write_text(text.replace('emission="540"', 'emission="540" qy="0.5"'))
    content = config.model_dump(mode="json") | {"residual_scale": "validation families"}
    content["data"]["options"]["path"] = str(more)
    content["split"] = {"test": ["complex 0", "cluster 0"], "validation": ["cluster 2", "complex 2"]}
    result = train(TrainConfig.model_validate(content), project=project)
    start = f"test/{YIELD}/network"
    assert result.metrics[f"{start}/n"] == 2 and f"{start}/coverage" not in result.metrics
    assert result.metrics[f"test/{EMISSION}/network/coverage"] is not None
    card = model_card(load_ensemble(result.model))
    (lacking,) = (output.lacks for output in card.outputs if output.channel == YIELD)
    assert [what.partition(":")[0] for what in lacking] == ["a calibrated interval"]


def test_folds_of_which_nothing_can_come_are_refused(config: TrainConfig) -> None:
    items = prepare_items(config)
    entries = [item.entry for item in items]

    def fold(test: list[str], left_out: str | None = None) -> Fold:
        split = Split(
            kind="family", train=tuple(e for e in entries if e not in test), validation=(), test=tuple(test), seed=0
        )
        return Fold(seed=0, left_out=left_out, name="fold", splits=(split,))

    channels = config.model.channels
    check_folds([fold([]), fold(["cluster 00"], left_out="cluster 0")], items, channels)
    check_folds([fold(["cluster 00", "cluster 01"])], items, channels)
    with pytest.raises(DataError, match="cluster 00: a test set of one entry.*split.test"):
        check_folds([fold(["cluster 00"])], items, channels)
    with pytest.raises(DataError, match="a test set of one"):
        check_folds([fold(["cluster 00"], left_out="published sets")], items, channels)
    with pytest.raises(DataError, match=f"{YIELD}: a channel has no label to learn from. Found: 2 entries"):
        check_folds([fold(["complex 00", "complex 01"])], items, channels)
