"""The limits and times that the protocol names are those of the code."""

import pytest
from test_documents import PROTOCOL, section

from app import calls, nearby
from app.meeting import (
    backlog,
    calling,
    chat,
    doors,
    election,
    epochs,
    hosting,
    invitations,
    links,
    live_text,
    machine,
    passwords,
    paths,
    reactions,
    serving,
    ties,
    unheard,
)
from app.meeting_point import desk, service
from app.meeting_point.service import LIMITS as MEETING_POINT
from app.net import candidates, dialling, discovery, registration
from crypto import (
    answering,
    blocks,
    epoch,
    frames,
    held,
    history,
    invite,
    joining,
    meeting_point,
    membership,
    operations,
    policy,
    servers,
    switching,
    vault_content,
)
from media.path import outside, relay

FIGURES = {
    "Handshake": (
        ("(at most {})", answering.MOST_SECRETS),
        ("fifth wrong one in {} s", passwords.WINDOW),
        ("waits up to {} s for the block", doors.PATIENCE),
        ("up to {} messages of at most", doors.MOST_SAID),
        ("messages of at most {} bytes", doors.LONGEST_SAID),
        ("looks at up to {} blocks", doors.MOST_SHOWN),
    ),
    "Join": (
        ("{} people wait already", hosting.MOST_KNOCKS),
        ("or {} of those without a link", hosting.MOST_STRANGERS),
        ("| line({}) | not empty |", joining.NAME_BYTES),
        ("addresses({})", joining.MOST_ADDRESSES),
    ),
    "Roster log": (
        ("most people u8 (2 to {})", policy.MOST_PEOPLE),
        ("Conclave sets {}.", policy.USUAL_PEOPLE),
        ("has at most {} bytes", blocks.BLOCK_BYTES),
        ("u8 count (1 to {})", operations.MOST_OPERATIONS),
        ("at most one every {} ms", hosting.BATCH * 1000),
        ("or are silent, {} who come at once", hosting.MOST_AT_ONCE),
        ("one door {} people", hosting.AT_FIRST),
        ("and one every {} s after", 1 / hosting.PACE),
        ("older than the {} remembered", history.REMEMBERED),
        ("has been for {} epochs", membership.SLOT_REST),
    ),
    "Elections": (
        ("no channel to it for {} s", election.HOST_LOST),
        ("and {} s later for each", election.STEP),
        ("no channel to the leader for {} s", election.DOUBT),
        ("said again every {} s until", election.REPEAT),
        ("After {} s, and", election.ROUND),
        ("at most {} higher", election.AHEAD),
        ("at most once in {} s", election.AGAIN),
        ("the newest {}, and 256 KiB", backlog.MOST_BLOCKS),
        ("{} such blocks of each member", backlog.BURST),
    ),
    "State": (
        ("above {} bytes", membership.HISTORY_BYTES),
        ("u16 count (at most {}), each: dev", membership.HISTORY_BYTES // 16),
    ),
    "Keys of an epoch": (
        ("apart by more than {} s", machine.CLOCK_JUMP),
        ("held for {} s and 2 MB", held.HOLD_SECONDS),
        ("every other member every {} s", machine.SYNC),
        ("epoch is older than {} s", epoch.RESEND_SECONDS),
        ("after {} s the Acks and nonces", epoch.FORWARD_SECONDS),
        ("another eid for more than {} s", epochs.DIVERGED),
        ("or {} s after the new key was made", switching.SWITCH_SECONDS),
        ("forgotten {} s after the first frame", switching.AFTER_NEXT_SECONDS),
        ("and {} s after the newer one", switching.LONGEST_SECONDS),
    ),
    "Sealed frames": (
        ("the member's last {}", chat.REMEMBERED),
        ("1 to {} characters", chat.MAX_CHARACTERS),
        ("multiple of {} bytes", frames.PADDING_STEP),
        ("lost (at most ten, and {} s old)", unheard.LONGEST),
        ("code points, {} at most", chat.MAX_CHARACTERS),
        ("at most every {} s; the whole", live_text.PAUSE),
        ("whole text first, every {} s", live_text.WHOLE_EVERY),
        ("{} frames at once and ten", live_text.BURST),
        ("writer, and {} s after", live_text.LASTS),
        ("Shown for {} s in", reactions.LASTS),
        ("and one in {} s; receivers", 1 / reactions.RATE),
    ),
    "Requests between members": (("the last time was {} s ago", ties.ANSWER_PAUSE),),
    "Leaving and losing": (
        ("media flows | after {} s", paths.DEAD_GRACE),
        ("not now | after {} s", paths.SEAT_TIME),
        ("media never flowed | after {} s", paths.NEWCOMER_GRACE),
        ("kept for {} s instead", paths.SPLIT_TIME),
        ("then every {} s", paths.LONGEST_RETRY),
        ("After {} s without a channel", paths.THEIR_TURN),
    ),
    "Finding meetings": (
        ("Announcements live {} s", discovery.TIME_TO_LIVE),
        ("keep at most {} announcements", candidates.MOST_CANDIDATES),
        ("list is shown, {} at a time", nearby.ASK_AT_ONCE),
        ("a call for {} s at most", calls.RINGS_AT_MOST),
        ("back after {} s", calling.RING_TIME),
        ("the door {} s later", calling.ANSWER_TIME),
    ),
    "Link set-up": (
        ("no media flow {} s after", links.WIDEN),
        ("for {} s at most", outside.LIMIT),
        ("in the first {} s of an attempt", outside.HEAD_START),
    ),
    "Servers of the team": (
        ("at most {}, each", servers.MOST_SERVERS),
        ("again every {} s", serving.RENEWED),
        ("good for {} s", serving.LIFETIME),
        ("renewed every {} s", relay.MOST_BETWEEN),
        ("line({}) each", servers.USERNAME_BYTES),
    ),
    "Meeting point": (
        ("to a channel within {} s", dialling.HEAD_START),
        ("what they want | {} s", MEETING_POINT.handshake),
        ("tags to come | {} s", desk.RING_TIME),
        ("wait for one connection's tags | {}", desk.RINGS_AT_ONCE),
        ("| {} from one address", desk.CALL_RATE),
        ("address ({} at once)", desk.CALL_BURST),
        ("{} for one connection's tags", desk.TAG_RATE),
        ("tags ({} at once)", desk.TAG_BURST),
        ("| {} (8 at once)", desk.CLAIM_RATE),
        ("| {}; from one address", MEETING_POINT.connections),
        ("from one address {}; that", MEETING_POINT.connections_per_address),
        ("said nothing {}, from", MEETING_POINT.half_open),
        ("said nothing 64, from one address {}", MEETING_POINT.half_open_per_address),
        ("| {} from one address (30 at once)", MEETING_POINT.connect_rate),
        ("{} from everywhere", MEETING_POINT.connect_rate_all),
        ("everywhere ({} at once)", MEETING_POINT.connect_burst_all),
        ("| {} of one connection", MEETING_POINT.byte_rate),
        ("connection ({} at once)", MEETING_POINT.byte_burst),
        ("{} from one address (8,388,608", service.SOURCE_RATE),
        ("who does not read | {}", MEETING_POINT.write_buffer),
        ("lets at most {} through", registration.MOST_GUESTS),
        ("comes back after {} s", registration.PAUSE),
        ("so on up to {} s", registration.LONGEST_PAUSE),
        ("count u8 (1 to {})", meeting_point.MOST_CLAIMS),
    ),
    "Invitation": (
        ("{} hours, unless", invitations.LIFE / 3600),
        ("up to {} days", invitations.LONGEST_LIFE / 86_400),
        ("at most {} at a time", invitations.MOST_LINKS),
        ("0 to {} times", invite.MOST_ADDRESSES),
    ),
    "Vault file": (
        ("(at most {}) of pins", vault_content.MOST_PINS),
        ("(at most {}) of open", vault_content.MOST_INVITES),
        ("(at most {}) of proofs", vault_content.MOST_PROOFS),
    ),
}
"""By section of the protocol: what it says, and the number that the code has for it."""


@pytest.mark.parametrize(
    ("heading", "sentence", "figure"),
    [(heading, *said) for heading, every in FIGURES.items() for said in every],
)
def test_the_figures_of_the_protocol_are_those_of_the_code(
    heading: str, sentence: str, figure: float
):
    assert sentence.format(f"{figure:,g}") in " ".join(section(PROTOCOL, heading).split())
