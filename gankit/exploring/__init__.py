"""The page of ``gankit explore``, on which you play with a generator's latents."""

from gankit.exploring.server import Server
from gankit.exploring.studio import Studio

__all__ = ["Server", "Studio"]
