"""The table schema: pandera applies the rule of every column, and says row, column, value and rule of each failure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlcluster.labels.literature.findings import Finding, finding
from mlcluster.labels.literature.rules import Rule, rules
from mlcluster.labels.literature.table import Row, Table

if TYPE_CHECKING:
    from pandera.pandas import Check, DataFrameSchema

_UNIQUE = "field_uniqueness"


def schema(columns: tuple[str, ...]) -> DataFrameSchema:
    """Schema of a table of measurements with these columns, all of them text."""
    from pandera.pandas import Column, DataFrameSchema

    table = rules()
    return DataFrameSchema(
        {
            column: Column(
                str,
                [_check(*table[column])] if column in table else [],
                unique=column == "measurement_id",
                report_duplicates="exclude_first",
            )
            for column in columns
        },
        strict=True,
        name="measurements",
    )


def check_cells(table: Table) -> list[Finding]:
    """Everything the schema has against the cells of a table, in the order of its rows."""
    import pandas as pd
    from pandera.errors import SchemaErrors

    frame = pd.DataFrame([row.cells for row in table.rows], columns=list(table.columns), dtype=str)
    try:
        schema(table.columns).validate(frame, lazy=True)
    except SchemaErrors as failures:
        cases = failures.failure_cases
    else:
        return []
    known = rules()
    found = [
        _finding(table.rows[int(index)], str(column), str(check), known)
        for index, column, check in zip(cases["index"], cases["column"], cases["check"], strict=True)
    ]
    return sorted(found, key=lambda f: (f.line, table.columns.index(f.column)))


def _check(name: str, rule: Rule) -> Check:
    from pandera.pandas import Check

    return Check(lambda cell: not rule(cell), element_wise=True, name=name, error=name)


def _finding(row: Row, column: str, check: str, known: dict[str, tuple[str, Rule]]) -> Finding:
    if check == _UNIQUE:
        return finding("error", row, column, "each identifier once", "an earlier row has this identifier")
    name, rule = known[column]
    return finding("error", row, column, name, rule(row[column]))
