"""`ModelCard`: what a user must know about an ensemble of networks, complete or refused; as Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pydantic import Field, model_validator

from mlcluster.levels.network.predict import NETWORK
from mlcluster.model.card_parts import Part, listed, markdown_table

NO_SCORES = "scores: none of its labels was held out to judge it by"
"""Among what a channel lacks."""


class Output(Part):
    """One property the model gives."""

    channel: str = Field(min_length=1)
    unit: str
    property: str = Field(min_length=1)
    method: str = Field(min_length=1)
    interval: str = Field(min_length=1, description="how its intervals were calibrated")
    domain: str = Field(min_length=1, description="entries with its labels, of which it has learned")
    lacks: tuple[str, ...] = Field(description="what a channel has as a rule and this one has not")


class Difference(Part):
    """How differences between related clusters of one kind were calibrated."""

    channel: str = Field(min_length=1)
    relation: str = Field(min_length=1, description="isomer, defect, doping ...")
    least: float = Field(gt=0, description="half-width where the members agree, model space")
    unit: str = Field(description="of model space")
    multiplier: float = Field(gt=0)
    n_pairs: int = Field(ge=1, description="of all kinds: they share one multiplier")
    n_families: int = Field(ge=1)
    used: bool = Field(description="whether enough families had pairs; otherwise A and B count as strangers")


class SourceUsed(Part):
    """Data the model learned from."""

    name: str = Field(min_length=1)
    what: str = Field(min_length=1)
    entries: int | None = Field(ge=1, description="used; None where only the total was recorded")
    licence: str = Field(min_length=1)
    citation: str = Field(min_length=1)
    traps: tuple[str, ...]


class Score(Part):
    """Scores of the network or a baseline on rows no member has seen."""

    split: str = Field(min_length=1)
    channel: str = Field(min_length=1)
    arm: str = Field(min_length=1)
    mae: float
    rmse: float
    r2: float | None
    spearman: float | None
    mae_over_families: float | None = None
    coverage: float | None = Field(default=None, description="none where no interval was calibrated")
    coverage_low: float | None = None
    coverage_high: float | None = None
    n: int = Field(ge=1)


class ModelCard(Part):
    """All that a card has to say; a field that is missing or empty is an error."""

    name: str = Field(min_length=1)
    hash: str = Field(pattern="^[0-9a-f]{64}$")
    run_id: str = Field(min_length=1)
    network: str = Field(min_length=1)
    members: int = Field(ge=1)
    outputs: tuple[Output, ...] = Field(min_length=1)
    atom_charges: str = Field(description="which charges of atoms it gives; empty where it gives none")
    differences: tuple[Difference, ...]
    sources: tuple[SourceUsed, ...] = Field(min_length=1)
    data_hash: str = Field(pattern="^[0-9a-f]{64}$")
    elements: tuple[str, ...] = Field(min_length=1)
    n_atoms: tuple[int, int]
    charge: tuple[int, int] | None
    families: dict[str, int] = Field(min_length=1)
    residuals: str = Field(min_length=1, description="where the residuals behind the intervals come from")
    scores: tuple[Score, ...] = Field(min_length=2)
    environment: dict[str, str] = Field(min_length=1)
    intended_use: tuple[str, ...] = Field(min_length=1)
    limits: tuple[str, ...] = Field(min_length=1)
    licence: str = Field(min_length=1)
    citation: str = Field(min_length=1)

    @model_validator(mode="after")
    def _judged_beside_a_baseline(self) -> ModelCard:
        for output in self.outputs:
            judged = {score.arm for score in self.scores if score.channel == output.channel}
            if NO_SCORES not in output.lacks and (NETWORK not in judged or len(judged) < 2):
                raise ValueError(f"scores: {output.channel} has no scores of the network beside a baseline")
        return self

    def text(self) -> str:
        """Markdown for people; the same card gives the same text."""
        return _text(self)


def _text(card: ModelCard) -> str:
    parts = [
        f"# {card.name}",
        "Written from the record of the training run; not edited by hand.",
        "## What it predicts",
        markdown_table(
            ["channel", "unit", "property", "method"],
            [[f"`{each.channel}`", each.unit, each.property, each.method] for each in card.outputs],
        ),
        *filter(None, [card.atom_charges]),
        "## Model",
        f"{card.members} members; {card.network}. Run `{card.run_id}`, hash `{card.hash}`.",
        "## Data",
        "\n".join(_sources(card)),
        f"Elements: {', '.join(card.elements)}. Atoms: {card.n_atoms[0]} to {card.n_atoms[1]}. {_charges(card)} "
        f"Families ({len(card.families)}): " + ", ".join(f"{name} {n:,}" for name, n in card.families.items()) + ".",
        *_by_channel(card.outputs),
        f"Hash of data and splits: `{card.data_hash}`.",
        "## Intervals",
        listed(f"`{each.channel}`: {each.interval}" for each in card.outputs),
        f"Residuals behind them: {card.residuals}.",
        "## Intervals of differences",
        _differences(card.differences),
        "## Scores on rows no member has seen",
        _scores(card.scores),
        "## Intended use",
        listed(card.intended_use),
        "## Limits",
        listed(card.limits),
        "## Environment",
        ", ".join(f"{name} {version}" for name, version in card.environment.items()) + ".",
        "## Licence and citation",
        f"{card.licence}. {card.citation}.",
    ]
    return "\n\n".join(parts) + "\n"


def _by_channel(outputs: Sequence[Output]) -> Iterator[str]:
    """What each channel has learned from, where they differ in it, and what some lack."""
    if len({each.domain for each in outputs}) > 1:
        yield "Each channel has learned from the entries with its labels, and knows only these:"
        yield listed(f"`{each.channel}`: {each.domain}" for each in outputs)
    lacking = [f"`{each.channel}` lacks {what}" for each in outputs for what in each.lacks]
    if lacking:
        yield "## What is missing"
        yield listed(lacking)
        yield "Such a channel is never preferred to another level of prediction."


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
    head = ["channel", "kind of pair", "calibrated on, of all kinds", "multiplier", "half-width at least", "used"]
    return (
        "Between related clusters the members are subtracted one by one, and what is left of the error is that of "
        "pairs whose family was held out. The half-width grows with the spread of the members.\n\n"
        + markdown_table(head, rows)
    )


def _sources(card: ModelCard) -> Iterator[str]:
    for source in card.sources:
        count = f"{source.entries:,} entries of " if source.entries else ""
        yield f"- **{source.name}**: {count}{source.what}. Licence: {source.licence}. Citation: {source.citation}."
        yield from (f"  - {trap}" for trap in source.traps)


def _charges(card: ModelCard) -> str:
    return "Charges: unknown." if card.charge is None else f"Charges: {card.charge[0]:+d} to {card.charge[1]:+d}."


def _scores(scores: Sequence[Score]) -> str:
    head = [
        "split",
        "channel",
        "model or baseline",
        "MAE",
        "RMSE",
        "R2",
        "Spearman",
        "MAE over families",
        "coverage of 90 %",
        "n",
    ]
    rows = []
    for score in scores:
        values = (score.mae, score.rmse, score.r2, score.spearman, score.mae_over_families)
        cells = ["-" if value is None else f"{value:.3f}" for value in values]
        rows.append([score.split, f"`{score.channel}`", score.arm, *cells, _coverage(score), f"{score.n:,}"])
    return markdown_table(head, rows)


def _coverage(score: Score) -> str:
    if score.coverage is None:
        return "-"
    if score.coverage_low is None or score.coverage_high is None:
        return f"{score.coverage:.2f}"
    return f"{score.coverage:.2f} ({score.coverage_low:.2f} to {score.coverage_high:.2f})"
