"""Real spherical harmonics of degree 1 and 2 as polynomials of the Cartesian direction."""

from __future__ import annotations

import torch
from torch import Tensor

_SQRT3 = 3.0**0.5


def degree_slices(lmax: int) -> list[slice]:
    """Where the components of each degree 1 ... lmax stand among all components.

    >>> degree_slices(2)
    [slice(0, 3, None), slice(3, 8, None)]
    """
    return [slice(degree * degree - 1, (degree + 1) ** 2 - 1) for degree in range(1, lmax + 1)]


def harmonics(direction: Tensor, lmax: int) -> Tensor:
    r"""Components of all degrees 1 ... lmax.

    Each degree is normalised so that the squares of its components sum to one (Racah's normalisation):

    * l = 1: x, y, z
    * l = 2: :math:`\sqrt3 xy, \sqrt3 yz, (3z^2 - 1)/2, \sqrt3 xz, \sqrt3 (x^2 - y^2)/2`

    Parameters
    ----------
    direction
        Unit vectors, (E, 3).
    lmax
        0, 1 or 2.

    Returns
    -------
    Tensor
        (E, (lmax + 1)^2 - 1).
    """
    x, y, z = direction.unbind(-1)
    components = [] if lmax == 0 else [x, y, z]
    if lmax == 2:
        components += [
            _SQRT3 * x * y,
            _SQRT3 * y * z,
            1.5 * z * z - 0.5,
            _SQRT3 * x * z,
            0.5 * _SQRT3 * (x * x - y * y),
        ]
    return torch.stack(components, dim=-1) if components else direction.new_zeros(len(direction), 0)
