from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from mlcluster.chem.cluster_formula import parse_cluster_formula
from mlcluster.errors import ModelError
from mlcluster.levels.formula.formula_record import record_of_formula
from mlcluster.levels.formula.predict import DOCUMENT, SCHEMA_VERSION, bundled_formula_model, load_formula_model

STORED = Path(__file__).resolve().parents[2] / "data" / "formula_models"
RECORD = record_of_formula(parse_cluster_formula("[Cu6I6(ppda)2]0"))


def test_saved_and_loaded_is_the_same_model(tmp_path: Path):
    model = bundled_formula_model()

    again = load_formula_model(model.save(tmp_path / "copy"))

    assert again.hash == model.hash
    for key, channel in model.channels.items():
        assert again.channels[key].predict([RECORD]) == channel.predict([RECORD])


@pytest.mark.parametrize("version", [path.name for path in sorted(STORED.iterdir())])
def test_a_model_of_every_schema_version_still_predicts_as_it_did(version: str):
    model = load_formula_model(STORED / version)
    expected = json.loads((STORED / version / "expected.json").read_text(encoding="utf-8"))

    for key, (mean, spread) in expected["[Cu6I6(ppda)2]0"].items():
        found = model.channels[key].predict([RECORD])
        np.testing.assert_allclose([found[0][0], found[1][0]], [mean, spread], rtol=1e-6)


def test_what_was_asked_before_is_answered_alike_and_records_are_told_apart():
    model = bundled_formula_model()
    other = record_of_formula(parse_cluster_formula("[Au25(SCH2CH2Ph)18]1-"))
    found = model.predict([RECORD, other, RECORD])
    np.testing.assert_array_equal(found.mean[0], found.mean[2])
    for column, channel in enumerate(model.channels.values()):
        for row, record in enumerate((RECORD, other)):
            mean, spread = channel.predict([record])
            assert (found.mean[row, column], found.spread[row, column]) == (mean[0], spread[0])
            assert list(found.reasons[row][column]) == channel.reasons_outside(record)


def test_there_is_a_stored_model_of_the_present_version():
    assert (STORED / f"v{SCHEMA_VERSION}" / DOCUMENT).is_file()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda d: d["channels"][0]["process"]["y"].__setitem__(0, 9.0), "not the one that was saved"),
        (lambda d: d.__setitem__("schema_version", SCHEMA_VERSION + 1), "Update mlcluster"),
        (lambda d: d["channels"][0]["descriptors"].__setitem__(0, "phase of the moon"), "phase of the moon"),
        (lambda d: d["channels"][0].pop("calibration"), "cannot read a channel"),
        (lambda d: d["channels"][0].__setitem__("unit", "furlong"), "another unit"),
        (lambda d: d.pop("training"), "no training"),
    ],
)
def test_a_file_that_was_changed_is_refused(tmp_path: Path, change, message: str):
    shutil.copytree(STORED / f"v{SCHEMA_VERSION}", tmp_path / "model")
    path = tmp_path / "model" / DOCUMENT
    document = json.loads(path.read_text(encoding="utf-8"))
    change(document)
    path.write_text(json.dumps(document), encoding="utf-8")

    with pytest.raises(ModelError, match=message):
        load_formula_model(path.parent)


def test_no_model_and_no_json_are_told_apart(tmp_path: Path):
    with pytest.raises(ModelError, match="no formula model there"):
        load_formula_model(tmp_path)
    (tmp_path / DOCUMENT).write_text("{", encoding="utf-8")
    with pytest.raises(ModelError, match="cannot read the formula model"):
        load_formula_model(tmp_path)
