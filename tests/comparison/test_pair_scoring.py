"""Scores of predicted differences, on tables whose answer is known."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from mlcluster.comparison.pair_scoring import (
    PairRows,
    bootstrap,
    held_out_models,
    pair_rows,
    risk_coverage,
    scores,
)
from mlcluster.comparison.scored_run import ALL, is_computed_energy, nearest_neighbours, score_models
from mlcluster.data import load
from mlcluster.data.labelled import only_trainable
from mlcluster.errors import DataError
from mlcluster.model.related_pairs import RelatedPair, calibrate_differences, related_pairs

CHANNEL = "gap:gfn1-xtb"


def table(n_families=10, size=6, noise=0.0, shift=1.0, members=3, seed=0):
    """Held-out rows whose error is one shift a family and a little noise an entry."""
    generator = np.random.default_rng(seed)
    rows = []
    for family in range(n_families):
        offset = generator.normal() * shift
        for k in range(size):
            label = 2.0 + 0.2 * k
            predicted = label + offset + generator.normal() * noise
            ends = {"lower": predicted - 2.0, "upper": predicted + 2.0}
            own = (predicted + generator.normal(size=members) * 0.01).tolist() if members else None
            rows.append(
                {"arm": "network", "channel": CHANNEL, "entry": f"{family}/{k}", "family": f"{family}"}
                | {"seed": 0, "label": label, "predicted": predicted, "members": own, **ends}
            )
    return pd.DataFrame(rows)


def pairs_of(frame, kind="isomer"):
    return [
        RelatedPair(a, b, family, kind)
        for family, group in frame.groupby("family")
        for i, a in enumerate(group["entry"])
        for b in group["entry"].iloc[i + 1 :]
    ]


def rows(label, predicted, half, families):
    pairs = tuple(RelatedPair("a", "b", family, "isomer") for family in families)
    return PairRows("arm", CHANNEL, "paired", pairs, *(np.array(x, dtype=float) for x in (label, predicted, half)))


def test_an_error_that_relatives_share_leaves_their_difference_exact():
    frame = table(noise=0.01)
    (part,) = held_out_models(frame)
    paired, independent = pair_rows(part, pairs_of(frame))
    assert (paired.interval, independent.interval) == ("paired", "independent")
    assert scores(paired)["half_width"] < 0.1 < scores(independent)["half_width"]
    assert scores(paired)["sign_accuracy"] == 1.0
    assert scores(paired)["resolved"] > 0.9 and scores(paired)["sign_accuracy_resolved"] == 1.0
    assert scores(paired)["coverage"] >= 0.85
    # 2 eV either side: nothing is resolved, everything covered.
    assert scores(independent)["half_width"] == pytest.approx(2.0 * np.sqrt(2))
    assert scores(independent)["resolved"] == 0.0 and scores(independent)["coverage"] == 1.0


def test_a_paired_interval_owes_nothing_to_the_family_it_judges():
    frame = table(noise=0.05)
    spoiled = frame.copy()
    own = spoiled["entry"] == "3/0"
    spoiled.loc[own, "label"] += 3.0
    (before, _), (after, _) = (pair_rows(held_out_models(each)[0], pairs_of(each)) for each in (frame, spoiled))
    judged = before.families == "3"
    np.testing.assert_allclose(after.half[judged], before.half[judged])
    assert (after.half[~judged] > before.half[~judged]).all(), "while all others learn from it"


def test_several_seeds_are_averaged():
    frame = table(noise=0.3, members=2)
    other = frame.assign(seed=1, predicted=frame["predicted"] + 1.0)
    (part,) = held_out_models(pd.concat([frame, other]))
    assert part.members.shape == (60, 4)
    assert part.predicted[part.entry == "3/2"][0] == pytest.approx(frame.set_index("entry")["predicted"]["3/2"] + 0.5)


def test_scores_by_hand():
    """Two families: one pair right and resolved; three pairs, of which one right, one wrong, one without difference."""
    found = scores(rows([0.5, 0.4, -0.4, 0.01], [0.6, 0.1, 0.3, 0.0], [0.2, 0.2, 0.2, 0.2], ["x", "y", "y", "y"]))
    # Pairs of a family share its weight: family x counts 1, pairs of y one third each; the last pair has no sign.
    assert found["sign_accuracy"] == pytest.approx((1 + 1 / 3) / (1 + 2 / 3))
    assert found["mae"] == pytest.approx((0.1 + (0.3 + 0.7 + 0.01) / 3) / 2)
    assert found["mae_of_zero"] == pytest.approx((0.5 + 0.81 / 3) / 2)
    assert found["coverage"] == pytest.approx((1 + 1 / 3) / 2)
    assert found["resolved"] == pytest.approx((1 + 1 / 3) / 2)
    assert found["sign_accuracy_resolved"] == pytest.approx(1 / (1 + 1 / 3))


def test_bootstrap_draws_families_not_pairs():
    one = bootstrap(rows([0.5] * 50, [0.5] * 25 + [-0.5] * 25, [0.1] * 50, ["x"] * 50))
    assert one["sign_accuracy"] == pytest.approx((0.5, 0.5)), "a single family has no spread, however many pairs it has"
    two = bootstrap(rows([0.5] * 50, [0.5] * 25 + [-0.5] * 25, [0.1] * 50, ["x"] * 25 + ["y"] * 25))
    assert two["sign_accuracy"] == pytest.approx((0.0, 1.0))


def test_risk_coverage_answers_the_surest_first():
    curve = risk_coverage(rows([0.5, 0.5, 0.5, 0.001], [0.9, 0.5, -0.1, 1.0], [0.2] * 4, list("xyzw")))
    assert [share for share, _ in curve] == pytest.approx([1 / 3, 2 / 3, 1.0])
    assert [risk for _, risk in curve] == pytest.approx([0.0, 0.0, 1 / 3])


def test_calibration_needs_nine_families():
    for n, expected in ((8, set()), (9, {"isomer", "defect", "doping", "ligand exchange", "charge state"})):
        frame = table(n_families=n, noise=0.05)
        (part,) = held_out_models(frame)
        assert set(calibrate_differences(part, pairs_of(frame))) == expected


def test_a_table_without_intervals_is_refused():
    with pytest.raises(DataError, match="upper"):
        held_out_models(table().drop(columns=["lower"]))


@pytest.fixture(scope="module")
def frameworks():
    return only_trainable(load("frameworks"), [CHANNEL])


def test_pairs_of_the_bundled_frameworks(frameworks):
    pairs = related_pairs(frameworks)
    family = {item.entry: item.family for item in frameworks}
    assert all(family[pair.a] == family[pair.b] == pair.family for pair in pairs)
    cubanes = Counter(pair.kind for pair in pairs if pair.family == "M4X4")
    # Two metals and three halides give 3 + 3 exchanges of halide and 3 dopings; two thiolates (Me) one doping and
    # six exchanges with the halides of their metal.
    assert cubanes == {"ligand exchange": 12, "doping": 4}
    few = related_pairs(frameworks, most=2)
    assert max(Counter((pair.family, pair.kind) for pair in few).values()) == 2
    assert few == related_pairs(frameworks, most=2)


def test_distorted_copies_of_one_parent_are_no_isomers(frameworks):
    one = frameworks[0]

    def entry(name, edits):
        return replace(one, entry=name, parent="p", edits=edits)

    copies = [entry("x", "parent"), entry("y", "rattle 0.05"), entry("z", "scale core 0.99; rattle 0.02")]
    assert related_pairs(copies) == []
    # The source "generated" has parents without a parent, and names their copies otherwise.
    assert related_pairs([replace(one, entry="p", parent="", edits="parent"), entry("v", "displaced")]) == []
    twisted = entry("w", "rod twist 12.0; rattle 0.02")
    assert {(pair.a, pair.b, pair.kind) for pair in related_pairs([copies[0], twisted])} == {("x", "w", "isomer")}


def test_computed_energies_are_scored_and_measured_values_are_not():
    computed = ("gap:gfn1-xtb", "ionization_energy:delta-scf-ausr-sch3", "electron_affinity:delta-scf-ausr-sch3")
    assert all(map(is_computed_energy, computed))
    assert not any(map(is_computed_energy, ("gap:optical", "emission:measured")))


def test_a_run_is_scored_with_its_control(frameworks):
    models = only_trainable(load("gfn1_models"), [CHANNEL])
    parents = [item for item in models if item.edits == "parent"]
    items = [*frameworks, *parents]
    labels = {item.entry: item.labels[0].model_value for item in items}
    frame = pd.DataFrame(
        {
            "arm": arm,
            "channel": CHANNEL,
            "entry": entry,
            "label": label,
            "predicted": label + error,
            "lower": label + error - 0.2,
            "upper": label + error + 0.2,
        }
        for arm, error in (("network", 0.1), ("mean", 0.0))
        for entry, label in labels.items()
    )
    frame.loc[frame["arm"] == "mean", ["predicted", "lower", "upper"]] = [1.0, 0.0, 2.0]
    found = score_models(held_out_models(frame), related_pairs(items), items)
    whole = {row["arm"]: row for row in found.table if row["kind"] == ALL and row["interval"] == "independent"}
    assert whole["network"]["sign_accuracy"] == 1.0 and whole["mean"]["sign_accuracy"] == 0.5
    assert whole["mean"]["resolved"] == 0.0 and whole["mean"]["mae"] == pytest.approx(whole["mean"]["mae_of_zero"])
    control = {row["arm"]: row for row in found.control}
    # [Au25(SH)18]- against Au38(SH)24: 1.441 and 0.671 eV by GFN1-xTB.
    assert control["network"]["label"] == pytest.approx(0.67071 - 1.44131, abs=1e-5)
    assert control["network"]["resolved"] and not control["mean"]["resolved"]


def test_the_nearest_neighbour_is_of_another_family(frameworks):
    part = nearest_neighbours(frameworks, CHANNEL)
    assert len(part) == len(frameworks)
    for item in frameworks:
        value = part.predicted[part.entry == item.entry][0]
        near = {o.family for o in frameworks for r in o.labels if abs(r.model_value - value) < 1e-12}
        assert near - {item.family}
    paired = pair_rows(part, related_pairs(frameworks))
    assert [rows.interval for rows in paired] == ["paired"], "without an error of its own it has no independent one"
