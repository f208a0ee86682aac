"""What an edge says: radial functions of its length, spherical harmonics of its direction."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

_SQRT3 = 3.0**0.5


class RadialBasis(nn.Module):
    r"""Uniform cubic B-splines times a cosine envelope.

    .. math:: b_k(r) = \beta\left(\frac{r}{w} - k + 1\right) \frac{1 + \cos(\pi r / r_c)}{2},
              \qquad w = \frac{r_c}{K - 3}

    with the cardinal cubic B-spline :math:`\beta`. At any distance four of the `n_radial` functions are not zero and,
    but for the envelope, they sum to one. Value and first derivative vanish at the cutoff, so an atom that crosses it
    changes nothing abruptly; beyond it the basis is zero. Envelope: Behler, J. Chem. Phys. 2011, 10.1063/1.3553717.

    Parameters
    ----------
    cutoff
        Distance at which everything ends, angstrom.
    n_radial
        Number K of functions, at least 4.

    Examples
    --------
    >>> basis = RadialBasis(cutoff=5.0, n_radial=10)
    >>> basis(torch.tensor([2.5, 5.0])).sum(dim=1)
    tensor([0.5000, 0.0000])
    """

    centres: Tensor

    def __init__(self, cutoff: float, n_radial: int) -> None:
        super().__init__()
        self.cutoff, self.n_radial = cutoff, n_radial
        self.spacing = cutoff / (n_radial - 3)
        self.register_buffer("centres", torch.arange(-1.0, n_radial - 1), persistent=False)

    def forward(self, distance: Tensor) -> Tensor:
        """Basis (E, K) at distances (E,) in angstrom."""
        # Clamped first: far outside, the cube of the distance would overflow before the envelope makes it zero.
        distance = distance.clamp(max=self.cutoff)
        x = (distance[:, None] / self.spacing - self.centres).abs()
        spline = ((2 - x).clamp(min=0).pow(3) - 4 * (1 - x).clamp(min=0).pow(3)) / 6
        return spline * self.envelope(distance)[:, None]

    def envelope(self, distance: Tensor) -> Tensor:
        """Half a cosine wave, 1 at no distance and 0 from the cutoff on."""
        return 0.5 + 0.5 * torch.cos(math.pi / self.cutoff * distance.clamp(max=self.cutoff))


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
