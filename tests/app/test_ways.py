"""How a copy takes part: the command line over the settings over what the program thinks."""

from dataclasses import replace

from app.net.signalling import Address
from app.options import Participation, ProfileChoice
from app.settings import DEFAULTS
from app.ways import ways_for

SETTINGS = replace(
    DEFAULTS, name="Ada", camera="cam", microphone="mic", speaker="box", listen_port=47123
)
PART = Participation(ProfileChoice())


def test_a_window_takes_its_ways_from_the_settings():
    ways = ways_for(SETTINGS)
    assert ways.name == "Ada"
    assert (ways.choice.camera, ways.choice.microphone, ways.choice.speaker) == (
        "cam", "mic", "box",
    )  # fmt: skip
    assert ways.listen == Address("", 47123)
    assert ways.look_around


def test_the_command_line_stands_above_the_settings_word_by_word():
    part = replace(PART, name="Bob", camera="none", listen=Address("127.0.0.1", 0))
    ways = ways_for(SETTINGS, part)
    assert (ways.name, ways.choice.camera, ways.choice.microphone) == ("Bob", "none", "mic")
    assert ways.listen == Address("127.0.0.1", 0)


def test_without_any_name_somebody_is_a_guest_and_the_program_chooses_the_port():
    ways = ways_for(replace(DEFAULTS, name="", listen_port=0), PART)
    assert ways.name
    assert ways.listen is None


def test_a_window_asks_for_a_name_instead_of_inventing_one():
    assert ways_for(replace(DEFAULTS, name="")).name == ""


def test_what_is_done_to_the_sound_follows_the_settings():
    off = replace(SETTINGS, echo_cancellation=False, noise_suppression="off", automatic_gain=False)
    cleaning = ways_for(off).cleaning
    assert (cleaning.echo, cleaning.noise, cleaning.gain) == (False, False, False)
    assert ways_for(SETTINGS).cleaning.echo
