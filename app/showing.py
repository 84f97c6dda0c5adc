"""Draws the screens of a session from how things stand; decides nothing."""

from dataclasses import replace

from app.around import Around
from app.goal import Goal
from app.invitation_scan import InvitationScan
from app.meeting.contacts import Contacts, same_name
from app.meeting.view import MeetingView, Power
from app.net.router.doorman import DoorState
from app.screens import (
    CallQuality,
    ContactCard,
    Door,
    Home,
    InMeeting,
    Live,
    Preview,
    Progress,
    RecentMeeting,
    Sharing,
    Waiting,
)
from app.studio import Studio


def home(
    name: str,
    notice: str,
    around: Around,
    contacts: Contacts,
    reopen: bool,
    *,
    recents: tuple[RecentMeeting, ...] = (),
) -> Home:
    """Return the first screen; `reopen` offers the links of the last meeting."""
    return Home(
        name=name,
        nearby=around.nearby.meetings,
        searching=around.searching,
        offline=around.offline,
        notice=notice,
        contacts=callable_people(contacts),
        calls=around.calls.incoming,
        reopen=reopen,
        recents=recents,
    )


def with_devices(home: Home, scan: InvitationScan, studio: Studio | None) -> Home:
    """Return the first screen while camera, microphone or speaker are used from there."""
    return replace(
        home,
        notice=home.notice or (scan.notice if scan.on else ""),
        scanning=scan.on,
        camera_problem=scan.problem,
        check=studio.devices.check if studio is not None else None,
        devices=studio.devices if studio is not None else None,
    )


def callable_people(contacts: Contacts) -> tuple[ContactCard, ...]:
    """Return who can be called without a link, by name."""
    cards = (
        ContactCard(dev, contact.name, contacts.badge(dev, contact.name))
        for dev, contact in contacts.callable().items()
    )
    return tuple(sorted(cards, key=lambda card: (same_name(card.name), card.dev)))


def preview(name: str, goal: Goal, studio: Studio) -> Preview:
    """Return the screen before a meeting."""
    return Preview(
        title=goal.title,
        host_name=goal.host_name,
        hosting=goal.plan is not None,
        name=name,
        devices=studio.devices,
        microphone_on=studio.microphone_on,
        camera_on=studio.camera_on,
        level_db=studio.sound.own_level if studio.microphone_on else -100.0,
        camera_problem=studio.camera_problem,
        microphone_problem=studio.microphone_problem,
        lan_only=goal.lan_only,
        password_needed=goal.password_needed,
        tries_left=goal.tries_left,
        calling=goal.ring_name,
        live=studio.live,
    )


def waiting(goal: Goal, progress: Progress, studio: Studio | None) -> Waiting:
    """Return the screen on the way in."""
    camera_on = studio is not None and studio.camera_on
    live = studio.live if studio is not None else Live()
    return Waiting(goal.title, goal.host_name, progress, camera_on, live)


def door(state: DoorState, may_open: bool) -> Door:
    """Return how it stands with the door in the router; `may_open`: a person may ask for it."""
    return Door(
        may_open=may_open,
        wanted=state.is_wanted,
        address=str(state.address) if state.address is not None else "",
        why_not=state.why,
        detail=state.detail,
    )


def meeting(
    view: MeetingView,
    studio: Studio,
    contacts: Contacts,
    quality: CallQuality,
    *,
    scanning: bool,
    sharing: Sharing,
    door: Door,
) -> InMeeting:
    """Return the screen of the meeting itself; contacts for who can call them into it."""
    return InMeeting(
        view=studio.talking.shown(replace(view, camera_on=studio.camera_on)),
        devices=studio.devices,
        camera_problem=studio.camera_problem,
        microphone_problem=studio.microphone_problem,
        scanning=scanning,
        contacts=callable_people(contacts) if Power.INVITE in view.powers else (),
        standing_in=studio.standing_in,
        volumes=studio.talking.volumes,
        held=studio.talking.held,
        told_muted=studio.talking.told_muted,
        listening=studio.talking.listening,
        quality=quality,
        live=replace(studio.live, screen=sharing.own is not None),
        sharing=sharing,
        door=door,
    )
