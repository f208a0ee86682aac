"""The public checks pass on the network and fail on each model broken on purpose."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from mlcluster import testing
from mlcluster.levels.network import ModelConfig, build_model
from mlcluster.nn.readout import ModelOutput
from tests.model.structures import pair, random_cluster

CHECKS = {
    "rotation": testing.check_rotation,
    "reflection": testing.check_reflection,
    "translation": testing.check_translation,
    "permutation": testing.check_permutation,
    "batching": testing.check_batching,
}
MODELS = {
    f"{trunk['trunk']} {trunk.get('lmax', '')}": build_model(
        ModelConfig.parse({**trunk, "n_features": 8, "n_layers": 2}), seed=3
    )
    for trunk in (*({"trunk": "painn", "lmax": lmax} for lmax in (0, 1, 2)), {"trunk": "schnet"})
}


@pytest.mark.parametrize("name", MODELS)
@settings(max_examples=5)
@given(seed=st.integers(0, 10**6), n=st.integers(2, 20), charge=st.sampled_from([None, -1, 2]))
def test_the_network_passes_in_both_precisions(name, seed, n, charge):
    cluster = random_cluster(seed, n, charge=charge) if n > 2 else pair(2.0 + seed % 3)
    testing.check_all(MODELS[name].float(), cluster, seed=seed)
    testing.check_all(MODELS[name].double(), cluster, seed=seed)


class Broken(nn.Module):
    """The network plus a term that is wrong in one way."""

    def __init__(self, wrong: str) -> None:
        super().__init__()
        self.wrong, self.right = wrong, build_model(ModelConfig(lmax=1, n_features=8, n_layers=1))
        self.config = self.right.config

    def forward(self, batch) -> ModelOutput:
        out = self.right(batch)
        vector, (sender, receiver) = batch.edge_vector.to(out.value.dtype), batch.edge_index
        position = batch.positions.to(out.value.dtype)
        atom = out.contributions.new_zeros(batch.num_nodes)
        if self.wrong == "orientation":
            atom = atom.index_add(0, receiver, vector[:, 0] ** 2)
        elif self.wrong == "place":
            atom = position.norm(dim=1)
        elif self.wrong == "handedness":
            weight = batch.atomic_numbers[sender].to(vector) * batch.edge_distance.to(vector)
            sums = [torch.zeros_like(position).index_add(0, receiver, weight[:, None] ** k * vector) for k in (0, 1, 2)]
            atom = torch.linalg.det(torch.stack(sums, dim=1)) / 1e5
        elif self.wrong == "order":
            atom = torch.arange(batch.num_nodes, dtype=atom.dtype)
            atom = atom - atom[batch.ptr[:-1]][batch.batch]
        elif self.wrong == "neighbours in the batch":
            atom = out.contributions[:, 0] - out.contributions[:, 0].mean()
        atom = 0.01 * atom[:, None]
        value = out.value.index_add(0, batch.batch, atom)
        return out._replace(value=value, contributions=out.contributions + atom)


@pytest.mark.parametrize(
    ("wrong", "caught_by"),
    [
        ("orientation", {"rotation", "reflection"}),
        ("place", {"translation"}),
        ("handedness", {"reflection"}),
        ("order", {"permutation"}),
        ("neighbours in the batch", {"batching"}),
        ("nothing", set()),
    ],
)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_each_check_fails_on_a_model_broken_on_purpose(wrong, caught_by, dtype):
    model, cluster = Broken(wrong).to(dtype), random_cluster(5)
    failed = set()
    for name, check in CHECKS.items():
        try:
            check(model, cluster)
        except AssertionError as error:
            assert name in str(error)
            failed.add(name)
    assert failed == caught_by


def test_nan_does_not_pass():
    model = Broken("nothing")
    with torch.no_grad():
        model.right.readout.methods.mean.fill_(float("nan"))
    with pytest.raises(AssertionError, match="nan"):
        testing.check_rotation(model, random_cluster(0))


def test_the_size_of_the_violation_is_told_and_the_tolerance_can_be_set():
    model, cluster = Broken("orientation"), random_cluster(1)
    with pytest.raises(AssertionError, match=r"rotation changes the \w+ by \d.*allowed: 0.0001"):
        testing.check_rotation(model, cluster)
    testing.check_rotation(model, cluster, tolerance=np.inf)


def test_checks_leave_the_mode_of_the_model_alone():
    model = Broken("nothing").train()
    testing.check_batching(model, random_cluster(2), others=[pair()])
    assert model.training
