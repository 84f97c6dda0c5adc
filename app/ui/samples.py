"""Screens made up for screenshots and tests: people who do not exist, in every state."""

import math
from dataclasses import dataclass, replace

from app.meeting.view import (
    Badge,
    ChatLine,
    Code,
    Knock,
    Lock,
    MeetingView,
    Notice,
    Person,
    Presence,
    Quality,
)
from app.screens import (
    Device,
    Devices,
    Farewell,
    Home,
    InMeeting,
    NearbyMeeting,
    Preview,
    Progress,
    Screen,
    Unlock,
    Waiting,
)
from media.picture import Picture

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


PEOPLE = (
    person(ME, "Mara Lindt", Badge.VERIFIED, presence=Presence.ME, is_host=True),
    person(
        ADA,
        "Ada Brenner",
        Badge.VERIFIED,
        speaking=True,
        known_since=MORNING - 9_000_000,
        safety_number="48213 90577 11204 66391 08425 77310 29948 50162 83307 41925 60018 73544",
    ),
    person(BEN, "Ben Okafor", Badge.KNOWN, microphone_on=False, known_since=MORNING - 400_000),
    person(CLARA, "Clara Weiß", Badge.NEW, camera_on=False, quality=Quality.FAIR),
)
MANY = (
    *PEOPLE,
    person(DAVID, "David Friedrich", Badge.KNOWN, presence=Presence.RECONNECTING),
    person(EVE, "Eve Sommer", Badge.CHANGED, presence=Presence.HELD),
    person(FRANK, "Frank Oswald von der Heydt", Badge.NEW, quality=Quality.POOR),
    person(
        GRETA, "Greta", Badge.NEW, presence=Presence.UNVERIFIED, microphone_on=False, imitates=""
    ),
)
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
CODE = Code(7, (4, 17, 31, 36, 53, 34, 60), "482 913 057 711")


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
        lobby=True,
        locked=False,
        visible=True,
        invitation=LINK,
        microphone_on=True,
        camera_on=True,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def meeting(**changes: object) -> InMeeting:
    """Return the screen of a meeting, its view changed as asked."""
    return InMeeting(view(**changes), DEVICES)


NEARBY = (
    NearbyMeeting("n1", "Team breakfast", "Ada Brenner", 3, False, True, Badge.VERIFIED),
    NearbyMeeting("n2", "Works council, closed session", "Ben Okafor", 5, True, True, Badge.KNOWN),
    NearbyMeeting("n3", "Open office hour", "Reception", 1, False, False, Badge.NEW),
)
KNOCKS = (
    Knock(b"k1" * 8, "Henrik Vogel", Badge.KNOWN),
    Knock(b"k2" * 8, "Ada Brenner", Badge.NEW, imitates="Ada Brenner"),
    Knock(b"k3" * 8, "Ines", Badge.NEW),
)
ALONE = (replace(PEOPLE[0], speaking=False),)


@dataclass(frozen=True)
class Shot:
    """A screen to picture, and what is opened on it."""

    name: str
    screen: Screen
    opened: str = ""  # "start", "join", "settings:<subject>", "chat", "people", "safety", ...


SHOTS = (
    Shot("home", Home("Mara Lindt", NEARBY)),
    Shot("home-empty", Home("")),
    Shot("start", Home("Mara Lindt", NEARBY), "start"),
    Shot("join", Home("Mara Lindt", NEARBY, notice="link_malformed"), "join"),
    Shot("preview", Preview("Budget 2027", "Ada Brenner", False, "Mara Lindt", DEVICES)),
    Shot(
        "preview-live",
        Preview("Budget 2027", "", True, "Mara Lindt", DEVICES, True, True, -22.0),
    ),
    Shot("waiting", Waiting("Budget 2027", "Ada Brenner", Progress.WAITING)),
    Shot("meeting", meeting()),
    Shot("meeting-alone", meeting(people=ALONE, chat=(), lock=Lock.ENCRYPTED, unverified=0)),
    Shot("meeting-many", meeting(people=MANY, unverified=5)),
    Shot("knocking", meeting(knocks=KNOCKS[:2], notices=(Notice(1, "joined", "Clara Weiß"),))),
    Shot("chat", meeting(), "chat"),
    Shot("people", meeting(people=MANY, knocks=KNOCKS[:1]), "people"),
    Shot("safety", meeting(), "safety"),
    Shot("invite", meeting(), "invite"),
    Shot("alarm", meeting(lock=Lock.BROKEN, alarm="codes_differ")),
    Shot("farewell", Farewell("ended", "Budget 2027")),
    Shot("refused", Farewell("unreachable", "Budget 2027", can_retry=True)),
    Shot("unlock", Unlock(first_time=True)),
    Shot("settings", Home("Mara Lindt", NEARBY), "settings:devices"),
    Shot("about", Home("Mara Lindt", NEARBY), "settings:about"),
)


def picture(seed: int, width: int = 640, height: int = 360) -> Picture:
    """Return a calm made-up picture: somebody before a wall that grows darker downwards."""
    walls = ((100, 112, 132), (138, 120, 106), (106, 128, 115), (126, 112, 138))
    coats = ((52, 66, 98), (110, 68, 60), (58, 92, 78), (82, 70, 110))
    skins = ((214, 176, 150), (148, 104, 78), (232, 196, 172), (178, 132, 104))
    wall, coat, skin = (c[seed % len(c)] for c in (walls, coats, skins))
    hair = (52, 42, 38)
    rows = []
    for y in range(height):
        v = y / height
        row = bytearray()
        for x in range(width):
            dx = (x / width - 0.5) * width / height
            colour, light = wall, 1.06 - 0.42 * v
            if dx * dx / 0.024 + (v - 0.33) ** 2 / 0.030 < 1 and v < 0.30 + 0.03 * math.cos(dx * 9):
                colour, light = hair, 1.0
            elif dx * dx / 0.0196 + (v - 0.40) ** 2 / 0.030 < 1:
                colour, light = skin, 1.0
            elif dx * dx / 0.115 + (v - 1.08) ** 2 / 0.215 < 1:
                colour, light = coat, 1.12 - 0.2 * v
            row += bytes(min(255, int(c * light)) for c in reversed(colour)) + b"\xff"
        rows.append(bytes(row))
    return Picture(width, height, width * 4, b"".join(rows), None)
