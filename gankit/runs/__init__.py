"""A whole run: data, a recipe and a folder, from one call or one line of a shell.

``train(settings, folder)`` is what ``gankit train`` does. A run's folder holds its settings, its
checkpoints, pictures, losses and model; run it again, and it resumes.
"""

from gankit.runs.card import write_card
from gankit.runs.session import train
from gankit.runs.settings import Settings

__all__ = ["Settings", "train", "write_card"]
