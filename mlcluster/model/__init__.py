"""What all levels of prediction share: calibration, domain, cards and the models that ship."""
