"""The model that ships is the one its card and its configuration speak of."""

from __future__ import annotations

import numpy as np

from mlcluster.data import load, load_together, only_trainable
from mlcluster.graph import convert
from mlcluster.levels.network import load_ensemble
from mlcluster.levels.run_config import TrainConfig, load_config
from mlcluster.resources import bundled_model_dir, config_path


def test_card_config_and_numbers_agree() -> None:
    directory = bundled_model_dir()
    metadata = load_ensemble(directory).metadata
    card = (directory / "MODEL_CARD.md").read_text(encoding="utf-8")
    # How many processes trained it changes nothing.
    trained = load_config(TrainConfig.model_validate(metadata.training["config"]), ["ensemble.workers=null"])
    assert trained == load_config(config_path("default.yaml"))
    assert metadata.training["run_id"] in card
    assert f"sqrt(spread^2 + {metadata.residual_scale['gap:gfn1-xtb']:.3g}^2)" in card
    for arm in ("network", "ridge on composition", "mean"):
        assert f"{metadata.metrics[f'8 folds of families/gap:gfn1-xtb/{arm}/mae']:.3f}" in card
    assert metadata.training["residual_scale_origin"].startswith("8 folds of families")
    assert sum(path.stat().st_size for path in directory.iterdir()) < 3_000_000


def test_it_was_made_from_the_bundled_data() -> None:
    metadata = load_ensemble(bundled_model_dir()).metadata
    items = only_trainable(load_together(["gfn1_models", "frameworks", "generated"]), ["gap:gfn1-xtb"])
    learned = metadata.domain["channels"]["gap:gfn1-xtb"]["families"]
    assert sum(learned.values()) == len(items)
    assert set(learned) == {item.family for item in items}


def test_it_predicts_the_parents_within_its_intervals() -> None:
    ensemble = load_ensemble(bundled_model_dir())
    parents = [item for item in load("gfn1_models") if item.edits == "parent"]
    output = ensemble.predict([convert(item.cluster, ensemble.config.cutoff) for item in parents])
    labels = np.array([item.labels[0].value for item in parents])
    half = 1.645 * np.hypot(output.spread[:, 0].numpy(), ensemble.metadata.residual_scale["gap:gfn1-xtb"])
    assert (np.abs(output.mean[:, 0].numpy() - labels) < half).mean() >= 0.9
    assert np.abs(output.mean[:, 0].numpy() - labels).mean() < np.abs(labels - labels.mean()).mean()
