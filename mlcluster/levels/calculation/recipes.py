"""Recipes: which descriptors and which model a channel is fitted with, and how one of several is chosen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from mlcluster.errors import DataError
from mlcluster.levels.calculation.channel_fit import ChannelModel, dealt, held_out
from mlcluster.levels.calculation.lines import Row, fit_line
from mlcluster.levels.calculation.process import fit_process
from mlcluster.levels.calculation.random_trees import fit_trees
from mlcluster.levels.calculation.settings import Kind
from mlcluster.model.scores import family_mean

TIE = 0.02
"""Errors on families left out that differ by less, as a share of the smaller, are a tie."""
PARTS = 6
"""Parts of whole families that are left out in turn to choose a recipe."""


@dataclass(frozen=True)
class Recipe:
    """What a channel is fitted with.

    Parameters
    ----------
    descriptors
        Names; every descriptor that all entries have when None.
    ridge
        Penalty as `fit_line` has it.
    kind
        ``"ridge"`` is also a line without penalty.
    seed
        Of the trees.
    """

    descriptors: tuple[str, ...] | None
    ridge: float = 0.0
    kind: Kind = "ridge"
    seed: int = 0

    def fit(self, rows: Sequence[Row], values: NDArray[np.float64], families: Sequence[str] = ()) -> ChannelModel:
        """The model of these rows."""
        names = self.names(rows)
        if self.kind == "trees":
            return fit_trees(rows, values, names, seed=self.seed)
        if self.kind == "gaussian process":
            return fit_process(rows, values, families, names)
        return fit_line(rows, values, names, ridge=self.ridge)

    def names(self, rows: Sequence[Row]) -> tuple[str, ...]:
        """Descriptors it uses on these rows; the number of atoms says how a file was made, and is none of them."""
        if self.descriptors is not None:
            return self.descriptors
        return tuple(name for name in rows[0] if name != "atoms" and all(name in row for row in rows))


GAP = Recipe(("gfn1_gap_ev",))
EVERY_DESCRIPTOR = (Recipe(None, ridge=0.05), Recipe(None, kind="gaussian process"), Recipe(None, kind="trees"))
"""The simplest first."""
RECIPES: dict[str, tuple[Recipe, ...]] = {
    "gap": (GAP,),
    "ionization_energy": (Recipe(("gfn1_homo_ev", "size", "charge")),),
    "electron_affinity": (Recipe(("gfn1_lumo_ev", "size", "charge")),),
    "gap:dft-pbe-lanl2dz": (Recipe(None, ridge=0.05),),
    "emission": EVERY_DESCRIPTOR,
    "quantum_yield": EVERY_DESCRIPTOR,
}
"""Recipes of a target, or of one of its channels: labels over many classes of ligands need more than one descriptor."""


def recipes_of(channel: str, kinds: Sequence[Kind] | None = None, seed: int = 0) -> tuple[Recipe, ...]:
    """Recipes of a channel, or else of its target; of the kinds asked for on every descriptor.

    Raises
    ------
    DataError
        If there is none.
    """
    if kinds is not None:
        found: tuple[Recipe, ...] | None = tuple(recipe for recipe in EVERY_DESCRIPTOR if recipe.kind in kinds)
    else:
        found = RECIPES.get(channel) or RECIPES.get(channel.partition(":")[0])
    if found is None:
        raise DataError("the calculation level does not learn this.", found=channel, expected=", ".join(RECIPES))
    return tuple(replace(recipe, seed=seed) for recipe in found)


def choose(
    recipes: Sequence[Recipe], rows: Sequence[Row], values: NDArray[np.float64], families: Sequence[str]
) -> tuple[Recipe, dict[str, float]]:
    """The recipe with the smallest error on families left out, the simpler on a tie, and the errors of all.

    Parameters
    ----------
    recipes
        The simplest first.
    rows, values, families
        What it may be chosen by; the error is the mean over families of the mean absolute error, in model space.
    """
    if len(recipes) == 1 or len(set(families)) < 2:
        return recipes[0], {}
    parts = dealt(families, PARTS)
    errors: dict[str, float] = {}
    for recipe in recipes:
        wrong = np.abs(held_out(rows, values, parts, recipe.fit, families) - values)
        errors[recipe.kind] = family_mean(wrong, np.asarray(families))
    best = min(errors.values())
    return next(recipe for recipe in recipes if errors[recipe.kind] <= best * (1 + TIE)), errors


def fit_chosen(
    recipes: Sequence[Recipe], rows: Sequence[Row], values: NDArray[np.float64], families: Sequence[str]
) -> ChannelModel:
    """The model of the recipe that these rows choose."""
    return choose(recipes, rows, values, families)[0].fit(rows, values, families)
