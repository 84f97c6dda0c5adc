"""How packets travel between two people: transport, rate, pace, repair."""
