"""A chat made up for pictures and tests: links, somebody who lets others read along, reactions."""

from dataclasses import replace

from app.meeting.view import ChatLine, LiveText, Reaction, Shown
from app.ui.samples import ADA, BEN, CHAT, CLARA, LINK, ME, MORNING, PEOPLE

ODD_LINK = "http://bank.example@xn--80ak6aa92e.com:8443/budget"
LINES = (
    *CHAT[1:3],
    ChatLine(ADA, "Ada Brenner", f"Is this the right page? {ODD_LINK}", MORNING + 620, False),
    ChatLine(
        ME, "Mara Lindt", "No. It is https://intranet.example/budget/2027", MORNING + 700, True
    ),
    ChatLine(
        BEN, "Ben Okafor", f"The works council sits next door: {LINK[:40]}", MORNING + 760, False
    ),
)
LIVE = (
    LiveText(ADA, "Ada Brenner", "I have the figures of the second quarter here. They are bett"),
    LiveText(CLARA, "Clara Weiß", "Could somebody"),
)
REACTING = (
    PEOPLE[0],
    replace(PEOPLE[1], reaction=Shown(Reaction.APPLAUSE, 5.0)),
    replace(PEOPLE[2], reaction=Shown(Reaction.AGREE, 6.0), hand_since=MORNING + 20),
    replace(PEOPLE[3], reaction=Shown(Reaction.HEART, 7.0)),
)
