"""A page on this machine on which one plays with a generator's latents: ``gankit explore``."""

from gankit.exploring.server import Server
from gankit.exploring.studio import Studio

__all__ = ["Server", "Studio"]
