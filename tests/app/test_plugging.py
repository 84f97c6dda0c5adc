"""What becomes of a choice when devices come and go."""

from app.plugging import Choice, Found, Plugging, shared_name
from app.screens import Device, Offer

BUILT_IN = Device("in", "Built-in microphone")
SPEAKERS = Device("out", "Built-in speakers")
JABRA_IN = Device("jin", "Jabra Evolve2 40 Mono")
JABRA_OUT = Device("jout", "Jabra Evolve2 40 Stereo")
WEBCAM = Device("0", "Integrated Camera")
LOGITECH = Device("2", "Logitech C920")

DESK = Found((WEBCAM,), (BUILT_IN,), (SPEAKERS,))
HEADSET = Found((WEBCAM,), (BUILT_IN, JABRA_IN), (SPEAKERS, JABRA_OUT))


def test_the_first_look_offers_nothing_and_takes_what_the_system_chooses():
    look = Plugging().look(HEADSET, Choice())
    assert (look.camera, look.microphone, look.speaker) == ("0", "in", "out")
    assert look.offer is None
    assert look.moved == ()


def test_a_headset_that_is_plugged_in_is_offered_as_one_and_not_used():
    plugging = Plugging()
    plugging.look(DESK, Choice())
    look = plugging.look(HEADSET, Choice())
    assert look.offer == Offer("Jabra Evolve2 40", microphone="jin", speaker="jout")
    assert (look.microphone, look.speaker) == ("in", "out")


def test_a_headset_whose_halves_come_one_after_the_other_is_still_one_offer():
    plugging = Plugging()
    plugging.look(DESK, Choice())
    plugging.look(Found((WEBCAM,), DESK.microphones, HEADSET.speakers), Choice())
    look = plugging.look(HEADSET, Choice())
    assert look.offer == Offer("Jabra Evolve2 40", microphone="jin", speaker="jout")


def test_an_offer_goes_with_the_device():
    plugging = Plugging()
    plugging.look(DESK, Choice())
    plugging.look(HEADSET, Choice())
    assert plugging.look(DESK, Choice()).offer is None


def test_an_answered_offer_does_not_come_back_by_itself():
    plugging = Plugging()
    plugging.look(DESK, Choice())
    plugging.look(HEADSET, Choice())
    assert plugging.answered() is not None
    assert plugging.look(HEADSET, Choice()).offer is None


def test_choosing_by_hand_answers_the_offer_for_that_kind():
    plugging = Plugging()
    plugging.look(DESK, Choice())
    plugging.look(HEADSET, Choice())
    plugging.chosen("speaker")
    assert plugging.offer == Offer("Jabra Evolve2 40", microphone="jin")
    plugging.chosen("microphone")
    assert plugging.offer is None


def test_what_the_system_switched_to_by_itself_is_not_offered():
    plugging = Plugging()
    plugging.look(DESK, Choice())
    switched = Found((WEBCAM,), (JABRA_IN, BUILT_IN), (JABRA_OUT, SPEAKERS))
    look = plugging.look(switched, Choice())
    assert look.offer is None
    assert (look.microphone, look.speaker) == ("jin", "jout")


def test_a_chosen_device_that_goes_is_replaced_said_and_taken_back():
    plugging, choice = Plugging(), Choice(microphone="Jabra Evolve2 40 Mono")
    assert plugging.look(HEADSET, choice).microphone == "jin"
    gone = plugging.look(DESK, choice)
    assert gone.microphone == "in"
    (moved,) = gone.moved
    assert (moved.kind, moved.gone, moved.name, moved.instead) == (
        "microphone", True, "Jabra Evolve2 40 Mono", "Built-in microphone",
    )  # fmt: skip
    assert plugging.look(DESK, choice).moved == ()  # said once
    back = plugging.look(HEADSET, choice)
    assert back.microphone == "jin"
    assert [(m.kind, m.gone) for m in back.moved] == [("microphone", False)]
    assert back.offer is None or back.offer.microphone == ""


def test_who_chose_something_else_meanwhile_keeps_that():
    plugging = Plugging()
    plugging.look(HEADSET, Choice(microphone="jin"))
    plugging.look(DESK, Choice(microphone="jin"))
    plugging.chosen("microphone")
    back = plugging.look(HEADSET, Choice(microphone="in"))
    assert back.microphone == "in"
    assert back.moved == ()
    assert back.offer == Offer("Jabra Evolve2 40", microphone="jin", speaker="jout")


def test_what_was_chosen_another_day_and_is_not_here_today_is_replaced_until_it_is():
    kept = Choice(speaker="Jabra Evolve2 40 Stereo", remembered=frozenset({"speaker"}))
    plugging = Plugging()
    look = plugging.look(DESK, kept)
    assert look.speaker == "out"
    assert [m.gone for m in look.moved] == [True]
    assert plugging.look(HEADSET, kept).speaker == "jout"


def test_what_somebody_typed_for_today_is_not_silently_replaced():
    look = Plugging().look(DESK, Choice(microphone="Studio"))
    assert look.microphone == "Studio"  # it will not open, and that is said
    assert look.moved == ()


def test_files_tests_and_nothing_are_no_devices_that_could_go():
    choice = Choice("test:640x360", "voice.wav", "none", frozenset({"camera", "microphone"}))
    plugging = Plugging()
    for found in (DESK, Found(), HEADSET):
        look = plugging.look(found, choice)
        assert (look.camera, look.microphone, look.speaker) == ("test:640x360", "voice.wav", "")
        assert look.moved == ()


def test_a_camera_is_found_again_by_its_name_when_its_number_changed():
    plugging = Plugging()
    choice = Choice(camera="Logitech C920")
    assert plugging.look(Found((WEBCAM, LOGITECH)), choice).camera == "2"
    assert plugging.look(Found((WEBCAM, Device("4", "Logitech C920"))), choice).camera == "4"


def test_the_last_device_of_a_kind_leaves_none():
    plugging = Plugging()
    plugging.look(Found((LOGITECH,)), Choice(camera="2"))
    look = plugging.look(Found(), Choice(camera="2"))
    assert look.camera == ""
    assert look.moved[0].instead == ""


def test_the_name_of_a_headset_is_what_its_halves_share():
    assert shared_name(["Jabra Evolve2 40 Mono", "Jabra Evolve2 40 Stereo"]) == "Jabra Evolve2 40"
    assert shared_name(["Mikrofon", "Lautsprecher"]) == "Mikrofon"
    assert len(shared_name(["x" * 500])) == 60
