"""`predict_formula`: properties from a formula alone, for a cluster whose structure nobody has."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mlcluster.chem.cluster_formula import parse_cluster_formula
from mlcluster.errors import InputError
from mlcluster.labels.conditions import Medium, parse_medium
from mlcluster.labels.literature.nearest_compounds import profile_of_formula
from mlcluster.levels.formula.channel_model import signed
from mlcluster.levels.formula.formula_record import record_of_formula
from mlcluster.levels.formula.predict import FormulaModel, bundled_formula_model, load_formula_model
from mlcluster.prediction.measured_rows import measured_on_formula
from mlcluster.prediction.prediction import Asked, Prediction, default_method_first, predictions_of
from mlcluster.prediction.prediction_sentences import description, with_answer


def predict_formula(
    text: str,
    *,
    charge: int | None = None,
    medium: str | Medium | None = None,
    temperature_k: float | None = None,
    model: str | Path | FormulaModel | None = None,
) -> list[Prediction]:
    """Predict from a formula; isomers have one formula, so it cannot tell them apart.

    Parameters
    ----------
    text
        As in ``[Au13Ag12(PPh3)10Cl8]+``: metals, ligands by the abbreviations of `mlcluster.chem.ligands`, charge.
    charge
        Charge in e, where the formula states none.
    medium
        What surrounds the cluster, e.g. "CH2Cl2, deaerated" or "crystal"; solution when not stated.
    temperature_k
        Temperature in kelvin; room temperature when not stated.
    model
        Directory of a trained formula model, or a loaded one; None for the bundled model.

    Returns
    -------
    list[Prediction]
        One prediction a channel, with the basis "formula", the default method of a target first.

    Raises
    ------
    InputError
        If the formula cannot be read, holds a ligand that is not known (the nearest is named), or states another charge
        than `charge`.
    ModelError
        If the model cannot be loaded.

    Examples
    --------
    >>> rows = predict_formula("[Au22(SG)18]0")
    >>> rows[0].basis, {row.target for row in rows} >= {"emission", "quantum_yield"}
    ('formula', True)
    """
    formula = parse_cluster_formula(text)
    if charge is not None and formula.charge is not None and charge != formula.charge:
        raise InputError(
            "the formula states another charge.", found=f"{signed(formula.charge)} in {text}", expected=signed(charge)
        )
    surrounding = parse_medium(medium) if isinstance(medium, str) else medium
    record = record_of_formula(formula, charge=charge, medium=surrounding, temperature_k=temperature_k)
    opened = open_formula_model(model)
    asked = Asked(cluster=text, formula=text)
    return default_method_first(next(predictions_of(opened, "formula", [asked], opened.predict([record]))))


def formula_rows(
    text: str,
    *,
    charge: int | None = None,
    medium: str | Medium | None = None,
    temperature_k: float | None = None,
    model: str | Path | FormulaModel | None = None,
    own: str | Path | None = None,
) -> list[dict[str, Any]]:
    """What is measured on a formula and what is predicted from it, as rows of `mlcluster.predict`.

    Parameters
    ----------
    text, charge, medium, temperature_k, model
        As for `predict_formula`.
    own
        Your own table, as for `mlcluster.predict`.

    Raises
    ------
    InputError
        As for `predict_formula`; if there is no such table.
    ModelError
        If the model cannot be loaded.
    """
    conditions: dict[str, Any] = {"charge": charge, "medium": medium, "temperature_k": temperature_k, "model": model}
    predicted = [row.to_dict() for row in predict_formula(text, **conditions)]
    rows = measured_on_formula(text, charge, own) + predicted
    return with_answer(rows, description(profile_of_formula(parse_cluster_formula(text), charge), text))


def open_formula_model(model: str | Path | FormulaModel | None) -> FormulaModel:
    """The model itself, the one saved in a directory, or the bundled one.

    Raises
    ------
    ModelError
        If the directory holds no readable model.
    """
    if isinstance(model, FormulaModel):
        return model
    return bundled_formula_model() if model is None else load_formula_model(model)
