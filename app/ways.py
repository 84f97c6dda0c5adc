"""How this copy of Conclave takes part: from the settings, and over them the command line."""

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from app.habits import Habits
from app.i18n import _
from app.meeting.own_doors import MeetingPoint
from app.meeting.serving import OwnServers
from app.net.signalling import Address
from app.options import Participation
from app.outside_help import own_servers
from app.plugging import KINDS, NONE
from app.rules import FREE, Function, Rules
from app.settings import Settings
from app.studio import Choice
from app.team_secret import secret_from
from app.team_servers import ServerKind, parse_team_servers
from media.sound.processing import EVERYTHING, Cleaning
from media.video.screens.here import NoScreens, screens_here
from media.video.screens.offer import Screens


@dataclass(frozen=True)
class Ways:
    """How this copy takes part; the same for every meeting of the process."""

    name: str = ""
    choice: Choice = field(default_factory=Choice)
    cleaning: Cleaning = EVERYTHING
    habits: Habits = field(default_factory=Habits)
    picture_height: int = 720
    listen: Address | None = None
    rules: Rules = FREE  # of the organisation, and what the command line asks for on top
    servers: OwnServers = field(default_factory=OwnServers)  # of the team
    lan_only: bool = False  # proposed for a meeting that is opened here
    downloads: str = ""  # the folder for files that are accepted; empty: the system's
    meeting_point: MeetingPoint | None = None  # that meetings of one's own are found at
    look_around: bool = True  # browse the network; the test guest does not
    sound_source: Any = None
    sound_sink: Any = None
    screens: Callable[[], Screens] = NoScreens
    share: str = ""  # the key of what is shown to everybody from the start


def ways_for(
    settings: Settings,
    part: Participation | None = None,
    rules: Rules = FREE,
    secret: str = "",
) -> Ways:
    """Return the ways of a window (`part` None), which asks for a name, or of a command line.

    `secret` is the one of the team's relays that is kept here.

    What the organisation decides stands above both. UsageError for a file that is none.
    """
    typed = {kind: getattr(part, kind, "") for kind in KINDS if kind not in rules.decided}
    speaker = typed.get("speaker") or settings.speaker
    if keeps_sound(speaker) and not rules.allow(Function.RECORDING):
        speaker = NONE
    name = part.name if part is not None and "name" not in rules.decided else ""
    return Ways(
        name=settings.name if part is None else name or settings.name or _("Guest"),
        choice=Choice(
            camera=typed.get("camera") or settings.camera,
            microphone=typed.get("microphone") or settings.microphone,
            speaker=speaker,
            remembered=frozenset(kind for kind in KINDS if not typed.get(kind)),
        ),
        cleaning=Cleaning(
            echo=settings.echo_cancellation,
            noise=settings.noise_suppression != "off",
            gain=settings.automatic_gain,
            strongly=settings.noise_suppression == "strong",
        ),
        habits=Habits(
            space=settings.push_to_talk,
            music=settings.music_mode,
            hint=settings.muted_hint,
            chimes=settings.meeting_sounds,
        ),
        picture_height=settings.picture_height,
        listen=(part and "listen_port" not in rules.decided and part.listen)
        or _settled_port(settings),
        screens=partial(screens_here, sys.platform, os.environ),
        share=(part and part.share) or "",
        rules=replace(rules, lan_only=rules.lan_only or bool(part and part.lan_only)),
        lan_only=settings.local_meetings,
        downloads=settings.download_folder,
        servers=_servers(settings, part, rules, secret),
        meeting_point=meeting_point_of(_team_servers(settings, part, rules)),
    )


def _team_servers(settings: Settings, part: Participation | None, rules: Rules) -> str:
    """Return what was typed, or else what the settings say; the organisation's word stands."""
    typed = part.team_servers if part and "team_servers" not in rules.decided else None
    return settings.team_servers if typed is None else typed


def _servers(
    settings: Settings, part: Participation | None, rules: Rules, secret: str
) -> OwnServers:
    given = secret_from(part.team_secret_file) if part and not rules.team_secret else ""
    return own_servers(
        parse_team_servers(_team_servers(settings, part, rules)),
        rules.team_secret or given or secret,
        settings.host_servers,
    )


def meeting_point_of(team_servers: str) -> MeetingPoint | None:
    """Return the first meeting point that the settings name: an invitation has room for one."""
    for server in parse_team_servers(team_servers):
        if server.kind is ServerKind.MEET:
            return MeetingPoint(server.address, server.key)
    return None


def keeps_sound(speaker: str) -> bool:
    """Tell whether this speaker is a file, which keeps what others say."""
    return speaker.lower().endswith(".wav")


def _settled_port(settings: Settings) -> Address | None:
    """Return every interface with the port of the settings; None lets the program choose."""
    return Address("", settings.listen_port) if settings.listen_port else None
