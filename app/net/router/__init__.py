"""Opening a door in the user's own router, so that people outside can come in: only when asked."""
