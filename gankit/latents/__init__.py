"""Tools for the latents of a trained generator.

``interpolate`` and ``truncate`` compute with latents alone, ``find_directions`` with the
generator's weights. ``project`` finds the latents of a
given image and ``edit`` those of an image that meets constraints, by gradient descent through the
generator, whose weights stay as they are.
"""

from gankit.latents.constraints import Edges, Pixels
from gankit.latents.directions import find_directions
from gankit.latents.search import Constraint, Found, Search, edit, project
from gankit.latents.ways import interpolate, truncate

__all__ = [
    "Constraint",
    "Edges",
    "Found",
    "Pixels",
    "Search",
    "edit",
    "find_directions",
    "interpolate",
    "project",
    "truncate",
]
