"""A narrow path in simulated time, and who sends over it: calls with our own control, downloads."""
