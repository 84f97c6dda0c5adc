"""Every screen and every state worth a look, by name: for pictures and for tests."""

from dataclasses import dataclass, replace

from app.meeting.view import Badge, Lock, Notice, Power, Presence, Ringing
from app.screens import (
    Farewell,
    Home,
    Offer,
    Preview,
    Progress,
    Screen,
    SoundCheck,
    Unlock,
    Waiting,
)
from app.ui import samples_chat, samples_files, samples_views
from app.ui.samples import (
    ADA,
    ALONE,
    BEN,
    CALLS,
    CONTACTS,
    DEVICES,
    HANDS,
    INVITATIONS,
    KNOCKS,
    MANY,
    NEARBY,
    WEAK_HERE,
    WEAK_THERE,
    WELL,
    as_participant,
    figures,
    meeting,
    troubled,
    with_quality,
)
from app.ui.samples_screens import ASKED, choosing, presenting, sharing


@dataclass(frozen=True)
class Shot:
    """A screen to picture, and what is opened on it."""

    name: str
    screen: Screen
    opened: str = ""  # a key of what `screenshots.open_on` opens
    bound: bool = False  # by an organisation that decides every setting and a few rules


HEADSET = Offer("Jabra Evolve2 40", microphone="b", speaker="t")
TRIAL = SoundCheck(recorded=0.6, level_db=-24.0)
PREVIEW = Preview("Budget 2027", "Ada Brenner", False, "Mara Lindt", DEVICES)
HOME = Home("Mara Lindt", NEARBY)

SHOTS = (
    Shot("home", HOME),
    Shot("home-empty", Home("")),
    Shot("contacts", replace(HOME, contacts=CONTACTS)),
    Shot("called", replace(HOME, contacts=CONTACTS[1:], nearby=NEARBY[:1], calls=CALLS)),
    Shot("start", HOME, "start"),
    Shot("start-again", replace(HOME, reopen=True), "start"),
    Shot("join", replace(HOME, notice="link_malformed"), "join"),
    Shot("preview", PREVIEW),
    Shot(
        "preview-live",
        Preview("Budget 2027", "", True, "Mara Lindt", DEVICES, True, True, -22.0),
    ),
    Shot("preview-headset", replace(PREVIEW, devices=replace(DEVICES, offer=HEADSET))),
    Shot("preview-trial", replace(PREVIEW, devices=replace(DEVICES, check=TRIAL))),
    Shot("preview-password", replace(PREVIEW, password_needed=True, tries_left=4)),
    Shot("preview-blocked", replace(PREVIEW, password_needed=True, tries_left=0)),
    Shot("preview-calling", replace(PREVIEW, hosting=True, calling="Ada Brenner")),
    Shot("waiting", Waiting("Budget 2027", "Ada Brenner", Progress.WAITING)),
    Shot("meeting", meeting()),
    Shot("muted", replace(meeting(microphone_on=False), devices=replace(DEVICES, offer=HEADSET))),
    Shot("devices", replace(meeting(), held=True), "devices"),
    Shot("settings-sound", meeting(), "settings:devices"),
    Shot("meeting-alone", meeting(people=ALONE, chat=(), lock=Lock.ENCRYPTED, unverified=0)),
    Shot("meeting-many", meeting(people=MANY, unverified=5)),
    Shot("meeting-faces", meeting(people=samples_views.FACES, unverified=5)),
    Shot("meeting-sixteen", meeting(people=samples_views.crowd(16), unverified=12)),
    Shot("meeting-pages", meeting(people=samples_views.crowd(20), unverified=15)),
    Shot("speaker", meeting(people=samples_views.speaking(BEN)), "speaker"),
    Shot("pinned", meeting(people=MANY, unverified=5), "pinned"),
    Shot("own-corner", meeting(), "corner"),
    Shot("full-screen", meeting(), "full-screen"),
    Shot("full-screen-still", meeting(), "still"),
    Shot("little-picture", meeting(), "little"),
    Shot("hands", meeting(people=HANDS, hand_up=False)),
    Shot(
        "participant",
        as_participant(hand_up=True, asked_by="Ada Brenner", microphone_on=False),
    ),
    Shot("calling", meeting(people=ALONE, chat=(), ringing=(Ringing(ADA, "Ada Brenner", 0.0),))),
    Shot("knocking", meeting(knocks=KNOCKS[:2], notices=(Notice(1, "joined", "Clara Weiß"),))),
    Shot("second-device", meeting(knocks=KNOCKS[2:])),
    Shot("chat", meeting(), "chat"),
    Shot("chat-live", meeting(chat=samples_chat.LINES, live_texts=samples_chat.LIVE), "chat"),
    Shot("open-link", meeting(chat=samples_chat.LINES), "link"),
    Shot("reactions", meeting(people=samples_chat.REACTING)),
    Shot("react", meeting(), "react"),
    Shot("files", meeting(files=samples_files.WAITING), "chat"),
    Shot("files-moving", meeting(files=samples_files.UNDER_WAY), "chat"),
    Shot("files-over", meeting(files=samples_files.OVER), "chat"),
    Shot(
        "chat-closed",
        as_participant(chat_open=False, powers=frozenset({Power.SHARE})),
        "chat",
    ),
    Shot("people", meeting(people=MANY, knocks=KNOCKS[:1]), "people"),
    Shot("person-menu", meeting(people=HANDS), "menu"),
    Shot("quality", with_quality(WEAK_THERE), "quality"),
    Shot("quality-well", with_quality(WELL), "quality"),
    Shot("quality-here", with_quality(WEAK_HERE), "quality"),
    Shot("quality-figures", with_quality(replace(WEAK_THERE, figures=figures())), "figures"),
    Shot("busy", with_quality(WEAK_HERE)),
    Shot("rules", meeting(has_password=True, password_blocked=True), "rules"),
    Shot("share-window", choosing(), "share"),
    Shot("share-part", choosing(), "share:part"),
    Shot("share-screen", choosing(), "share:screen"),
    Shot("share-asked", choosing(ASKED), "share"),
    Shot("sharing", sharing()),
    Shot("presenting", presenting()),
    Shot("safety", meeting(), "safety"),
    Shot("verify", replace(meeting(), scanning=True), "verify"),
    Shot("verify-wrong", meeting(scanned="scanned_wrong"), "verify"),
    Shot("invite", meeting(), "invite"),
    Shot("invite-new", meeting(invitations=INVITATIONS[:2]), "invite-new"),
    Shot("leave", meeting(), "leave"),
    Shot("hand-over", meeting(), "hand-over"),
    Shot("securing", meeting(people=troubled(Presence.SECURING))),
    Shot("diverged", meeting(people=troubled(Presence.DIVERGED))),
    Shot("unverified", meeting(people=troubled(Presence.UNVERIFIED))),
    Shot("key-changed", meeting(people=troubled(Presence.HELD, badge=Badge.CHANGED))),
    Shot("frozen", as_participant(frozen=True)),
    Shot("electing", as_participant(electing=True)),
    Shot("guessing", meeting(has_password=True, password_blocked=True)),
    Shot("alarm", meeting(lock=Lock.BROKEN, alarm="codes_differ")),
    Shot("farewell", Farewell("ended", "Budget 2027")),
    Shot("refused", Farewell("unreachable", "Budget 2027", can_retry=True)),
    Shot("not-host", Farewell("not_host", "Budget 2027")),
    Shot("invitation-used", Farewell("invite_used", "Budget 2027")),
    Shot("invitation-expired", Farewell("invite_expired", "Budget 2027")),
    Shot("invitation-unknown", Farewell("invite_unknown", "Budget 2027")),
    Shot("too-old", Farewell("too_old", "Budget 2027")),
    Shot("left-behind", Farewell("left_behind", "Budget 2027")),
    Shot("two-lists", Farewell("equivocation", "Budget 2027", proof=True)),
    Shot("unlock", Unlock(first_time=True)),
    Shot("settings", HOME, "settings:devices"),
    Shot("settings-you", HOME, "settings:you"),
    Shot("settings-appearance", HOME, "settings:appearance"),
    Shot("settings-meetings", HOME, "settings:meetings"),
    Shot("settings-computer", HOME, "settings:computer"),
    Shot("settings-network", HOME, "settings:network"),
    Shot("settings-privacy", HOME, "settings:privacy"),
    Shot("settings-shortcuts", HOME, "settings:shortcuts"),
    Shot("settings-locked", HOME, "settings:privacy", bound=True),
    Shot("erase", HOME, "settings:privacy:erase_data"),
    Shot("bound", replace(HOME, notice="password_required", nearby=()), bound=True),
    Shot("bound-start", HOME, "start", bound=True),
    Shot("about", HOME, "settings:about"),
)
