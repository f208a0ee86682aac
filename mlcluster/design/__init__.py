"""Candidates around a cluster, model clusters built by rule, their relaxation, and the calculations that label them.

``mlcluster.design.substitute(parent, to="Ag")`` and its like give a `CandidateSet`; `candidates` is an iterator.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mlcluster.design.candidate import Candidate
    from mlcluster.design.candidate_files import recipe_sets, run_recipe, write_candidates
    from mlcluster.design.candidate_set import CandidateSet, candidates
    from mlcluster.design.capped_model import cap
    from mlcluster.design.edits.applying import apply_edits
    from mlcluster.design.edits.records import parse_edits
    from mlcluster.design.verbs import design, fill, substitute, swap, twist, vacancy

__all__ = [
    "Candidate",
    "CandidateSet",
    "apply_edits",
    "candidates",
    "cap",
    "design",
    "fill",
    "parse_edits",
    "recipe_sets",
    "run_recipe",
    "substitute",
    "swap",
    "twist",
    "vacancy",
    "write_candidates",
]

_MODULES = {
    "Candidate": "candidate",
    "CandidateSet": "candidate_set",
    "cap": "capped_model",
    "apply_edits": "edits.applying",
    "parse_edits": "edits.records",
    "recipe_sets": "candidate_files",
    "run_recipe": "candidate_files",
    "write_candidates": "candidate_files",
    **dict.fromkeys(("design", "fill", "substitute", "swap", "twist", "vacancy"), "verbs"),
}


def __getattr__(name: str) -> object:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"mlcluster.design.{_MODULES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
