"""The gap between levels of a learned Hamiltonian: symmetries, counting, and a matrix solved by hand."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import torch

from mlcluster import Cluster
from mlcluster.graph import batched, convert
from mlcluster.levels.network import Ensemble, ModelConfig, build_model, load_ensemble, save_ensemble
from mlcluster.levels.network.card_record import _network
from mlcluster.levels.network.composition_fit import fit_prior
from mlcluster.nn.frontier_levels import CONTACT, DECAY, FIRST_COUPLING, FrontierLevels
from mlcluster.testing import check_all

CONFIG = ModelConfig.parse({"n_features": 8, "n_layers": 1, "lmax": 1, "frontier": "levels"})
THIOLATE = Cluster(
    numbers=np.array([79, 79, 16, 1, 17]),
    positions=np.array([[0, 0, 0], [2.8, 0, 0], [3.6, 2.2, 0.3], [3.9, 2.4, 1.6], [-1.2, 1.9, 0.2]]),
    charge=-1,
)


def gold(*positions: float, charge: int = 0) -> Cluster:
    """Atoms on a line."""
    return Cluster(
        numbers=np.full(len(positions), 79), positions=np.array([[x, 0.0, 0.0] for x in positions]), charge=charge
    )


def gap_of(*clusters: Cluster, seed: int = 0) -> torch.Tensor:
    """Of freshly made levels, whose elements do not depend on the features."""
    torch.manual_seed(seed)
    levels = FrontierLevels(8, CONFIG.cutoff).double()
    batch = batched([convert(each, CONFIG.cutoff, dtype=torch.float64) for each in clusters])
    with torch.no_grad():
        return levels(torch.randn(batch.num_nodes, 8, dtype=torch.float64), batch, batch.batch)


def coupling(distance: float) -> float:
    """Of two gold atoms before anything is learned, eV."""
    ends = 0.5 * (math.cos(math.pi * distance / CONFIG.cutoff) + 1)
    return FIRST_COUPLING * math.exp(-DECAY * (distance / CONTACT - 1)) * ends


def test_a_pair_has_the_gap_of_its_coupling() -> None:
    # Two electrons in the lower one of -t and +t.
    assert float(gap_of(gold(0.0, 2.8))) == pytest.approx(2 * coupling(2.8))
    assert float(gap_of(gold(0.0, 3.0))) == pytest.approx(2 * coupling(3.0))


def test_a_chain_is_filled_with_the_electrons_it_has() -> None:
    near = coupling(2.6)
    chain = (0.0, 2.6, 5.2, 7.8)  # others than neighbours are beyond the cutoff
    # Hückel's butadiene: levels 2 t cos(k pi / 5).
    levels = sorted(-2 * near * math.cos(k * math.pi / 5) for k in range(1, 5))
    assert float(gap_of(gold(*chain))) == pytest.approx(levels[2] - levels[1])
    assert float(gap_of(gold(*chain, charge=2))) == pytest.approx(levels[1] - levels[0])
    assert float(gap_of(gold(*chain, charge=-2))) == pytest.approx(levels[3] - levels[2])


def test_every_cluster_of_a_batch_has_its_own_levels() -> None:
    clusters = [gold(0.0, 2.8), gold(0.0, 2.6, 5.2, 7.8), THIOLATE]
    together = gap_of(*clusters)
    assert together[0] == pytest.approx(float(gap_of(clusters[0]))) != pytest.approx(float(together[1]))
    assert together[1] == pytest.approx(float(gap_of(clusters[1])))


def test_without_a_count_there_is_one_value_and_a_full_shell_has_no_other() -> None:
    unknown = gold(0.0, 2.8).replace(charge=None)
    graph = convert(unknown, CONFIG.cutoff)
    assert not graph.valence_electrons_known
    assert float(gap_of(unknown)) == 1.0
    assert math.isfinite(float(gap_of(gold(0.0, 2.8, charge=-2)))) and math.isfinite(
        float(gap_of(gold(0.0, 2.8, charge=2)))
    )


@pytest.mark.parametrize("trunk", ["painn", "schnet"])
def test_nothing_but_the_structure_matters(trunk: str) -> None:
    keys = {"trunk": trunk, "n_features": 8, "n_layers": 1, "frontier": "levels"}
    model = build_model(ModelConfig.parse(keys)).double()
    with torch.no_grad():
        for layer in (model.frontier.on_site[-1], model.frontier.radial):
            layer.weight.normal_()
    check_all(model, THIOLATE)


def test_two_far_copies_have_the_gap_of_one() -> None:
    model = build_model(CONFIG).double()
    once = THIOLATE.replace(charge=0)
    twice = THIOLATE.replace(
        numbers=np.tile(THIOLATE.numbers, 2),
        positions=np.concatenate([THIOLATE.positions, THIOLATE.positions + [100.0, 0, 0]]),
        charge=0,
        labels=(),
    )
    with torch.no_grad():
        one, two = (
            model(convert(each, CONFIG.cutoff, dtype=torch.float64)).global_terms["frontier_levels"]
            for each in (once, twice)
        )
    assert one > 0.1
    torch.testing.assert_close(one, two)


def test_gaps_start_from_the_levels_and_others_from_their_prior(tmp_path: Path) -> None:
    config = ModelConfig.parse(
        {"n_features": 8, "n_layers": 1, "frontier": "levels", "channels": ["gap:gfn1-xtb", "homo:gfn1-xtb"]}
    )
    model = build_model(config)
    graphs = [convert(gold(0.0, 2.6 + 0.05 * k), config.cutoff) for k in range(6)]
    for number, graph in enumerate(graphs):
        graph.label = torch.tensor([[1.0 + number, -5.0 + 0.1 * number]])
        graph.label_mask, graph.label_bound = torch.ones(1, 2, dtype=bool), torch.zeros(1, 2, dtype=torch.int8)
    fit_prior(model, graphs, list("aabbcc"))
    model.readout.start_at_prior()
    ensemble = Ensemble([model])
    output = ensemble.predict(graphs)
    torch.testing.assert_close(output.mean[:, 0], output.global_terms["frontier_levels"][:, 0])
    assert (output.global_terms["frontier_levels"][:, 1] == 0).all()
    assert float(output.mean[0, 0]) == pytest.approx(2 * coupling(2.6), rel=1e-5)
    assert output.mean[:, 1].mean() == pytest.approx(-4.75, abs=0.01)
    again = load_ensemble(save_ensemble(ensemble, tmp_path / "model"))
    assert again.hash == ensemble.hash and torch.equal(again.predict(graphs).mean, output.mean)


def test_levels_are_trained_with_the_heads_and_named_in_the_card() -> None:
    model = build_model(CONFIG)
    model.freeze_trunk()
    trained = {name.split(".")[0] for name, each in model.named_parameters() if each.requires_grad}
    assert trained == {"readout", "frontier"}
    assert "gaps between learned levels" in _network(Ensemble([model]))
    assert "learned levels" not in _network(Ensemble([build_model(ModelConfig.parse({}))]))


def test_gradients_reach_every_weight_of_the_levels() -> None:
    model = build_model(CONFIG)
    with torch.no_grad():
        for layer in (model.frontier.on_site[-1], model.frontier.radial):
            layer.weight.normal_()
    model(convert(THIOLATE, CONFIG.cutoff)).global_terms["frontier_levels"].sum().backward()
    without = {name for name, each in model.frontier.named_parameters() if each.grad is None or not each.grad.any()}
    assert without == {"uncounted"} or without == {"uncounted", "on_site.2.bias"}
