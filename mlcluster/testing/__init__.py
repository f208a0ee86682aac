"""Public checks of models."""

from mlcluster.testing.symmetry import (
    check_all,
    check_batching,
    check_permutation,
    check_reflection,
    check_rotation,
    check_translation,
)

__all__ = [
    "check_all",
    "check_batching",
    "check_permutation",
    "check_reflection",
    "check_rotation",
    "check_translation",
]
