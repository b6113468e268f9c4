"""The version of gankit, which is also written into its files."""

__version__ = "0.2.0"
