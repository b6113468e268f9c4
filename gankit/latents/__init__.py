"""Tools for the latents of a trained generator.

``interpolate`` and ``truncate`` compute with latents alone, ``find_directions`` with the
generator's weights, ``find_principal_directions`` with its w. ``project`` finds the latents of a
given image and ``edit`` those of an image that meets constraints, by gradient descent through the
generator, whose weights stay as they are.
``rejection_sampling``, ``metropolis_hastings`` and ``langevin_sampling`` draw better images by what
the discriminator says of them, which ``calibrate`` turns into ratios of densities.
"""

from gankit.latents.calibration import calibrate
from gankit.latents.candidates import Calibration, Sampled
from gankit.latents.constraints import Edges, Pixels
from gankit.latents.directions import find_directions, find_principal_directions
from gankit.latents.langevin import langevin_sampling
from gankit.latents.markov_chain import metropolis_hastings
from gankit.latents.rejection import rejection_sampling
from gankit.latents.search import Constraint, Found, Search, edit, project
from gankit.latents.ways import interpolate, truncate

__all__ = [
    "Calibration",
    "Constraint",
    "Edges",
    "Found",
    "Pixels",
    "Sampled",
    "Search",
    "calibrate",
    "edit",
    "find_directions",
    "find_principal_directions",
    "interpolate",
    "langevin_sampling",
    "metropolis_hastings",
    "project",
    "rejection_sampling",
    "truncate",
]
