"""The parts that views are put together from."""
