"""The card of an ensemble, from its own record and the cards of its data sources."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mlcluster.data.sources import SOURCES
from mlcluster.labels.methods import ATOM_CHARGES, CHARGES_IN_WORDS, Channel
from mlcluster.levels.network.card import NO_SCORES, ModelCard, Score
from mlcluster.levels.network.descriptor_model import DescriptorModel
from mlcluster.levels.network.ensemble import Ensemble
from mlcluster.levels.network.predict import NETWORK
from mlcluster.levels.structural_descriptors import N_DESCRIPTORS
from mlcluster.model.calibration import DIFFERENCE, NOTHING_HELD_OUT, Calibration, stored_calibration
from mlcluster.model.card_parts import filled
from mlcluster.tracking.logged_tables import VALIDATION


def model_card(ensemble: Ensemble) -> ModelCard:
    """Card of an ensemble from its metadata and the cards of its data sources.

    Raises
    ------
    ModelError
        Naming the first field that the record does not fill.
    """
    metadata = ensemble.metadata
    training, domain = metadata.training, metadata.domain
    scores = list(_scores(metadata.metrics))
    return filled(
        ModelCard,
        {
            "name": training.get("config", {}).get("name"),
            "hash": ensemble.hash,
            "run_id": training.get("run_id"),
            "network": _network(ensemble),
            "members": len(ensemble.members),
            "outputs": [_output(channel, ensemble, scores) for channel in ensemble.channels],
            "atom_charges": _atom_charges(ensemble),
            "differences": list(_differences(ensemble)),
            "sources": list(_sources(training)),
            "data_hash": metadata.data_hash,
            **{key: domain.get(key) for key in ("elements", "n_atoms", "charge", "families")},
            "residuals": training.get("residual_scale_origin"),
            "scores": scores,
            "environment": _environment(training.get("environment") or {}),
            "intended_use": _intended_use(ensemble),
            "limits": list(_limits(ensemble, scores)),
            "licence": "MIT (weights); each data source has its own",
            "citation": "mlcluster developers, mlcluster; `mlcluster cite` lists data and methods",
        },
    )


def _network(ensemble: Ensemble) -> str:
    config = ensemble.config
    choices = ", ligands capped" if config.ligands == "capped" else ""
    choices += ", levels of the GFN1-xTB Hamiltonian with its charges" if config.frontier == "hamiltonian" else ""
    if config.kind == "gaussian_process":
        processes = [member for member in ensemble.members if isinstance(member, DescriptorModel)]
        rows = max(int((member.weights != 0).any(dim=0).sum()) for member in processes)
        process = f"Gaussian process on {N_DESCRIPTORS} descriptors of the structure"
        return f"{process}, at most {rows} entries a member{choices}"
    trunk: Any = config.trunk
    weights = sum(value.numel() for value in ensemble.members[0].parameters())
    return (
        f"{trunk.name}, {trunk.described(config.n_features)}, cutoff {config.cutoff} angstrom, "
        f"prior {config.prior}, {weights:,} weights a member{choices}"
    )


def _output(key: str, ensemble: Ensemble, scores: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    channel = Channel.parse(key)
    calibration = stored_calibration(key, ensemble.metadata.calibration, ensemble.metadata.residual_scale)
    lacks = [NO_SCORES] if all(row["channel"] != key for row in scores) else []
    if calibration.kind == "none":
        lacks.append(f"a calibrated interval: {NOTHING_HELD_OUT}")
    return {
        "channel": key,
        "unit": channel.definition.unit,
        "property": channel.definition.description,
        "method": channel.how.description,
        "interval": calibration.describe(),
        "domain": _domain(ensemble.metadata.domain.get("channels", {}).get(key, {})),
        "lacks": lacks,
    }


def _atom_charges(ensemble: Ensemble) -> str:
    if not ensemble.config.atom_charges:
        return ""
    return (
        f"It also gives the charge of each atom in e ({CHARGES_IN_WORDS}); they sum to the charge of the cluster and "
        f"have no interval. Scores of `{ATOM_CHARGES}` are over atoms."
    )


def _domain(domain: Mapping[str, Any]) -> str:
    if not domain.get("families"):
        return "not recorded"
    (fewest, most), charge = domain["n_atoms"], domain.get("charge")
    charges = "charges unknown" if charge is None else f"charges {charge[0]:+d} to {charge[1]:+d}"
    entries, families = sum(domain["families"].values()), len(domain["families"])
    counted = f"{entries:,} entr{'y' if entries == 1 else 'ies'} of {families:,} famil{'y' if families == 1 else 'ies'}"
    return f"{counted}; {', '.join(domain['elements'])}; {fewest} to {most} atoms; {charges}"


def _differences(ensemble: Ensemble) -> Iterator[dict[str, Any]]:
    for key, stored in ensemble.metadata.calibration.items():
        if not key.startswith(DIFFERENCE):
            continue
        channel, _, relation = key.removeprefix(DIFFERENCE).partition(" ")
        calibration = Calibration.from_json(stored)
        yield {
            "channel": channel,
            "relation": relation,
            "least": float(calibration.half_width(0.0)),
            "unit": Channel.parse(channel).definition.transform.model_unit,
            "multiplier": calibration.multiplier,
            "n_pairs": calibration.n_rows,
            "n_families": calibration.n_families,
            "used": calibration.kind == "conformal",
        }


def _sources(training: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Sources by the number of their entries, as the run counted them, or as its configuration names them."""
    named = training.get("config", {}).get("data", {}).get("source", ())
    used = training.get("sources") or dict.fromkeys([named] if isinstance(named, str) else named)
    for name, entries in used.items():
        card = SOURCES[name].card if name in SOURCES else None
        about = {key: getattr(card, key, None) for key in ("what", "licence", "citation", "traps")}
        yield {"name": name, **about, "entries": entries}


def _scores(metrics: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    rows: dict[tuple[str, str, str], dict[str, Any]] = {}
    for key, value in metrics.items():
        split, channel, model, name = key.split("/")
        if split == VALIDATION:
            continue  # members stopped on these rows
        rows.setdefault((split, channel, model), {})[name] = value
    for (split, channel, model), values in rows.items():
        known = {name: value for name, value in values.items() if name in Score.model_fields}
        yield {"split": split, "channel": channel, "arm": model, **known}


def _environment(environment: Mapping[str, Any]) -> dict[str, str]:
    packages = {name: version for name, version in environment.get("packages", {}).items() if version}
    return {key: str(environment[key]) for key in ("python", "platform", "machine") if key in environment} | packages


def _intended_use(ensemble: Ensemble) -> list[str]:
    calculated = [key for key in ensemble.channels if not Channel.parse(key).how.measured]
    uses = ["Values with intervals for clusters like those it learned from, and differences between related clusters."]
    if calculated:
        uses.append(f"{', '.join(calculated)}: to screen many structures before the calculation itself.")
    return uses


def _limits(ensemble: Ensemble, scores: list[dict[str, Any]]) -> Iterator[str]:
    families = len(ensemble.metadata.domain.get("families", {}))
    model = "network" if ensemble.config.kind == "network" else "Gaussian process"
    yield f"It learned from {families} families: that is the effective size of its sample."
    for key in ensemble.channels:
        channel = Channel.parse(key)
        if not channel.how.measured:
            other = "neither an optical onset nor an emission energy nor" if channel.target == "gap" else "not"
            yield f"{key} is calculated: {other} a measured value."
        for name, words in (("mae", "over all rows"), ("mae_over_families", "each family weighing the same")):
            own = {row["arm"]: row[name] for row in scores if row["channel"] == key and row.get(name) is not None}
            better = sorted(one for one, value in own.items() if value <= own.get(NETWORK, 0.0) and one != NETWORK)
            if better:
                yield f"{key}: by the MAE of rows held out, {words}, the {model} does not beat {', '.join(better)}."
    if ensemble.config.ligands == "capped":
        yield (
            f"The {model} sees ligands cut down to what binds (SR to SH, PR3 to PH3), in training and in prediction, "
            "and its domain is that of such clusters. What ligands do beyond their donors is not seen: two clusters "
            "that differ in nothing else have one value, and the intervals do not know of real ligands unless labels "
            "of clusters with such ligands were held out."
        )
    yield "Outside its domain (elements, ligands, sizes, charges, latent distance) a prediction says so and is wider."
    yield "No measurement of the touchstone pairs took part in training, stopping or calibration."
