"""What is said about how a call is: one sentence for people, a table of figures for experts."""

import platform

from app import __version__
from app.i18n import _, language, mark, ngettext
from app.meeting.view import Quality
from app.person_words import QUALITIES
from app.screens import CallQuality, PersonQuality
from app.texts import filled
from media.load import STEPS
from media.stats import CallStats, ComputerStats, PeerStats
from media.verdict import Cause, Finding

CAUSES = {
    Cause.MY_COMPUTER: mark("This computer is too slow for all of this call."),
    Cause.MY_LOSS: mark("Your network loses data."),
    Cause.MY_UPLINK: mark("Your network sends too slowly."),
    Cause.MY_DOWNLINK: mark("Your network receives too slowly."),
    Cause.BETWEEN: mark("The connection between you and {name} is weak."),
    Cause.THEIR_NETWORK: mark("The network of {name} is weak."),
    Cause.THEIR_COMPUTER: mark("Few pictures come from {name}, over a good connection."),
    Cause.DISTANCE: mark("The way to {name} is long."),
}
HELP = {
    Cause.MY_COMPUTER: mark(
        "Close other programs, or switch your camera off. Sound is not affected."
    ),
    Cause.MY_LOSS: mark("With Wi-Fi, go closer to the router, or plug in a cable."),
    Cause.MY_UPLINK: mark(
        "Stop what uploads on this network, or switch your camera off. Sound has priority."
    ),
    Cause.MY_DOWNLINK: mark("Stop what downloads on this network. With Wi-Fi, go closer."),
    Cause.BETWEEN: mark(
        "Between two people nobody can tell whose network it is. "
        "A cable instead of Wi-Fi helps, at either end."
    ),
    Cause.THEIR_NETWORK: mark(
        "There is nothing to be done here. A cable instead of Wi-Fi helps there."
    ),
    Cause.THEIR_COMPUTER: mark("Their computer may be busy, or it is dark where they are."),
    Cause.DISTANCE: mark("Nothing is lost, but answers come late. Leave each other a moment."),
}
IN_SHORT = {
    Cause.MY_COMPUTER: mark("Computer busy"),
    Cause.MY_LOSS: mark("Weak network"),
    Cause.MY_UPLINK: mark("Weak network"),
    Cause.MY_DOWNLINK: mark("Weak network"),
}
"""What stands in the line above the pictures: only what can be mended here."""
WHERE_IN_SHORT = {
    Cause.MY_COMPUTER: mark("This computer is busy."),
    Cause.THEIR_NETWORK: mark("It is their network."),
    Cause.THEIR_COMPUTER: mark("Few pictures come."),
    Cause.DISTANCE: mark("The way is long."),
}
BARS = {Quality.POOR: 1, Quality.FAIR: 2, Quality.GOOD: 3}
"""How many of three bars are lit."""
REASONS = {
    "loop": mark("everything is late"),
    "encoding": mark("encoding"),
    "decoding": mark("decoding"),
    "sound": mark("the microphone"),
}

LAST = STEPS[-1].step  # of what is left out: from there on sound may suffer too
TIED = "\N{NO-BREAK SPACE}"  # between a figure and its unit, which stay on one line

Row = tuple[str, str]  # what it is, how much


def sentence(finding: Finding, names: dict[bytes, str]) -> str:
    """Return what is wrong; `names` as they are shown, by device."""
    name = names.get(finding.devs[0], "") if finding.devs else ""
    return filled(_(CAUSES[finding.cause]), name=name or _("somebody"))


def advice(finding: Finding, step: int = 0) -> str:
    """Return what helps; `step` is what is left out because this computer is too slow."""
    if finding.cause is Cause.MY_COMPUTER and step >= LAST:
        return _("Close other programs, and switch your camera off: sound may break off.")
    return _(HELP[finding.cause])


def all_well(quality: CallQuality) -> Row:
    """Return what is said when nothing is wrong: a sentence and one more."""
    if not quality.people:
        return _("Nobody else is here yet."), ""
    if not quality.measured:
        return _("The connection is being measured."), ""
    return _("Nothing is wrong."), _("Sound and pictures come through as they should.")


def person_line(person: PersonQuality) -> Row:
    """Return how the call with a person is, and where it lies if that can be said."""
    if person.quality is None:
        return _("Not measured yet"), ""
    where, bad = "", person.quality is not Quality.GOOD
    if person.cause is not None and person.cause in WHERE_IN_SHORT:
        # few pictures come over a connection that is good
        bad = bad or person.cause is Cause.THEIR_COMPUTER
        where = _(WHERE_IN_SHORT[person.cause]) if bad else ""
    if bad and person.cause is Cause.MY_COMPUTER:
        return _("Not everything comes through"), where  # the connection may well be good
    return _(QUALITIES[person.quality]), where


def why(quality: CallQuality, dev: bytes, name: str) -> str:
    """Return why the connection with a person is not good, and what helps; `name` as shown."""
    theirs = [finding for finding in quality.findings if dev in finding.devs]
    ours = [f for f in quality.findings if not f.devs and f.cause is not Cause.MY_COMPUTER]
    for finding in (*theirs, *ours):
        return f"{sentence(finding, {dev: name})} {advice(finding, quality.step)}"
    return _("Sound or pictures did not come as they should. This may pass by itself.")


def in_short(quality: CallQuality) -> str:
    """Return the words for the line above the pictures; empty while nothing here is wrong."""
    for finding in quality.findings:
        if finding.cause in IN_SHORT:
            return _(IN_SHORT[finding.cause])
    return ""


def busy(step: int) -> str:
    """Return what people are told when the computer is too slow."""
    if step >= LAST:
        return _(
            "This computer is much too busy: there are hardly any pictures, and sound may break "
            "off. Close other programs."
        )
    if step >= 4:
        return _(
            "This computer is busy: who does not speak is shown with few pictures. "
            "Sound is not affected."
        )
    return _("This computer is busy: your picture is sent smaller, or less often.")


# Figures -----------------------------------------------------------------------------------------


def person_figures(peer: PeerStats) -> tuple[Row, ...]:
    """Return the figures of one person for experts."""
    up, down, audio, video, sent = peer.uplink, peer.downlink, peer.audio, peer.video, peer.sent
    dropped = video.dropped
    shown = (
        (_("undecodable"), dropped.undecodable),
        (_("no time"), dropped.no_time),
        (_("overtaken"), dropped.overtaken),
        (_("broken"), dropped.broken),
    )
    return (
        (_("Round trip"), "–" if peer.rtt_ms is None else _ms(peer.rtt_ms)),
        (_("Jitter"), _ms(down.jitter_ms)),
        (_("Path bears"), _kbps(up.estimate_kbps)),
        (_("For pictures"), _kbps(up.budget_kbps)),
        (_("Waiting to be sent"), _ms(up.backlog_ms)),
        (_("Lost there"), _percent(up.loss)),
        (_("Lost here"), _percent(down.loss)),
        (_("Lost after repair"), _percent(down.loss_after)),
        (_("Repaired: repeated"), str(down.by_repetition)),
        (_("Repaired: parity"), str(down.by_fec)),
        (_("Repaired: redundancy"), str(down.by_redundancy)),
        (_("Picture sent"), _sent(peer)),
        (_("Picture wanted"), f"{sent.wanted_lines}p" if sent.wanted_lines else "–"),
        (_("Sent"), _kbps(sent.video_kbps + sent.audio_kbps)),
        (_("Pictures left out"), str(sent.left_out)),
        (_("Picture received"), _size(video.width, video.height) if video.width else "–"),
        (_("Pictures a second"), _number(video.fps)),
        (_("Received"), _kbps(video.kbps)),
        (_("Delay of the picture"), "–" if video.latency_ms is None else _ms(video.latency_ms)),
        (_("Decoding a picture"), _ms(video.decode_ms)),
        (_("Held for the sound"), _ms(video.held_ms)),
        (_("Freezes"), _tied(f"{video.freezes} ({_number(video.freeze_s)} s)")),
        (_("Not shown"), ", ".join(_tied(f"{what} {many}") for what, many in shown if many) or "0"),
        (_("Delay of the sound"), _tied(f"{_ms(audio.delay_ms)} ({_ms(audio.target_ms)})")),
        (_("Sound made up"), _percent(audio.concealed_ratio)),
        (_("Sound recovered"), str(audio.recovered)),
        (_("Sound stretched"), _percent(audio.stretched_ratio)),
        (_("Frames refused"), str(peer.frames.refused)),
    )


def computer_figures(call: CallStats) -> tuple[Row, ...]:
    """Return the figures of this computer for experts."""
    computer, loop = call.computer, call.computer.loop
    sizes = [
        (
            filled(_("Encoding {size}"), size=_size(size.width, size.height)),
            f"{_kbps(size.kbps)}, {_ms(size.encode_ms)} "
            + _tied(f"(95 % ≤ {_ms(size.encode_p95_ms)})"),
        )
        for size in call.encoded
    ]
    return (
        (_("Left out"), _left_out(computer)),
        (_("Processor"), _percent(computer.cpu)),
        (_("Engine late"), _ms(loop.late_ms)),
        (_("Stalls"), _tied(f"{loop.stalls} ({_ms(loop.longest_ms)})")),
        (_("Time for encoding"), _percent(computer.encoding)),
        *sizes,
        (_("Waiting to be decoded"), _ms(computer.decoding_ms)),
        (_("Microphone overruns"), str(computer.overruns)),
        (_("Speaker underruns"), str(computer.underruns)),
    )


def report(quality: CallQuality) -> str:
    """Return everything as text to hand on: people are numbered, nobody is named."""
    if quality.figures is None:
        return ""
    numbered = {
        person.dev: filled(_("Person {number}"), number=str(number))
        for number, person in enumerate(quality.people, 1)
    }
    lines = [f"Conclave {__version__}, {platform.system()}"]
    lines += [sentence(finding, numbered) for finding in quality.findings]
    lines += _block(_("This computer"), computer_figures(quality.figures))
    for dev, number in numbered.items():
        if dev in quality.figures.peers:
            lines += _block(number, person_figures(quality.figures.peers[dev]))
    return "\n".join(lines).replace(TIED, " ") + "\n"


def _block(heading: str, rows: tuple[Row, ...]) -> list[str]:
    return ["", heading, *(f"  {what}: {value}" for what, value in rows)]


def _left_out(computer: ComputerStats) -> str:
    if not computer.step:
        return _("nothing")
    words = filled(_("step {step} of 7"), step=str(computer.step))
    reason = _(REASONS[computer.reason])
    return f"{_tied(words)} ({reason})"


def _sent(peer: PeerStats) -> str:
    if not peer.sent.lines:
        return "–"
    lines, layers = str(peer.sent.lines), peer.sent.layers
    words = ngettext("{lines}p, {count} layer", "{lines}p, {count} layers", layers)
    return _tied(filled(words, lines=lines, count=str(layers)))


def _tied(figures: str) -> str:
    """Return what is read in one go, so that no line ends in the middle of it."""
    return figures.replace(" ", TIED)


def _size(width: int, height: int) -> str:
    return _tied(f"{width} × {height}")


def _ms(value: float) -> str:
    return _tied(f"{round(value) if value >= 10 or value == 0 else _number(value)} ms")


def _kbps(value: float) -> str:
    return _tied(f"{round(value)} kbit/s")


def _percent(share: float) -> str:
    return _tied(f"{_number(100 * share)} %")


def _number(value: float) -> str:
    """Return a number with one digit behind the point, as the language writes it."""
    text = f"{value:.1f}"
    return text.replace(".", ",") if language() == "de" else text
