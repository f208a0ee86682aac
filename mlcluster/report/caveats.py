"""What a reader of a comparison should keep in mind, chosen by what it contains."""

from __future__ import annotations

from mlcluster.comparison.compare import Comparison
from mlcluster.labels.methods import METHODS


def caveats(comparison: Comparison) -> list[str]:
    """Sentences, the most important first."""
    rows = comparison.properties
    found = [
        "Not resolved means: these predictions do not show which of the two is larger. It does not mean that they are "
        "equal.",
    ]
    calculated = dict.fromkeys(row.method for row in rows if row.method in METHODS and not METHODS[row.method].measured)
    for method in calculated:
        found.append(f"{method}: {METHODS[method].description}. It is not an optical or measured gap.")
    if any(row.interval == "paired" for row in rows):
        found.append(
            "Paired interval: members of the ensemble were subtracted one by one, and the remaining error is that "
            "of related pairs whose whole family was held out."
        )
    if any(row.interval == "independent" for row in rows):
        found.append(
            "Independent: the errors of A and B are combined as if they had nothing in common. For relatives, whose "
            "errors share a sign, such an interval is too wide rather than too narrow."
        )
    if any(row.basis == "formula" or row.interval == "none" for row in rows):
        found.append(
            "Predictions from the formula know nothing of the structure: they are equal for isomers and resolve none."
        )
    if any(row.basis == "derived" for row in rows):
        found.append("Rates take one emitting state that every absorbed photon reaches; else k_r is a lower limit.")
    found.append(
        "Contributions say how the model reaches its number. They are shares of one model's sum, not an energy "
        "decomposition and no proof of a cause."
    )
    if comparison.match is not None and comparison.match.improper:
        found.append("The cores match best after a reflection; the views show B as it is, not its mirror image.")
    if comparison.measured:
        found.append(
            "Measured values come from the literature table with their own media and methods. A status other than "
            "matched or stated means that the structure may be another compound: isomers share a formula."
        )
    return found
