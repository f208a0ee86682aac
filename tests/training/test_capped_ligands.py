"""A network that learned from capped clusters and sees every cluster capped: what it predicts for real ligands."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from mlcluster.anatomy import Anatomy
from mlcluster.chem.elements import NUMBERS
from mlcluster.comparison.compare import compare_clusters
from mlcluster.data import model_structures
from mlcluster.design.frameworks import build
from mlcluster.electronic.capping import capped
from mlcluster.errors import StructureError
from mlcluster.levels.network import Ensemble, EnsembleMetadata, ModelConfig, build_model, load_ensemble
from mlcluster.levels.network.card_record import model_card
from mlcluster.levels.network.cluster_graph import ClusterGraph
from mlcluster.levels.network.descriptor_model import build_member
from mlcluster.levels.network.predict import NetworkModel
from mlcluster.levels.network.starting_weights import check_network
from mlcluster.levels.run_config import TrainConfig, load_config
from mlcluster.prediction.calculated import LevelChoice
from mlcluster.prediction.predict import predict, predict_each
from mlcluster.prediction.prediction import Prediction
from mlcluster.prediction.prediction_sentences import answer
from mlcluster.prediction.pyfunc import ServedModel
from mlcluster.prediction.screen import screen
from mlcluster.structure.cluster import Cluster
from mlcluster.training.train import train

CUT = "ligands cut down to "


@pytest.fixture(scope="module")
def directory(tiny: TrainConfig, new_project: Callable[[], Path]) -> Path:
    """A model trained on capped clusters in a few epochs."""
    changes = ["model.ligands=capped", "fit.epochs=2", "ensemble.members=2"]
    return train(load_config(tiny, changes), project=new_project()).model


@pytest.fixture(scope="module")
def ensemble(directory: Path) -> Ensemble:
    return load_ensemble(directory)


@pytest.fixture(scope="module")
def seeing_whole(ensemble: Ensemble) -> Ensemble:
    """The same weights and domain in a network that sees ligands as they are."""
    members = []
    for trained in ensemble.members:
        member = build_member(ModelConfig.parse(ensemble.config.model_dump() | {"ligands": "whole"}))
        member.load_state_dict(trained.state_dict())
        members.append(member)
    return Ensemble(members, ensemble.metadata)


@pytest.fixture(scope="module")
def untrained(ensemble: Ensemble) -> Ensemble:
    """Networks with random weights: trained so little, the others say hardly more than the composition does."""
    members = [build_model(ensemble.config, seed) for seed in (0, 1)]
    for member in members:
        member.set_reference(torch.tensor([1.5]), torch.tensor([0.2]))
    return Ensemble(members, EnsembleMetadata(residual_scale={"gap:gfn1-xtb": 0.3}))


@pytest.fixture(scope="module")
def rod() -> Cluster:
    """A rod with trimethylphosphine in place of the PH3 that was trained on."""
    return build("rod-halide", r="Me")


def network_rows(clusters: list[Cluster], ensemble: Ensemble, **options: bool) -> list[Prediction]:
    return [row for (row,) in predict_each(clusters, ensemble, formula=False, **options)]


def test_the_choice_is_written_only_where_it_is_not_the_one_of_before() -> None:
    assert "ligands" not in ModelConfig.parse({"ligands": "whole"}).model_dump()
    config = ModelConfig.parse({"ligands": "capped"})
    assert config.model_dump(mode="json")["ligands"] == "capped"
    assert ModelConfig.parse(config.model_dump(mode="json")) == config
    check_network(config, ModelConfig.parse({}), "a network to start from may have seen whole ligands")


def test_a_crystal_is_inside_by_what_the_network_sees_of_it(
    ensemble: Ensemble, seeing_whole: Ensemble, shared_data: Path
) -> None:
    crystal = shared_data / "cod" / "1540567.cif"
    assert "C" not in ensemble.metadata.domain["channels"]["gap:gfn1-xtb"]["elements"]
    rows = {}
    for name, model in (("capped", ensemble), ("whole", seeing_whole)):
        told = predict(crystal, model=model, charge=-1, formula=False)
        (rows[name],) = (row for row in told if row.get("basis") == "network")
        rows[name]["sentences"] = " ".join(told[0]["sentences"])
    assert rows["capped"]["applicability"] == "inside" and rows["capped"]["reasons"] == []
    assert rows["capped"]["note"] == f"{CUT}SH"
    assert f"From the structure, {CUT}SH: calculated gap" in rows["capped"]["sentences"]
    whole = " ".join(rows["whole"]["reasons"])
    assert "elements never seen in training: C" in whole and "349 atoms" in whole
    assert "note" not in rows["whole"] and CUT not in rows["whole"]["sentences"]


def test_a_crystal_and_its_capped_file_have_one_prediction(
    ensemble: Ensemble, untrained: Ensemble, rod: Cluster, tmp_path: Path
) -> None:
    small = capped(Anatomy(rod)).cluster
    assert len(small) < len(rod) / 2
    for model in (ensemble, untrained):
        # Alone, so that both are summed in one order.
        alone = [network_rows([each], model)[0] for each in (rod, small)]
        told = [(each.value, each.lower, each.upper, each.applicability, each.reasons) for each in alone]
        assert told[0] == told[1]
        assert (alone[0].note, alone[1].note) == (f"{CUT}PH3", "")
    moved = small.replace(positions=small.positions * 1.01)
    assert network_rows([moved], untrained)[0].value != alone[0].value
    order = np.random.default_rng(0).permutation(len(rod))
    labels = tuple(rod.labels[k] for k in order)
    mixed = rod.replace(numbers=rod.numbers[order], positions=rod.positions[order], labels=labels)
    assert network_rows([mixed], untrained)[0].value == pytest.approx(alone[0].value, abs=1e-5)
    file = tmp_path / "small.xyz"
    file.write_text(small.to_xyz())
    (row,) = (each for each in predict(file, model=untrained, formula=False) if each["basis"] == "network")
    assert row["value"] == pytest.approx(alone[0].value, abs=1e-4) and "note" not in row


def test_a_capped_cluster_has_the_graph_it_always_had(ensemble: Ensemble, rod: Cluster) -> None:
    small = capped(Anatomy(rod)).cluster
    once, twice = (ClusterGraph.of(each, ensemble.config) for each in (rod, small))
    plain = ClusterGraph.of(small, ModelConfig.parse({"cutoff": ensemble.config.cutoff}))
    assert twice.owner is None and twice.seen is twice.anatomy and once.seen.cluster.formula == small.formula
    for key in plain.graph.keys():  # noqa: SIM118 # a graph is no dictionary
        if key != "num_nodes":
            assert (twice.graph[key] == plain.graph[key]).all() and (once.graph[key] == plain.graph[key]).all()


def test_shares_stay_with_the_atoms_of_the_crystal(untrained: Ensemble, rod: Cluster) -> None:
    model, found = NetworkModel(untrained), capped(Anatomy(rod))
    small = found.cluster
    items = [model.features(each) for each in (small, rod, small)]
    raw = untrained.predict([item.graph for item in items])
    assert len(raw.contributions) == 3 * len(small)
    told = model.output(items)
    assert len(told.contributions) == 2 * len(small) + len(rod)
    before, own, behind = told.contributions.split([len(small), len(rod), len(small)])
    assert (before == raw.contributions[: len(small)]).all() and (behind == raw.contributions[-len(small) :]).all()
    own, seen = own.double().numpy(), raw.contributions[len(small) : 2 * len(small)].double().numpy()
    assert np.abs(seen).max() > 0
    assert own.sum(axis=0) == pytest.approx(seen.sum(axis=0), abs=1e-7)
    gone = np.setdiff1d(np.arange(len(rod)), found.origin)
    assert len(gone) > len(rod) / 2 and (own[gone] == 0).all()
    phosphorus = int(np.flatnonzero(rod.numbers == NUMBERS["P"])[0])
    group = np.flatnonzero(found.owner == phosphorus)
    assert small.composition["P"] * 3 == small.composition["H"] and len(group) == 4
    assert own[phosphorus] == pytest.approx(seen[group].sum(axis=0), abs=1e-7)
    metal = int(np.flatnonzero(rod.numbers == NUMBERS["Au"])[0])
    assert own[metal] == pytest.approx(seen[int(np.flatnonzero(found.origin == metal)[0])])
    (explained,) = network_rows([rod], untrained, contributions=True)
    assert explained.contributions is not None
    assert explained.contributions.total == pytest.approx(explained.value, abs=1e-5)


def test_charges_are_those_of_the_atoms_that_were_seen(rod: Cluster) -> None:
    config = ModelConfig.parse({"n_features": 8, "n_layers": 1, "lmax": 1, "ligands": "capped", "atom_charges": True})
    ensemble = Ensemble([build_model(config)], EnsembleMetadata(residual_scale={"gap:gfn1-xtb": 0.3}))
    found = capped(Anatomy(rod))
    (explained,) = network_rows([rod], ensemble, contributions=True)
    assert explained.charges is not None
    told = json.loads(json.dumps(explained.to_dict(), allow_nan=False))["atom_charges_e"]
    gone = {k for k, charge in enumerate(told) if charge is None}
    assert gone == set(range(len(rod))) - set(found.owner.tolist()) and len(told) == len(rod)
    known = [charge for charge in told if charge is not None]
    assert sum(known) == pytest.approx(rod.charge, abs=1e-4) == sum(explained.charges.parts.values())


def test_a_comparison_has_shares_of_whole_clusters_and_says_what_was_seen(untrained: Ensemble, rod: Cluster) -> None:
    other = build("rod-halide", r="Me", twist=12.0)
    found = compare_clusters(rod, other, untrained, level=LevelChoice("network", formula=False))
    (channel,) = untrained.channels
    assert len(found.origin.atoms_a[channel]) == len(rod) and len(found.origin.atoms_b[channel]) == len(other)
    (row,) = (each for each in found.properties if each.basis == "network")
    (a,), (b,) = found.predictions_a, found.predictions_b
    assert row.difference == pytest.approx(b.value - a.value, abs=1e-6)
    assert row.difference != 0.0
    said = [each for each in found.details if CUT in each]
    assert [each[:25] for each in said] == ["A as the network saw it: ", "B as the network saw it: "]


def test_a_screen_says_what_predict_says(directory: Path, ensemble: Ensemble, rod: Cluster, tmp_path: Path) -> None:
    files = tmp_path / "in"
    files.mkdir()
    (files / "rod.cif").write_text(rod.to_cif())
    (files / "capped.cif").write_text(capped(Anatomy(rod)).cluster.to_cif())
    told = screen(files, tmp_path / "out", model=directory, formula=False, processes=1)
    assert "The network saw ligands cut down to what binds (SR to SH, PR3 to PH3)." in told["sentences"]
    table = pd.read_parquet(tmp_path / "out" / "predictions").set_index("id")
    for name in ("rod", "capped"):
        rows = predict(files / f"{name}.cif", model=ensemble, formula=False)
        (row,) = (each for each in rows if each["basis"] == "network")
        (screened,) = table[table["file"].str.endswith(f"{name}.cif")].to_dict(orient="records")
        assert screened["applicability"] == row["applicability"] and list(screened["reasons"]) == row["reasons"]
        assert (screened["note"] == row["note"]) if name == "rod" else pd.isna(screened["note"])
        for key in ("value", "lower", "upper"):
            # A screen predicts both together, which may change the last digits of 32 bits.
            assert screened[key] == pytest.approx(row[key], abs=2e-6)


def test_a_served_model_says_the_same(ensemble: Ensemble, rod: Cluster) -> None:
    table = ServedModel(ensemble).predict(
        pd.DataFrame([{"structure": rod.to_cif(), "name": "rod.cif"}]), {"formula": False}
    )
    (row,) = table.to_dict(orient="records")
    assert row["note"] == f"{CUT}PH3"
    assert row["value"] == pytest.approx(network_rows([rod], ensemble)[0].value, abs=1e-4)


def test_what_cannot_be_capped_is_seen_whole_and_outside(
    ensemble: Ensemble, seeing_whole: Ensemble, rod: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(anatomy: Anatomy) -> None:
        raise StructureError("an atom is not finite.", site="C7")

    (inside,) = network_rows([capped(Anatomy(rod)).cluster], ensemble)
    monkeypatch.setattr("mlcluster.levels.network.cluster_graph.capped", refuse)
    (row,), (whole,) = (network_rows([rod], each) for each in (ensemble, seeing_whole))
    assert row.value == whole.value and row.note == ""
    assert row.applicability == "outside" and row.reasons[1:] == whole.reasons
    assert row.reasons[0] == "ligands could not be cut down to those of training: an atom is not finite (C7)"
    (small,) = network_rows([capped(Anatomy(rod)).cluster], ensemble)
    assert inside.reasons == () and len(small.reasons) == 1, "outside for that alone, whatever else speaks for it"


def test_a_cluster_that_falls_apart_when_it_is_capped_is_seen_whole(ensemble: Ensemble) -> None:
    atoms = [
        ("Au", 0.0, 0.0, 0.0), ("Au", 2.8, 0.0, 0.0), ("S", 1.4, 0.0, 1.9), ("C", 1.4, 0.0, 3.72),
        ("H", 2.43, 0.0, 4.08), ("H", 0.89, 0.89, 4.08), ("H", 0.89, -0.89, 4.08), ("He", 1.4, 0.0, 7.02),
    ]  # fmt: skip
    cluster = Cluster(numbers=[NUMBERS[a[0]] for a in atoms], positions=[a[1:] for a in atoms], charge=1)
    with pytest.raises(StructureError, match="no neighbour"):
        ClusterGraph.of(capped(Anatomy(cluster)).cluster, ModelConfig.parse({"cutoff": ensemble.config.cutoff}))
    item = NetworkModel(ensemble).features(cluster)
    assert item.seen is item.anatomy and item.owner is None
    assert item.reason.startswith("ligands could not be cut down") and "He" in item.reason


def test_the_card_says_what_is_not_seen(ensemble: Ensemble, seeing_whole: Ensemble) -> None:
    card = model_card(ensemble)
    assert card.network.endswith("ligands capped")
    assert "What ligands do beyond their donors is not seen" in card.text()
    assert "beyond their donors" not in model_card(seeing_whole).text()
    assert ensemble.hash != seeing_whole.hash


def test_a_bare_sulfur_that_was_given_its_hydrogen_is_told(ensemble: Ensemble) -> None:
    model = model_structures()["model [Au25(SH)18]-"]
    bare = model.numbers != NUMBERS["H"]
    cluster = model.replace(numbers=model.numbers[bare], positions=model.positions[bare], labels=())
    (row,) = network_rows([cluster], ensemble)
    assert row.note.startswith(f"{CUT}SH; every S of this file is bare: 18 taken for thiolates")
    said = " ".join(answer([row.to_dict()]))
    assert f"From the structure, {CUT}SH: calculated gap" in said
