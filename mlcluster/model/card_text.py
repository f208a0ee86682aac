"""A model card as Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from mlcluster.errors import ModelError
from mlcluster.model.card import Difference, ModelCard, Score, card_of

FILE = "MODEL_CARD.md"


def card_text(card: ModelCard) -> str:
    """Write a card for people; the same card gives the same text."""
    parts = [
        f"# {card.name}",
        "Written from the record of the training run; not edited by hand.",
        "## What it predicts",
        _table(
            ["channel", "unit", "property", "method"],
            [[f"`{each.channel}`", each.unit, each.property, each.method] for each in card.outputs],
        ),
        "## Model",
        f"{card.members} members; {card.network}. Run `{card.run_id}`, hash `{card.hash}`.",
        "## Data",
        "\n".join(_sources(card)),
        f"Elements: {', '.join(card.elements)}. Atoms: {card.n_atoms[0]} to {card.n_atoms[1]}. {_charges(card)} "
        f"Families ({len(card.families)}): " + ", ".join(f"{name} {n:,}" for name, n in card.families.items()) + ".",
        f"Hash of data and splits: `{card.data_hash}`.",
        "## Intervals",
        "\n".join(f"- `{each.channel}`: {each.interval}" for each in card.outputs),
        f"Residuals behind them: {card.residuals}.",
        "## Intervals of differences",
        _differences(card.differences),
        "## Scores on rows no member has seen",
        _scores(card.scores),
        "## Intended use",
        "\n".join(f"- {use}" for use in card.intended_use),
        "## Limits",
        "\n".join(f"- {limit}" for limit in card.limits),
        "## Environment",
        ", ".join(f"{name} {version}" for name, version in card.environment.items()) + ".",
        "## Licence and citation",
        f"{card.licence}. {card.citation}.",
    ]
    return "\n\n".join(parts) + "\n"


def write_model_card(directory: str | Path) -> Path:
    """Write the card of a model into its directory.

    A model whose record does not fill a card, as one that was never judged on rows held out, gets a file that says so.
    """
    path = Path(directory) / FILE
    try:
        text = card_text(card_of(directory))
    except ModelError as error:
        text = f"# {Path(directory).name}\n\nThis model has no card: {error}\n"
    path.write_text(text, encoding="utf-8")
    return path


def _differences(differences: Sequence[Difference]) -> str:
    if not differences:
        return "No pairs were calibrated: the interval of a difference is that of two clusters with nothing in common."
    rows = [
        [
            f"`{one.channel}`",
            one.relation,
            f"{one.n_pairs:,} pairs of {one.n_families} families",
            f"{one.multiplier:.3g}",
            f"{one.least:.2f} {one.unit}".strip(),
            "yes" if one.used else "no: too few families",
        ]
        for one in differences
    ]
    head = ["channel", "kind of pair", "calibrated on, all kinds together", "multiplier", "half-width at least", "used"]
    return (
        "Between relatives the members are subtracted one by one, and what is left of the error is that of pairs whose "
        "family was held out. The half-width grows with the spread of the members.\n\n" + _table(head, rows)
    )


def _sources(card: ModelCard) -> Iterator[str]:
    for source in card.sources:
        count = f"{source.entries:,} entries of " if source.entries else ""
        yield f"- **{source.name}**: {count}{source.what}. Licence: {source.licence}. Citation: {source.citation}."
        yield from (f"  - {trap}" for trap in source.traps)


def _charges(card: ModelCard) -> str:
    return "Charges: unknown." if card.charge is None else f"Charges: {card.charge[0]:+d} to {card.charge[1]:+d}."


def _scores(scores: Sequence[Score]) -> str:
    head = ["split", "channel", "arm", "MAE", "RMSE", "R2", "Spearman", "MAE over families", "coverage of 90 %", "n"]
    rows = []
    for score in scores:
        values = (score.mae, score.rmse, score.r2, score.spearman, score.mae_over_families)
        cells = ["-" if value is None else f"{value:.3f}" for value in values]
        rows.append([score.split, f"`{score.channel}`", score.arm, *cells, _coverage(score), f"{score.n:,}"])
    return _table(head, rows)


def _coverage(score: Score) -> str:
    if score.coverage is None:
        return "-"
    if score.coverage_low is None or score.coverage_high is None:
        return f"{score.coverage:.2f}"
    return f"{score.coverage:.2f} ({score.coverage_low:.2f} to {score.coverage_high:.2f})"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    return "\n".join("| " + " | ".join(line) + " |" for line in [head, ["---"] * len(head), *rows])
