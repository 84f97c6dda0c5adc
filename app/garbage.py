"""When Python looks for garbage: never while something loads or sounds, once when all is quiet."""

import gc


def pause_garbage() -> None:
    """Make no rounds of garbage while the program loads: they took a fifth of its start."""
    gc.disable()


def resume_garbage() -> None:
    """Make rounds again, but not over what is loaded by now."""
    gc.freeze()
    gc.enable()


def settle() -> None:
    """Leave what is there by now out of the garbage collector's rounds.

    A whole round then takes 3 ms instead of 60, which the sound would miss. What was left out
    before is looked through once more: of a meeting that is over nothing must stay for ever.
    """
    gc.unfreeze()
    gc.collect()
    gc.freeze()


def let_go() -> None:
    """Look through everything once, also what was left out: a meeting that is over goes."""
    gc.unfreeze()
    gc.collect()
