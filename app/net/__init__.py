"""Finds and reaches people on the network; carries bytes it does not read."""
