"""``mlcluster predict``: properties of the clusters in structure files."""

from __future__ import annotations

import mlcluster
from mlcluster.cli import options
from mlcluster.cli.console import finish, running


def predict(
    files: options.Files = None,
    model: options.Model = None,
    out: options.Out = None,
    charge: options.Charge = None,
    multiplicity: options.Multiplicity = None,
    cluster: options.ClusterNumber = None,
    disorder: options.DisorderChoice = options.Disorder.majority,
    strict: options.Strict = False,
    manifest: options.Manifest = None,
    json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Predict properties, each with an interval.

    Each value comes with a verdict on whether the model was trained on clusters like this one.
    """
    with running("Predicting", as_json=json, debug=debug):
        items = options.inputs(files, manifest, charge, multiplicity)
        from mlcluster.report.rows import check_table_name, write_table
        from mlcluster.report.tables import prediction_tables

        check_table_name(out)
        results = options.for_inputs(
            mlcluster.predict,
            items,
            model=model,
            cluster=cluster,
            disorder=disorder.value,
            strict=strict,
        )
        write_table(results, out)
    finish(results, as_json=json, view=prediction_tables)
