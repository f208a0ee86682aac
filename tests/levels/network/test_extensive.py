"""A sum over atoms is found by the composition term before any training, for structures of any size."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from mlcluster import Cluster
from mlcluster.data.datamodule import labelled_graphs
from mlcluster.data.sources.entry import make_entry
from mlcluster.graph import convert
from mlcluster.labels import declare_targets
from mlcluster.levels.network import Ensemble, ModelConfig, build_model
from mlcluster.levels.network.composition_fit import fit_prior

OF_ATOM = {1: -0.5, 6: -37.8, 8: -75.0}
CHANNEL = "total_energy:mine"


def chain(atoms: list[int], start: float = 0.0) -> np.ndarray:
    return np.array([[start + 1.2 * k, 0.3 * (k % 2), 0.0] for k in range(len(atoms))])


@pytest.mark.usefixtures("own_names")
@pytest.mark.parametrize("prior", ["composition", "mean"])
def test_energies_of_atoms_add_up(prior: str) -> None:
    declared = {"unit": "hartree", "bounds": [-1e5, 0], "pooling": "extensive", "methods": ["mine"]}
    declare_targets({"total_energy": declared})
    rng, items = np.random.default_rng(0), []
    for number in range(30):
        atoms = rng.choice([1, 6, 8], size=rng.integers(2, 15)).tolist()
        value = sum(OF_ATOM[z] for z in atoms)
        label = {"target": "total_energy", "method": "mine", "value": value, "unit": "hartree"}
        items.append(make_entry("own", f"{number}", atoms, chain(atoms), charge=0, labels=[label], family=f"{number}"))
    config = ModelConfig.parse({"channels": [CHANNEL], "n_features": 4, "n_layers": 1, "lmax": 1, "prior": prior})
    model = build_model(config)
    graphs = labelled_graphs(items, [CHANNEL], config.cutoff, None)
    fit_prior(model, graphs, [item.family or "" for item in items])
    model.readout.start_at_prior()
    assert model.readout.methods.typical_atoms == pytest.approx(np.mean([len(item.cluster) for item in items]))
    methane = [6, 1, 1, 1, 1]
    one = Cluster(numbers=np.array(methane), positions=chain(methane), charge=0)
    both = np.concatenate([chain(methane), chain(methane, 40.0)])
    two = Cluster(numbers=np.array(methane * 2), positions=both, charge=0)
    output = Ensemble([model]).predict([convert(one), convert(two)]).mean[:, 0]
    assert output[1] == pytest.approx(2 * float(output[0]), rel=1e-5)
    truth = sum(OF_ATOM[z] for z in methane)
    if prior == "composition":
        assert output[0] == pytest.approx(truth, rel=1e-3)
        held = torch.tensor([sum(OF_ATOM[int(z)] for z in item.cluster.numbers) for item in items])
        found = Ensemble([model]).predict(graphs).mean[:, 0]
        assert (found - held).abs().max() < 0.01 * held.abs().max()
    else:
        assert output[0] == pytest.approx(5 * np.mean([i.labels[0].value / len(i.cluster) for i in items]), rel=1e-5)
