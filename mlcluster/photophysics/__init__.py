"""The bench beside the crystal: mass spectra, decays, linewidths, kinetics and onsets, as functions on arrays."""
