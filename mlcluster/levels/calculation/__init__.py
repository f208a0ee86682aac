"""CALCULATION -> properties: few parameters on descriptors of a capped cluster."""
