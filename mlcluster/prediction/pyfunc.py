"""The model as MLflow serves it: structures as text or as paths in, the prediction table out.

`training.record.log_model` names this module in a model's ``MLmodel`` file; MLflow then imports it from the installed
package and calls `_load_pyfunc`, so a model directory holds no code and no pickled class.
"""

from __future__ import annotations

import math
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlcluster.errors import InputError, MlclusterError
from mlcluster.levels.network import Ensemble, load_ensemble
from mlcluster.prediction.predict import predict

if TYPE_CHECKING:
    import pandas as pd

_TEXT_NAME = "structure {}"


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
            Columns ``structure`` (the text of a CIF, XYZ, POSCAR or pymatgen JSON file, or the path of one), and where
            known ``name``, ``charge`` (e) and ``multiplicity``.
        params
            None; MLflow's interface has it.

        Returns
        -------
        A row for each cluster and property with the keys of `mlcluster.predict`; a structure that cannot be read or
        predicted is a row with ``file`` and ``error``.
        """
        import pandas as pd

        rows: list[dict[str, Any]] = []
        for number, item in enumerate(model_input.to_dict(orient="records"), start=1):
            name = item.get("name") if _is_stated(item.get("name")) else None
            try:
                rows += self._rows(item, str(name or _TEXT_NAME.format(number)))
            except MlclusterError as error:
                rows.append({"file": str(name or _TEXT_NAME.format(number)), "error": str(error)})
        table = pd.DataFrame(rows).astype(object)
        return table.where(table.notna(), None)

    def _rows(self, item: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
        structure = item["structure"]
        if not isinstance(structure, str) or not structure.strip():
            raise InputError("no structure.", file=name, expected="the text of a structure file, or its path")
        stated: dict[str, Any] = {key: _whole(item.get(key), key, name) for key in ("charge", "multiplicity")}
        if "\n" not in structure.strip():
            return predict(structure, model=self._ensemble, **stated)
        with tempfile.TemporaryDirectory() as folder:
            # The text keeps its name: it is that of its clusters, and stands in messages.
            file = Path(folder) / name.replace("/", "_")
            file.write_text(structure, encoding="utf-8")
            rows = predict(file, model=self._ensemble, **stated)
        return [
            {key: value.replace(f"{folder}/", "") if key in ("file", "error") else value for key, value in row.items()}
            for row in rows
        ]


def _is_stated(value: object) -> bool:
    return value is not None and not (isinstance(value, float) and math.isnan(value))


def _whole(value: object, key: str, name: str) -> int | None:
    if not _is_stated(value):
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or value != int(value):
        raise InputError("not a whole number.", file=name, site=key, found=repr(value))
    return int(value)


def _load_pyfunc(path: str) -> ServedModel:
    """MLflow's way in: the model of a directory."""
    return ServedModel(load_ensemble(path))
