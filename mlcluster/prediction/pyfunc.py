"""The model as MLflow serves it: the text of structure files in, the prediction table out.

Who may ask a served model is not who may read the files of its machine: it takes text alone, and no path is opened.

`training.model_record.log_model` names this module in a model's ``MLmodel`` file; MLflow then imports it from the
installed package and calls `_load_pyfunc`, so a model directory holds no code and no pickled class.
"""

from __future__ import annotations

import io
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mlcluster.errors import InputError, MlclusterError
from mlcluster.levels.network import Ensemble, load_ensemble
from mlcluster.prediction.measured_rows import predicted_only
from mlcluster.prediction.predict import predict
from mlcluster.structure.files import MAX_BYTES, printable, text_of
from mlcluster.structure.limits import shortened, whole_charge, whole_multiplicity

if TYPE_CHECKING:
    import pandas as pd


class ServedModel:
    """A model behind MLflow's interface.

    Parameters
    ----------
    ensemble
        The model.
    """

    def __init__(self, ensemble: Ensemble) -> None:
        self._ensemble = ensemble

    def predict(self, model_input: pd.DataFrame, params: Mapping[str, Any] | None = None) -> pd.DataFrame:
        """Predict every cluster of every structure.

        Parameters
        ----------
        model_input
            Columns ``structure`` (the text of a CIF, XYZ, POSCAR or pymatgen JSON file; never the path of one), and
            where known ``name`` (its ending says the format where the text leaves that open), ``charge`` (e) and
            ``multiplicity``.
        params
            ``{"formula": False}`` leaves out the rows of the bundled formula model.

        Returns
        -------
        pd.DataFrame
            A row for each cluster and property with the keys of `mlcluster.predict`; a structure that cannot be read or
            predicted is a row with ``file`` and ``error``.
        """
        import pandas as pd

        formula = bool((params or {}).get("formula", True))
        rows: list[dict[str, Any]] = []
        for number, item in enumerate(model_input.to_dict(orient="records"), start=1):
            name = _name(item.get("name"), number)
            try:
                rows += self._rows(item, name, formula)
            except MlclusterError as error:
                rows.append({"file": name, "error": str(error)})
        table = pd.DataFrame(rows).astype(object)
        return table.where(table.notna(), None)

    def _rows(self, item: Mapping[str, Any], name: str, formula: bool) -> list[dict[str, Any]]:
        structure = item.get("structure")
        if not isinstance(structure, str) or not structure.strip():
            raise InputError("no structure.", file=name, expected="the text of a structure file")
        if "\n" not in structure.strip() and structure.lstrip()[0] not in "{[":
            raise InputError(
                "one line is no structure.",
                file=name,
                found=shortened(structure.strip(), 40),
                expected="the text of a structure file, not its path",
                hint="Read the file where you are and send what it holds.",
            )
        stated: dict[str, Any] = {}
        for key, checked in (("charge", whole_charge), ("multiplicity", whole_multiplicity)):
            if _is_stated(item.get(key)):
                stated[key] = checked(item[key], name, key)
        text = text_of(name, io.BytesIO(structure.encode(errors="replace")), MAX_BYTES)
        return predicted_only(predict([text], model=self._ensemble, formula=formula, **stated))


def _name(given: object, number: int) -> str:
    """What to call a structure: a name without folders, and without an ending that says it is compressed."""
    if not _is_stated(given):
        return f"structure {number}"
    return printable(str(given)).replace("/", "_").removesuffix(".gz")[:200] or f"structure {number}"


def _is_stated(value: object) -> bool:
    return value is not None and not (isinstance(value, float) and math.isnan(value))


def _load_pyfunc(path: str) -> ServedModel:
    """MLflow's way in: the model of a directory."""
    return ServedModel(load_ensemble(path))
