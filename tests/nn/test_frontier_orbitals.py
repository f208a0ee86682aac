"""Levels read out from the Hamiltonian: against a calculation, gradients, symmetries, first order and limits."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from mlcluster import Cluster
from mlcluster.electronic.calculation import CalculationError
from mlcluster.electronic.core_hamiltonian import core_hamiltonian, frontier
from mlcluster.errors import ConfigError
from mlcluster.graph import batched, convert
from mlcluster.levels.network import Ensemble, ModelConfig, build_model, load_ensemble, save_ensemble
from mlcluster.levels.network.card_record import _network
from mlcluster.levels.network.composition_fit import fit_prior
from mlcluster.levels.network.property_model import FRONTIER, PropertyModel
from mlcluster.testing import check_all

SMALL = {"n_features": 8, "n_layers": 1, "lmax": 1, "frontier": "hamiltonian", "atom_charges": True}
CONFIG = ModelConfig.parse(SMALL)
THIOLATE = Cluster(
    numbers=np.array([79, 79, 16, 1, 17]),
    positions=np.array([[0, 0, 0], [2.8, 0, 0], [3.6, 2.2, 0.3], [3.9, 2.4, 1.6], [-1.2, 1.9, 0.2]]),
    charge=0,
)
CHLORIDE = Cluster(numbers=np.array([47, 17]), positions=np.array([[0.0, 0, 0], [2.28, 0, 0]]), charge=0)


def lively(config: ModelConfig = CONFIG, seed: int = 1) -> PropertyModel:
    """A network whose charges and potentials differ from atom to atom."""
    model = build_model(config, seed=seed)
    with torch.no_grad(), torch.random.fork_rng():
        torch.manual_seed(seed)
        for layers in (model.frontier.layers, model.readout.charges.layers):
            layers[-1].weight.normal_(0.0, 0.1)
    return model


def with_known_levels(cluster: Cluster, charges: np.ndarray) -> object:
    graph, found = convert(cluster, CONFIG.cutoff), frontier(core_hamiltonian(cluster), charges)
    graph.frontier_levels = torch.tensor(found.levels_ev[None], dtype=torch.float32)
    graph.by_charge, graph.by_potential, graph.known_charge = (
        torch.tensor(each, dtype=torch.float32) for each in (found.by_charge, found.by_potential, charges)
    )
    return graph


def test_the_term_is_the_gap_of_the_hamiltonian_with_the_charges_of_the_network() -> None:
    model = lively()
    with torch.no_grad():
        for parameter in model.frontier.layers[-1].parameters():
            parameter.zero_()
        output = model(batched([convert(each, CONFIG.cutoff) for each in (THIOLATE, CHLORIDE)]))
    charges = output.atom_charges.double().split([5, 2])
    for number, cluster in enumerate((THIOLATE, CHLORIDE)):
        homo, lumo = frontier(core_hamiltonian(cluster), charges[number].numpy()).levels_ev
        assert float(output.global_terms[FRONTIER][number]) == pytest.approx(lumo - homo, abs=1e-4)
    total = output.contributions.split([5, 2])
    terms = torch.stack(list(output.global_terms.values())).sum(dim=0)
    torch.testing.assert_close(output.value, torch.stack([each.sum(dim=0) for each in total]) + terms)


def test_near_the_known_charges_first_order_is_what_diagonalising_gives() -> None:
    model = lively()
    with torch.no_grad():
        exact = model(convert(THIOLATE, CONFIG.cutoff))
        near = exact.atom_charges.double().numpy()
        errors = []
        for width in (0.01, 0.02):
            moved = near + width * np.array([1.0, -1, 1, -1, 0])
            first_order = model(with_known_levels(THIOLATE, moved)).global_terms[FRONTIER]
            errors.append(abs(float(first_order - exact.global_terms[FRONTIER])))
    # The shifts of the potential, some 0.1 eV, are to first order too, hence no zero error.
    assert errors[0] < 0.05 and errors[1] < 0.1


@pytest.mark.parametrize("trunk", ["painn", "schnet"])
def test_nothing_but_the_structure_matters(trunk: str) -> None:
    config = ModelConfig.parse({key: value for key, value in SMALL.items() if key != "lmax"} | {"trunk": trunk})
    check_all(lively(config).double(), THIOLATE)


def test_gradients_are_those_of_diagonalising_again() -> None:
    model = lively().double()
    graph = convert(THIOLATE, CONFIG.cutoff, dtype=torch.float64)
    weight = model.readout.charges.layers[-1].weight
    model(graph).global_terms[FRONTIER].sum().backward()
    slope, step = weight.grad[0, 2].item(), 1e-3
    found = []
    for sign in (1, -1):
        with torch.no_grad():
            weight[0, 2] += sign * step
            found.append(float(model(graph).global_terms[FRONTIER]))
            weight[0, 2] -= sign * step
    assert slope == pytest.approx((found[0] - found[1]) / (2 * step), rel=0.02)
    assert all(each.grad is not None and each.grad.any() for each in model.frontier.layers[0].parameters())


def test_levels_follow_a_line_and_the_rest_of_the_network_starts_at_zero(tmp_path: Path) -> None:
    config = ModelConfig.parse(
        SMALL | {"channels": ["gap:dft-pbe-lanl2dz", "homo:gfn1-xtb", "triplet_energy:gfn1-xtb"]}
    )
    model = build_model(config)
    clusters = [
        CHLORIDE.replace(positions=np.array([[0.0, 0, 0], [2.1 + 0.05 * k, 0, 0]]), labels=()) for k in range(12)
    ]
    charges = [np.array([0.3 + 0.01 * k, -0.3 - 0.01 * k]) for k in range(12)]
    graphs = [with_known_levels(each, charge) for each, charge in zip(clusters, charges, strict=True)]
    for graph in graphs:
        homo, lumo = graph.frontier_levels[0].tolist()
        graph.label = torch.tensor([[0.7 + 1.5 * (lumo - homo), homo, 1.0]])
        graph.label_mask, graph.label_bound = torch.ones(1, 3, dtype=bool), torch.zeros(1, 3, dtype=torch.int8)
    fit_prior(model, graphs, list("aaaabbbbcccc"))
    model.readout.start_at_prior()
    assert model.readout.methods.scale.tolist() == pytest.approx([1.5, 1.0, 1.0], abs=1e-3)
    # Charges start at zero instead of these, so first order is far off here; where they are met, nothing is left.
    for graph in graphs:
        graph.known_charge = torch.zeros(2)
    ensemble = Ensemble([model])
    output = ensemble.predict(graphs)
    torch.testing.assert_close(output.mean, torch.cat([graph.label for graph in graphs]), atol=2e-3, rtol=0)
    assert (output.global_terms[FRONTIER][:, 2] == 0).all()
    again = load_ensemble(save_ensemble(ensemble, tmp_path / "model"))
    assert again.hash == ensemble.hash and torch.equal(again.predict(graphs).mean, output.mean)


def test_an_unknown_charge_counts_as_none_and_what_cannot_be_diagonalised_is_refused() -> None:
    model = lively()
    with torch.no_grad():
        output = model(convert(CHLORIDE.replace(charge=None), CONFIG.cutoff))
        homo, lumo = frontier(core_hamiltonian(CHLORIDE), output.atom_charges.double().numpy()).levels_ev
        assert float(output.global_terms[FRONTIER]) == pytest.approx(lumo - homo, abs=0.3)  # with its potentials
        with pytest.raises(CalculationError, match="no filled or no empty orbital"):
            model(convert(CHLORIDE.replace(charge=18), CONFIG.cutoff))


def test_members_of_an_ensemble_share_one_diagonalisation(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    made = []
    monkeypatch.setattr(
        "mlcluster.electronic.kept_levels.core_hamiltonian",
        lambda cluster: made.append(cluster) or core_hamiltonian(cluster),
    )
    ensemble, graphs = (
        Ensemble([lively(), lively(seed=5)]),
        [convert(each, CONFIG.cutoff) for each in (THIOLATE, CHLORIDE)],
    )
    output = ensemble.predict(graphs)
    assert len(made) == 2
    monkeypatch.setenv("MLCLUSTER_CACHE", str(tmp_path))
    ensemble.predict(graphs)
    assert len(made) == 4 and not list(tmp_path.iterdir()), "training and scores leave nothing behind"
    for _ in range(2):
        ensemble.predict(graphs, kept=True)
    assert len(made) == 6 and len(list(tmp_path.rglob("*.json"))) == 2
    with torch.no_grad():
        alone = torch.stack([member(batched(graphs)).value for member in ensemble.members])
    # Each to first order from the mean of both, which is near.
    torch.testing.assert_close(output.members, alone, atol=0.05, rtol=0)
    assert (output.members - alone).abs().mean() < 0.2 * (alone[0] - alone[1]).abs().mean()


def test_the_hamiltonian_is_trained_with_the_heads_named_in_the_card_and_needs_charges() -> None:
    model = build_model(CONFIG)
    model.freeze_trunk()
    trained = {name.split(".")[0] for name, each in model.named_parameters() if each.requires_grad}
    assert trained == {"readout", "frontier"}
    assert "GFN1-xTB Hamiltonian" in _network(Ensemble([model]))
    assert "Hamiltonian" not in _network(Ensemble([build_model(ModelConfig.parse({}))]))
    with pytest.raises(ConfigError, match="needs charges of the atoms"):
        ModelConfig.parse({"frontier": "hamiltonian"})
    with pytest.raises(ConfigError, match="needs charges of the atoms"):
        ModelConfig.parse({"frontier": "hamiltonian", "atom_charges": True, "channels": ["emission:measured"]})
