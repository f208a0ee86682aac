"""Shares of parts and global terms sum to the prediction in model space."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch

from mlcluster.anatomy import Anatomy
from mlcluster.anatomy.atom_parts import PARTS
from mlcluster.data import model_structures
from mlcluster.graph import convert
from mlcluster.levels.network import Ensemble, ModelConfig, build_model
from mlcluster.prediction.contributions import contributions_of
from mlcluster.prediction.predict import predict, predict_clusters, predict_each

CHANNELS = ("gap:gfn1-xtb", "emission:measured", "quantum_yield:measured")


@pytest.fixture(scope="module")
def clusters():
    models = model_structures()
    return [
        models["model Au11(PH3)7Cl3"],
        models["E isomer model [Au13Ag12(PH3)10Cl8]+"],
        models["model Ag14(SH)12(PH3)8"],
    ]


@pytest.fixture(scope="module", params=["composition", "mean"])
def ensemble(request):
    members = []
    for seed in range(3):
        config = ModelConfig(channels=CHANNELS, lmax=1, n_features=8, n_layers=1, prior=request.param)
        member = build_model(config, seed)
        member.set_reference(torch.tensor([1.5, 1.9, -2.0]), torch.tensor([0.3, 0.2, 1.0]))
        members.append(member)
    return Ensemble(members)


def test_parts_and_global_terms_sum_to_the_prediction_in_model_space(clusters, ensemble):
    output = ensemble.predict([convert(cluster, ensemble.config.cutoff) for cluster in clusters])
    for row, each in enumerate(contributions_of([Anatomy(each) for each in clusters], ensemble.channels, output)):
        assert [c.total for c in each] == pytest.approx(output.mean[row].tolist(), abs=1e-5)
        assert [c.unit for c in each] == ["eV", "eV", "logit"]
        assert set(each[0].parts) == set(Anatomy(clusters[row]).parts.labels) <= set(PARTS)
        assert {"charge", "method_offset"} <= set(each[0].global_terms)


def test_a_part_has_the_shares_of_its_atoms(clusters, ensemble):
    (cluster, *_) = clusters
    output = ensemble.predict([convert(cluster, ensemble.config.cutoff)])
    ((gap, *_),) = contributions_of([Anatomy(cluster)], ensemble.channels, output)
    labels = np.array(Anatomy(cluster).parts.labels)
    for part, share in gap.parts.items():
        assert share == pytest.approx(float(output.contributions[labels == part, 0].sum()), abs=1e-6)


def test_rows_have_contributions_only_when_asked(clusters, ensemble, tmp_path):
    file = tmp_path / "au11.cif"
    file.write_text(clusters[0].to_cif())
    for row in predict(file, model=ensemble, contributions=True):
        told = json.loads(json.dumps(row)).get("contributions")
        assert told is None if row["basis"] == "formula" else set(told) == {"parts", "global_terms", "unit"}
    assert all("contributions" not in row for row in predict(file, model=ensemble))


def test_values_do_not_depend_on_being_explained(clusters, ensemble):
    with_shares = predict_each(clusters, ensemble, contributions=True, formula=False)
    for explained, plain in zip(with_shares, predict_each(clusters, ensemble, formula=False), strict=True):
        assert [p.value for p in explained] == [p.value for p in plain]
        for p in explained:
            assert float(p.channel.definition.from_model(p.contributions.total)) == pytest.approx(p.value, rel=1e-4)
    assert all(p.contributions is None for p in predict_clusters(clusters, ensemble))
