"""Levels of prediction: each predicts the same properties from something else, at a cost of its own."""
