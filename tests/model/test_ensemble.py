"""The ensemble: mean and spread of its members, in any batch size."""

from __future__ import annotations

import pytest
import torch
from torch_geometric.data import Batch

from mlcluster.errors import ModelError
from mlcluster.graph import convert
from mlcluster.levels.network import Ensemble, EnsembleMetadata, ModelConfig, build_model
from mlcluster.levels.network import ensemble as ensemble_module
from tests.model.structures import pair, random_cluster

CONFIG = ModelConfig(channels=["gap:gfn1-xtb", "gap:optical"], n_features=8, n_layers=1)
GRAPHS = [convert(c) for c in (random_cluster(0, charge=1), pair(), random_cluster(1), random_cluster(2, n=20))]


def ensemble(n: int = 3, **metadata) -> Ensemble:
    return Ensemble([build_model(CONFIG, seed=k) for k in range(n)], EnsembleMetadata(**metadata))


def test_mean_spread_and_sum_of_contributions():
    out = ensemble().predict(GRAPHS)
    assert out.members.shape == (3, 4, 2) and out.embedding.shape == (4, 3 * 8)
    torch.testing.assert_close(out.mean, out.members.mean(dim=0))
    torch.testing.assert_close(out.spread, out.members.std(dim=0))
    graph = Batch.from_data_list(GRAPHS).batch
    total = torch.zeros(4, 2).index_add(0, graph, out.contributions) + sum(out.global_terms.values())
    torch.testing.assert_close(total, out.mean)


def test_one_member_has_no_spread():
    out = ensemble(1).predict(GRAPHS)
    assert (out.spread == 0).all() and torch.equal(out.mean, out.members[0])


def test_batches_of_any_size_give_the_same(monkeypatch):
    whole = ensemble().predict(Batch.from_data_list(GRAPHS))
    for budget in (1, 20, 10**6):
        monkeypatch.setattr(ensemble_module, "ATOMS_PER_BATCH", budget)
        parts = ensemble().predict(GRAPHS)
        for name in ("mean", "members", "contributions", "embedding"):
            torch.testing.assert_close(getattr(parts, name), getattr(whole, name), atol=1e-5, rtol=1e-5)
        for name, term in whole.global_terms.items():
            torch.testing.assert_close(parts.global_terms[name], term)


def test_nothing_carries_a_gradient():
    assert not ensemble().predict(GRAPHS).mean.requires_grad


def test_hash_follows_weights_config_and_metadata():
    base = ensemble().hash
    assert ensemble().hash == base and len(ensemble().short_hash) == 12 and base.startswith(ensemble().short_hash)
    changed = ensemble()
    with torch.no_grad():
        changed.members[2].readout.methods.offset[0] += 1e-6
    assert len({base, changed.hash, ensemble(2).hash, ensemble(residual_scale={"gap:optical": 0.1}).hash}) == 4


def test_no_member_no_graph_and_mixed_members_are_refused():
    with pytest.raises(ModelError, match="needs a member"):
        Ensemble([])
    with pytest.raises(ModelError, match="nothing to predict"):
        ensemble().predict([])
    with pytest.raises(ModelError, match="member 1"):
        Ensemble([build_model(CONFIG), build_model(CONFIG.model_copy(update={"prior": "mean"}))])
