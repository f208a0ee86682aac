from __future__ import annotations

from mlcluster.comparison.published_directions import (
    EQUAL,
    NOT_DESCRIBED,
    NOT_KNOWN,
    directions_beside_predictions,
    directions_in_words,
)
from mlcluster.labels.literature import pairs
from mlcluster.labels.literature.relations import Pair
from tests.comparison.papers import FILE


def _pair(a: str, b: str, *words: str) -> Pair:
    return Pair("doping", a, b, "", 1, words)


def test_every_published_direction_is_scored_once():
    rows = directions_beside_predictions()
    assert len(rows) == sum(len(pair.signs) for pair in pairs())
    for row in rows:
        assert row["published"] in (-1, 1) and row["predicted"] in (-1, 0, 1, None)
        assert (row["right"] is None) == (not row["predicted"])
        assert row["predicted"] is not None or row["why"] == NOT_DESCRIBED
    guide = " ".join(FILE.with_name("comparison.md").read_text(encoding="utf-8").split())
    assert directions_in_words(rows) in guide


def test_a_sign_turned_round_is_wrong_and_an_isomer_has_none():
    bluer, redder, same, unknown, dark = directions_beside_predictions(
        [
            _pair("Ag25_SR18", "AuAg24_SR18", "bluer"),
            _pair("Ag25_SR18", "AuAg24_SR18", "redder"),
            _pair("Au28_CHT20", "Au28_TBBT20", "bluer"),
            _pair("AuNC_FGGC", "Ag25_SR18", "bluer"),
            _pair("AuAg24_SR18", "Ag25_SR18", "darker"),
        ],
        {},
    )
    assert (bluer["predicted"], bluer["right"], redder["right"]) == (-1, True, False)
    assert (same["predicted"], same["right"], same["why"]) == (0, None, EQUAL)
    assert (unknown["predicted"], unknown["why"]) == (None, NOT_DESCRIBED)
    assert dark["why"] == NOT_KNOWN and not dark["learned"]
