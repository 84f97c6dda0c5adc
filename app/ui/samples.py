"""A meeting made up for pictures and tests: people who do not exist, in every state."""

from dataclasses import replace

from app.meeting.view import (
    Act,
    Badge,
    ChatLine,
    Code,
    Invitation,
    Knock,
    Lock,
    MeetingView,
    Person,
    Power,
    Presence,
    Quality,
    Role,
    Tie,
    Verified,
)
from app.screens import (
    CallQuality,
    ContactCard,
    Device,
    Devices,
    IncomingCall,
    InMeeting,
    NearbyMeeting,
    PersonQuality,
)
from media.stats import (
    AudioStats,
    CallStats,
    ComputerStats,
    DownlinkStats,
    EncodedStats,
    LoopStats,
    PeerStats,
    SentStats,
    UplinkStats,
    VideoStats,
)
from media.verdict import FAIR, POOR, Cause, Finding
from media.video.picture import Picture

LINK = "conclave:join#AUAAAGkgq3yCq0sYmGMu4VfQKcNw8R3oTzL5JHd2XbVpWkEa7s9uZtM1nPq4yDhBgS6fAxOvLr"
ME, ADA, BEN, CLARA, DAVID, EVE, FRANK, GRETA = (bytes([n]) * 16 for n in range(1, 9))
MORNING = 1_699_956_800.0  # a fixed moment, so that pictures of screens stay the same

DEVICES = Devices(
    cameras=(Device("0", "Integrated Camera"), Device("1", "Logitech C920")),
    microphones=(Device("a", "Built-in microphone"), Device("b", "Jabra Evolve2 40")),
    speakers=(Device("s", "Built-in speakers"), Device("t", "Jabra Evolve2 40")),
    camera="0",
    microphone="a",
    speaker="s",
)


def person(dev: bytes, name: str, badge: Badge, **changes: object) -> Person:
    """Return a connected person with microphone and camera on, changed as asked."""
    made = Person(dev, name, badge, Presence.CONNECTED, False, True, True)
    return replace(made, **changes)  # type: ignore[arg-type]


HOST_MAY = frozenset(Act)
HOST_POWERS = frozenset(Power)
CO_HOST_POWERS = frozenset(
    {
        Power.ADMIT,
        Power.SET_LOBBY,
        Power.LOCK,
        Power.MUTE_ALL,
        Power.SET_CHAT,
        Power.CHAT,
        Power.SHARE,
    }
)
NUMBER = "48213 90577 11204 66391 08425 77310 29948 50162 83307 41925 60018 73544"
SHOWN_CODE = (
    "conclave:verify#AVJ3bXQ2N0x0a1pGb1hHc2pVbEhTd1ZyZ1pGQ2t4b0tNVlFyV1pQY2JUb3JYQ2VtV1pRZ0hYa1pG"
)

PEOPLE = (
    person(ME, "Mara Lindt", Badge.VERIFIED, presence=Presence.ME, is_host=True, role=Role.HOST),
    person(
        ADA,
        "Ada Brenner",
        Badge.VERIFIED,
        speaking=True,
        known_since=MORNING - 9_000_000,
        verified_by=Verified.NUMBER,
        verified_when=MORNING - 8_000_000,
        safety_number=NUMBER,
        show_code=SHOWN_CODE,
        role=Role.CO_HOST,
        may=HOST_MAY,
        tie=Tie.CONTACT,
    ),
    person(
        BEN,
        "Ben Okafor",
        Badge.KNOWN,
        microphone_on=False,
        known_since=MORNING - 400_000,
        safety_number=NUMBER,
        show_code=SHOWN_CODE,
        may=HOST_MAY,
    ),
    person(
        CLARA,
        "Clara Weiß",
        Badge.NEW,
        camera_on=False,
        quality=Quality.FAIR,
        safety_number=NUMBER,
        show_code=SHOWN_CODE,
        role=Role.GUEST,
        may=HOST_MAY,
    ),
)
MANY = (
    *PEOPLE,
    person(
        DAVID, "David Friedrich", Badge.KNOWN, presence=Presence.RECONNECTING, role=Role.PRESENTER,
        may=HOST_MAY,
    ),
    person(EVE, "Eve Sommer", Badge.CHANGED, presence=Presence.HELD, may=HOST_MAY),
    person(
        FRANK, "Frank Oswald von der Heydt", Badge.NEW, quality=Quality.POOR, may=HOST_MAY,
        tie=Tie.WANTED,
    ),
    person(
        GRETA, "Greta", Badge.NEW, presence=Presence.UNVERIFIED, microphone_on=False,
        may=HOST_MAY,
    ),
)  # fmt: skip
HANDS = (
    PEOPLE[0],
    replace(PEOPLE[1], hand_since=MORNING + 30),
    replace(PEOPLE[2], hand_since=MORNING + 20, sharing=True),
    PEOPLE[3],
)
BELOW = tuple(  # the same table for somebody who may do nothing to anybody
    replace(one, is_host=False, role=Role.PARTICIPANT) if one.is_me
    else replace(one, may=frozenset(), role=Role.HOST if one.dev == ADA else one.role)
    for one in PEOPLE
)  # fmt: skip


def troubled(presence: Presence, **changes: object) -> tuple[Person, ...]:
    """Return the table of four with something between us and Ada."""
    ada = replace(PEOPLE[1], presence=presence, speaking=False, **changes)  # type: ignore[arg-type]
    return (PEOPLE[0], ada, *PEOPLE[2:])


CHAT = (
    ChatLine(ADA, "Ada Brenner", "Good morning. Can all see the second page?", MORNING, False),
    ChatLine(ME, "Mara Lindt", "Yes.", MORNING + 40, True),
    ChatLine(BEN, "Ben Okafor", "I will take the minutes.", MORNING + 200, False),
    ChatLine(
        BEN,
        "Ben Okafor",
        "The figures are in the folder finance/2026/november/"
        "draft-three-with-a-long-name-that-breaks.ods",
        MORNING + 210,
        False,
    ),
    ChatLine(ME, "Mara Lindt", "Thank you. Ten minutes for questions then.", MORNING + 500, True),
)
CODE = Code(b"7" * 32, (4, 17, 31, 36, 53, 34, 60), "482 913 057 711")


LATER = 2_000_000_000.0  # far enough away that no link on a picture is over
INVITATIONS = (
    Invitation(1, "", LINK, False, False, LATER, False),
    Invitation(2, "Henrik", LINK[:-1] + "A", True, False, LATER, True, "Henrik Vogel"),
    Invitation(3, "Auditors", LINK[:-1] + "B", True, True, LATER, False, "Ines"),
    Invitation(4, "", LINK[:-1] + "C", False, True, LATER + 600_000, False),
)
CONTACTS = (
    ContactCard(ADA, "Ada Brenner", Badge.VERIFIED),
    ContactCard(BEN, "Ben Okafor", Badge.KNOWN),
    ContactCard(DAVID, "David Friedrich", Badge.KNOWN),
)
CALLS = (IncomingCall("c1", ADA, "Ada Brenner", "Budget 2027", Badge.VERIFIED),)

CALLED_AWAY = (IncomingCall("c2", DAVID, "David Friedrich", "Choir practice", Badge.KNOWN),)


def view(**changes: object) -> MeetingView:
    """Return a meeting of four, hosted at this screen, changed as asked."""
    made = MeetingView(
        title="Budget 2027",
        call_id=b"c" * 16,
        me=ME,
        i_am_host=True,
        people=PEOPLE,
        knocks=(),
        chat=CHAT,
        lock=Lock.PARTLY_VERIFIED,
        unverified=2,
        code=CODE,
        epoch=7,
        eid=CODE.eid,
        lobby=True,
        locked=False,
        visible=True,
        invitation=LINK,
        microphone_on=True,
        camera_on=True,
        my_role=Role.HOST,
        powers=HOST_POWERS,
        invitations=INVITATIONS,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def meeting(**changes: object) -> InMeeting:
    """Return the screen of a meeting, its view changed as asked."""
    return InMeeting(view(**changes), DEVICES, contacts=CONTACTS)


def as_participant(**changes: object) -> InMeeting:
    """Return the same meeting as somebody sees it who has no say in it."""
    plain: dict[str, object] = {
        "i_am_host": False,
        "my_role": Role.PARTICIPANT,
        "people": BELOW,
        "powers": frozenset({Power.CHAT, Power.SHARE}),
        "invitation": "",
        "invitations": (),
    }
    return InMeeting(view(**(plain | changes)), DEVICES)


NEARBY = (
    NearbyMeeting("n1", "Team breakfast", "Ada Brenner", 3, False, True, Badge.VERIFIED),
    NearbyMeeting("n2", "Works council, closed session", "Ben Okafor", 5, True, True, Badge.KNOWN),
    NearbyMeeting("n3", "Open office hour", "Reception", 1, False, False, Badge.NEW, password=True),
)
KNOCKS = (
    Knock(b"k1" * 8, "Henrik Vogel", Badge.KNOWN),
    Knock(b"k2" * 8, "Ada Brenner", Badge.NEW, imitates="Ada Brenner"),
    Knock(b"k3" * 8, "Ines", Badge.NEW, second_device=True, invitation="Auditors"),
)
ALONE = (replace(PEOPLE[0], speaking=False),)


def figures(step: int = 0) -> CallStats:
    """Return made-up figures of a call with Ada, Ben and Clara."""
    ada = PeerStats(
        rtt_ms=23.6,
        audio=AudioStats(9210, 14, 0.0012, 40.0, -24.0, 44.0, 47.0, 9, 0.008),
        video=VideoStats(640, 360, 30.0, 742.0, 5526, 0, 0.0, 61.0, 1.4, 12.0, 360, 30),
        sent=SentStats(36.0, 690.0, 360, 3, 360),
        uplink=UplinkStats(2410.0, 1980.0, 4.0, 0.002),
        downlink=DownlinkStats(0.004, 0.0, 31, 4, 2, 2.8),
    )
    return CallStats(
        {
            ADA: ada,
            BEN: replace(ada, rtt_ms=31.0),
            CLARA: replace(
                ada, rtt_ms=148.0, downlink=DownlinkStats(0.124, 0.021, 310, 88, 40, 38)
            ),
        },
        encoded=(
            EncodedStats(320, 180, 30.0, 220.0, 5526, 0.4, 0.6),
            EncodedStats(640, 360, 30.0, 810.0, 5526, 2.1, 3.4),
        ),
        computer=ComputerStats(
            LoopStats(2.4, 1, 64.0), 0.12, 0.0, 0, 0.21, step, "encoding" if step else ""
        ),
    )


WELL = CallQuality(
    people=tuple(PersonQuality(dev, Quality.GOOD) for dev in (ADA, BEN, CLARA)), measured=True
)
WEAK_THERE = CallQuality(
    (Finding(Cause.THEIR_NETWORK, (CLARA,), FAIR),),
    (*WELL.people[:2], PersonQuality(CLARA, Quality.FAIR, Cause.THEIR_NETWORK)),
    measured=True,
)
WEAK_HERE = CallQuality(
    (Finding(Cause.MY_LOSS, (), POOR), Finding(Cause.MY_COMPUTER, (), FAIR)),
    (
        PersonQuality(ADA, Quality.FAIR),
        PersonQuality(BEN, Quality.POOR),
        PersonQuality(CLARA, Quality.FAIR),
    ),
    measured=True,
    step=3,
    told=1,
)


def with_quality(quality: CallQuality) -> InMeeting:
    """Return the screen of a meeting in which the call is so; the tiles agree with it."""
    words = {one.dev: one.quality or Quality.GOOD for one in quality.people}
    people = tuple(replace(p, quality=words.get(p.dev, p.quality)) for p in PEOPLE)
    return replace(meeting(people=people), quality=quality)


def picture(seed: int, width: int = 640, height: int = 360) -> Picture:
    """Return a calm made-up picture: somebody before a wall that grows darker downwards."""
    import numpy as np  # what shows no picture opens without it

    walls = ((100, 112, 132), (138, 120, 106), (106, 128, 115), (126, 112, 138))
    coats = ((52, 66, 98), (110, 68, 60), (58, 92, 78), (82, 70, 110))
    skins = ((214, 176, 150), (148, 104, 78), (232, 196, 172), (178, 132, 104))
    wall, coat, skin = (c[seed % len(c)] for c in (walls, coats, skins))
    hair = (52, 42, 38)
    v = (np.arange(height) / height)[:, np.newaxis]
    dx = ((np.arange(width) / width - 0.5) * width / height)[np.newaxis]
    parts = (  # from back to front: where it is, its colour, its light
        (v >= 0.0, wall, 1.06 - 0.42 * v),
        (dx * dx / 0.115 + (v - 1.08) ** 2 / 0.215 < 1, coat, 1.12 - 0.2 * v),
        (dx * dx / 0.0196 + (v - 0.40) ** 2 / 0.030 < 1, skin, 1.0),
        (
            (dx * dx / 0.024 + (v - 0.33) ** 2 / 0.030 < 1) & (v < 0.30 + 0.03 * np.cos(dx * 9)),
            hair,
            1.0,
        ),
    )
    pixels = np.full((height, width, 4), 255, np.uint8)  # BGRA
    for where, colour, light in parts:
        shade = np.minimum(255, np.asarray(light)[..., np.newaxis] * colour[::-1])
        pixels[..., :3] = np.where(where[..., np.newaxis], shade, pixels[..., :3])
    return Picture(width, height, width * 4, pixels.tobytes(), None)
