"""mlcluster: from the crystal structure of a metal cluster to predicted properties."""

__version__ = "0.1.0"
