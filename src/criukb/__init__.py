"""criukb: the field guide to CRIU failures."""

__version__ = "0.1.0"
