"""A host whose program died in a meeting opens the same room to the same links again."""

import asyncio
from dataclasses import replace
from pathlib import Path

from fakes.company import Copy, Farewell, InMeeting, Notebook, company

from app.arguments import parse_arguments
from app.intents import Enter, StartMeeting
from app.keeping import Keeping
from app.meeting.wishes import End, NewInvitation
from app.memory import ProfileMemory
from app.options import HostOptions
from app.profile import Profile
from app.screens import Preview
from crypto.invite import Invite, InviteFlag
from crypto.vault_content import OpenInvite

LINKS = (
    OpenInvite("", InviteFlag(0), 1_800_003_600, bytes(16), b"1" * 16, 2),
    OpenInvite(
        "Ben", InviteFlag.SINGLE_USE, 1_800_003_600, bytes(16), b"2" * 16, 1, b"b" * 16, True
    ),
)


def opened(folder: Path) -> ProfileMemory:
    profile = Profile.open(folder, passphrase="tea", key_store=None, limits=(1, 8192))
    memory = ProfileMemory(profile, lambda: 1_800_000_000.0)
    close = memory.close

    def close_both() -> None:
        close()
        profile.close()

    memory.close = close_both  # type: ignore[method-assign]
    return memory


def test_links_are_kept_in_the_vault_until_the_meeting_is_over(tmp_path: Path):
    memory = opened(tmp_path)
    assert memory.invitations() == ()
    memory.keep_invitations(LINKS)
    memory.close()
    memory = opened(tmp_path)
    assert memory.invitations() == LINKS
    memory.keep_invitations(())
    memory.close()
    memory = opened(tmp_path)
    assert memory.invitations() == ()
    memory.close()


def test_links_to_a_meeting_with_the_test_guest_are_not_kept():
    notebook = Notebook()
    Keeping(notebook, test=True).keep_invitations(LINKS)
    assert notebook.links == ()
    Keeping(notebook).keep_invitations(LINKS)
    assert notebook.links == LINKS


def test_the_command_line_can_ask_for_it():
    plain, again = (parse_arguments(["host", "--headless", *more]) for more in ([], ["--reopen"]))
    assert isinstance(plain, HostOptions)
    assert isinstance(again, HostOptions)
    assert (plain.reopen, again.reopen) == (False, True)


async def opens_again(ada: Copy, reopen: bool) -> Invite:
    ada.asks(StartMeeting("Tea again", "Ada", visible=False, lobby=False, reopen=reopen))
    await ada.sees(Preview)
    ada.asks(Enter("Ada"))
    return Invite.parse((await ada.sees(InMeeting)).view.invitation)


def test_a_host_whose_program_died_is_found_by_the_links_it_gave_out():
    async def story() -> None:
        async with company("Ada", "Ben") as (ada, ben):
            link = await ada.hosts(lobby=False)
            ada.asks(NewInvitation("for Ben"))
            await ada.until(lambda: len(ada.view.invitations) == 2)
            in_the_vault = ada.memory.links
            assert [kept.label for kept in in_the_vault] == ["", "for Ben"]
            ada.asks(End())
            await ada.sees(Farewell)
            assert ada.memory.links == (), "it ended in good order: nothing is kept"

            ada.memory.links = in_the_vault  # as after the power failed
            again = await opens_again(ada, reopen=True)
            old = Invite.parse(link)
            assert (again.secret, again.room_seed) == (old.secret, old.room_seed)
            assert [shown.label for shown in ada.view.invitations] == ["", "for Ben"]
            # The port is another one; elsewhere the announcement of the same room tells it.
            await ben.knocks(replace(old, addresses=again.addresses).link())
            await ben.sees(InMeeting)

    asyncio.run(story())


def test_without_asking_for_it_a_new_meeting_has_new_links():
    async def story() -> None:
        async with company("Ada") as (ada,):
            ada.memory.links = LINKS
            fresh = await opens_again(ada, reopen=False)
            assert fresh.secret != LINKS[0].secret
            assert len(ada.memory.links) == 1, "the old ones are no longer kept"
            assert ada.memory.links[0].secret == fresh.secret

    asyncio.run(story())
