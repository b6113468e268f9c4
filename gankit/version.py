"""Which gankit this is; files say by which one they were written."""

__version__ = "0.1.0"
