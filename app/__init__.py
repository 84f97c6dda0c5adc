"""Conclave: private meetings, directly between the people in them."""
