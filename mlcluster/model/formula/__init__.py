"""Properties of a cluster from its formula alone: descriptors, and a Gaussian process for each channel."""

from mlcluster.model.formula.channel import ChannelModel
from mlcluster.model.formula.formula_model import (
    FormulaModel,
    bundled_formula_model,
    load_formula_model,
    save_formula_model,
)
from mlcluster.model.formula.record import (
    FormulaRecord,
    record_of_cluster,
    record_of_composition,
    record_of_formula,
)

__all__ = [
    "ChannelModel",
    "FormulaModel",
    "FormulaRecord",
    "bundled_formula_model",
    "load_formula_model",
    "record_of_cluster",
    "record_of_composition",
    "record_of_formula",
    "save_formula_model",
]
