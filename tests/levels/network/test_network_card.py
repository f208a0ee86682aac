"""Model cards: generated from the record, complete or refused, and the shipped one up to date."""

from __future__ import annotations

import json
import shutil
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest

from mlcluster.errors import ModelError
from mlcluster.levels.network import Ensemble, load_ensemble
from mlcluster.levels.network.card import ModelCard
from mlcluster.levels.network.card_record import model_card
from mlcluster.levels.network.ensemble import EnsembleMetadata
from mlcluster.model.calibration import Calibration, difference_key
from mlcluster.model.card_parts import write_card
from mlcluster.resources import bundled_model_dir


@pytest.fixture(scope="module")
def shipped() -> Ensemble:
    return load_ensemble(bundled_model_dir())


def test_the_shipped_card_is_what_the_record_says() -> None:
    directory = bundled_model_dir()
    assert (directory / "MODEL_CARD.md").read_text(encoding="utf-8") == model_card(load_ensemble(directory)).text()


def test_card_has_what_its_user_must_know(shipped: Ensemble) -> None:
    card = model_card(shipped)
    assert card.hash == shipped.hash and card.members == len(shipped.members)
    assert {output.channel for output in card.outputs} == set(shipped.channels)
    assert all(source.licence and source.citation and source.traps for source in card.sources)
    text = card.text()
    for part in (
        card.run_id,
        card.data_hash,
        "## Limits",
        "## Intended use",
        "CC-BY-4.0",
        "effective size of its sample",
    ):
        assert part in text
    for score in card.scores:
        assert f"| {score.arm} | {score.mae:.3f} |" in text


def test_it_says_by_what_the_network_is_beaten(shipped: Ensemble) -> None:
    channel = shipped.channels[0]
    start = f"8 folds of families/{channel}"
    scores = {
        "network": (0.3, 0.5),
        "mean": (0.4, 0.4),
        "ridge on composition": (0.2, 0.6),
        "GP on descriptors": (0.9, 0.9),
    }
    changes = {f"{start}/{arm}/mae": rows for arm, (rows, _) in scores.items()}
    changes |= {f"{start}/{arm}/mae_over_families": families for arm, (_, families) in scores.items()}
    changed = _changed(shipped, metrics={**shipped.metadata.metrics, **changes})
    told = [limit for limit in model_card(changed).limits if limit.startswith(f"{channel}: by the MAE")]
    assert [sentence.partition("does not beat ")[2] for sentence in told] == ["ridge on composition.", "mean."]
    assert "over all rows" in told[0] and "each family" in told[1]


@pytest.mark.parametrize("missing", ["run_id", "environment", "residual_scale_origin", "config"])
def test_a_gap_in_the_training_record_is_refused(shipped: Ensemble, missing: str) -> None:
    training = {key: value for key, value in shipped.metadata.training.items() if key not in (missing, "sources")}
    with pytest.raises(ModelError, match="does not fill its card"):
        model_card(_changed(shipped, training=training))


@pytest.mark.parametrize("missing", ["elements", "n_atoms", "families"])
def test_a_gap_in_the_domain_is_refused(shipped: Ensemble, missing: str) -> None:
    domain = {key: value for key, value in shipped.metadata.domain.items() if key != missing}
    with pytest.raises(ModelError, match=f"{missing}: the record of this model"):
        model_card(_changed(shipped, domain=domain))


def test_scores_without_a_baseline_are_refused(shipped: Ensemble) -> None:
    own = {key: value for key, value in shipped.metadata.metrics.items() if "/network/" in key}
    with pytest.raises(ModelError, match="scores"):
        model_card(_changed(shipped, metrics=own))


def test_every_field_of_the_schema_is_needed(shipped: Ensemble) -> None:
    content: dict[str, Any] = json.loads(model_card(shipped).model_dump_json())
    for name in ModelCard.model_fields:
        with pytest.raises(ValueError, match=name):
            ModelCard.model_validate({key: value for key, value in content.items() if key != name})


def test_it_says_how_differences_were_calibrated(shipped: Ensemble) -> None:
    channel = shipped.channels[0]
    values = {each: shipped.metadata.calibration[each] for each in shipped.channels}
    plain = model_card(_changed(shipped, calibration=values))
    assert plain.differences == () and "No pairs were calibrated" in plain.text()
    shared = {"level": 0.9, "multiplier": 2.0, "n_families": 12, "n_rows": 1234}
    paired = {
        difference_key(channel, "charge state"): Calibration(kind="conformal", floor=0.3, **shared).to_json(),
        difference_key(channel, "isomer"): Calibration(kind="student", floor=0.1, **shared).to_json(),
    }
    card = model_card(_changed(shipped, calibration=values | paired))
    assert [output.interval for output in card.outputs] == [output.interval for output in plain.outputs]
    row = f"| `{channel}` | charge state | 1,234 pairs of 12 families | 2 | 0.60 eV | yes |"
    assert row in card.text().splitlines()
    # Too few families for an interval without assumptions: kept, but `compare` does not use it.
    assert f"| `{channel}` | isomer | 1,234 pairs of 12 families | 2 | 0.20 eV | no" in card.text()


def test_a_model_never_judged_has_a_file_that_says_so(tmp_path: Path) -> None:
    shutil.copytree(bundled_model_dir(), tmp_path / "unjudged")
    path = tmp_path / "unjudged" / "model.json"
    document = json.loads(path.read_text(encoding="utf-8"))
    document["metadata"]["metrics"] = {}
    path.write_text(json.dumps(document), encoding="utf-8")
    text = write_card(lambda: model_card(load_ensemble(path.parent)), path.parent, "unjudged").read_text(
        encoding="utf-8"
    )
    assert "This model has no card" in text and "scores" in text


def _changed(ensemble: Ensemble, **changes: Any) -> Ensemble:
    assert set(changes) <= {field.name for field in fields(EnsembleMetadata)}
    return Ensemble(ensemble.members, replace(ensemble.metadata, **changes))
