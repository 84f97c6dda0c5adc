"""Sound: devices, cleaning, Opus, playing in time."""
