"""Conclave: private meetings, directly between the people in them."""

__version__ = "0.1.0"
