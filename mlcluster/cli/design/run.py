"""``mlcluster design run``: several sets of candidates from one recipe."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mlcluster.cli import options
from mlcluster.cli.console import finish, running
from mlcluster.cli.design import shared


def run(
    recipe: Annotated[Path, typer.Argument(metavar="RECIPE", help="YAML, as configs/design_rods.yaml.")],
    out: shared.Out,
    form: shared.FormChoice = shared.Form.packed,
    json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Make the sets of candidates of a recipe.

    Each set is a parent with its steps and goes to a directory of its name.
    """
    with running("Designing", as_json=json, debug=debug):
        from mlcluster.cli.design.views import recipe_tables
        from mlcluster.design.recipe import run_recipe

        result = run_recipe(recipe, out, form.value)
    finish(result, as_json=json, view=recipe_tables)
