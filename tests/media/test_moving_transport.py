"""A link whose path changes while media flow over it, with real paths over loopback."""

import asyncio
import random

import pytest
from fakes.company import Footprint
from fakes.media_calls import Member, calling, said_now
from fakes.media_links import reread, until

from media.errors import LinkError
from media.path.moving_transport import UNDER_WAY, MovingTransport
from media.path.rtp_packet import MICROPHONE
from media.peer_link import PeerLink


def links_of(one: Member, two: Member) -> tuple[PeerLink, PeerLink]:
    return one.call._links[two.dev], two.call._links[one.dev]


async def make_anew(one: PeerLink, two: PeerLink, number: int = 1) -> None:
    """Make another path beside the one in use."""
    first, second = await asyncio.gather(one.gather(number), two.gather(number))
    await asyncio.gather(one.connect(reread(second)), two.connect(reread(first)))


def test_pictures_go_on_without_a_gap_while_the_path_changes():
    async def scenario():
        async with calling("ab", camera="a") as (a, b):
            await b.picture_from(a)
            here, there = links_of(a, b)
            decoder, before = there.video._decoder, here._transport.in_use
            for number in range(1, 4):
                await make_anew(here, there, number)
                await b.picture_from(a)
            assert here.number == there.number == 3
            assert here._transport.in_use is not before
            assert there.video._decoder is decoder, "nothing behind the path begins anew"
            counters = b.stats_of(a).counters
            assert counters.get("video_undecodable", 0) == 0
            assert b.stats_of(a).frames.refused == 0

    asyncio.run(scenario())


def test_sound_keeps_its_numbers_over_all_paths():
    async def scenario():
        async with calling("ab") as (a, b):
            here, there = links_of(a, b)
            heard = b.sound.players[a.dev].packets
            a.call.set_microphone(object())
            for number in range(1, 4):
                for _ in range(5):
                    a.sound.speak(b"opus", said_now())
                await make_anew(here, there, number)
            a.sound.speak(b"opus", said_now())
            await until(lambda: len(heard) == 16)
            sequences = [sequence for sequence, _, _ in heard]
            assert sorted(sequences) == list(range(min(sequences), min(sequences) + 16))

    asyncio.run(scenario())


def test_each_move_is_told_with_the_number_of_the_path():
    async def scenario():
        async with calling("ab") as (a, b):
            here, there = links_of(a, b)
            told = []
            here.on_state = lambda state: told.append((state, here.number))
            await make_anew(here, there, 7)
            assert told == [("connected", 7)]

    asyncio.run(scenario())


def test_what_is_under_way_on_the_old_path_still_arrives():
    async def scenario():
        async with calling("ab") as (a, b):
            here, there = links_of(a, b)
            old = here._transport.in_use
            heard = b.sound.players[a.dev].packets
            await make_anew(here, there)
            assert old is not here._transport.in_use
            here.sending._departures._transmit = old.send_rtp  # what left before the move
            here.send(MICROPHONE, [a.sealer.seal(0, 1, 0, said_now(), b"late")], 960, 0.0)
            await until(lambda: heard)

    asyncio.run(scenario())


def test_the_old_path_is_closed_a_moment_after_it_was_left():
    async def scenario():
        async with calling("ab") as (a, b):
            here, there = links_of(a, b)
            old = here._transport.in_use
            await make_anew(here, there)
            assert old.state == "connected"
            await until(lambda: old.state == "closed", UNDER_WAY + 5.0)
            assert here.state == there.state == "connected"

    asyncio.run(scenario())


def test_fifty_changes_of_the_path_leave_nothing_behind():
    async def scenario():
        async with calling("ab", camera="a") as (a, b):
            await b.picture_from(a)
            here, there = links_of(a, b)
            await make_anew(here, there)  # two paths each, as after every change that follows
            before = Footprint.now()
            for number in range(2, 52):
                await make_anew(here, there, number)
            await b.picture_from(a)
            await until(lambda: here._transport._closing == there._transport._closing == set())
            assert before.is_back()

    asyncio.run(scenario())


def test_an_attempt_that_comes_to_nothing_changes_nothing():
    async def scenario():
        async with calling("ab", camera="a") as (a, b):
            await b.picture_from(a)
            here, there = links_of(a, b)
            told = []
            here.on_state = told.append
            parameters = await there.gather(1)
            await here.gather(1)
            there._transport.stay()
            here._transport._next._timeout = 0.3
            with pytest.raises(LinkError) as refused:
                await here.connect(reread(parameters))
            assert refused.value.code == "timeout"
            assert told == []
            assert here.number == 0
            await b.picture_from(a)

    asyncio.run(scenario())


def test_an_attempt_goes_on_until_the_next_one_connects():
    async def scenario():
        one = MovingTransport(True, allow_loopback=True)
        two = MovingTransport(False, allow_loopback=True)
        await one.gather(1)
        first = await two.gather(1)
        connecting = asyncio.create_task(one.connect(reread(first)))
        await asyncio.sleep(0)
        mine, theirs = await asyncio.gather(one.gather(2), two.gather(2))
        assert not connecting.done()
        await asyncio.gather(one.connect(reread(theirs)), two.connect(reread(mine)))
        with pytest.raises(LinkError) as refused:
            await connecting
        assert refused.value.code == "closed"
        assert (one.number, two.number) == (2, 2)
        await asyncio.gather(one.close(), two.close())
        assert one.state == two.state == "closed"

    asyncio.run(scenario())


def test_a_silent_path_that_is_heard_again_ends_the_attempt_beside_it():
    async def scenario():
        async with calling("ab") as (a, b):
            here, there = links_of(a, b)
            await here.gather(1)
            heartbeat = here._heartbeat
            heartbeat._heard_at -= 4.0
            here.tick(here._clock())
            assert here.state == "weak"
            assert here._transport._next is not None
            heartbeat.heard()
            here.tick(here._clock())
            assert here.state == "connected"
            assert here._transport._next is None
            with pytest.raises(LinkError):
                await here.connect(await there.gather(1))

    asyncio.run(scenario())


def test_a_peer_that_began_anew_is_told_from_one_that_goes_on():
    async def scenario():
        one = MovingTransport(True, allow_loopback=True)
        two = MovingTransport(False, allow_loopback=True)
        first, second = await asyncio.gather(one.gather(), two.gather())
        await asyncio.gather(one.connect(reread(second)), two.connect(reread(first)))
        anew = MovingTransport(False, allow_loopback=True)
        _, other = await asyncio.gather(one.gather(1), anew.gather(1))
        with pytest.raises(LinkError) as refused:
            await one.connect(reread(other))
        assert refused.value.code == "restarted"
        assert one.state == "connected"
        await asyncio.gather(one.close(), two.close(), anew.close())

    asyncio.run(scenario())


def test_small_data_sent_while_the_path_changes_arrives():
    async def scenario():
        async with calling("ab") as (a, b):
            here, there = links_of(a, b)
            got = []
            b.call.on_data = lambda dev, context, payload: got.append(payload)
            number = 0

            async def say() -> None:
                nonlocal number
                for number in range(100):
                    assert a.call.broadcast(8, b"%d" % number) == frozenset()
                    await asyncio.sleep(0.002)

            saying = asyncio.create_task(say())
            for path in range(1, 4):
                await make_anew(here, there, path)
            await saying
            await until(lambda: len(got) == 100)
            assert {int(payload) for payload in got} == set(range(100))

    asyncio.run(scenario())


def test_closing_in_the_middle_of_anything_leaves_nothing():
    async def scenario():
        before = Footprint.now()
        chance = random.Random(3)
        for _ in range(12):
            one = MovingTransport(True, allow_loopback=True)
            two = MovingTransport(False, allow_loopback=True)

            async def connect(one=one, two=two) -> None:
                for number in range(3):
                    mine, theirs = await asyncio.gather(one.gather(number), two.gather(number))
                    await asyncio.gather(one.connect(reread(theirs)), two.connect(reread(mine)))

            connecting = asyncio.create_task(connect())
            await asyncio.sleep(chance.uniform(0.0, 0.15))
            await asyncio.gather(one.close(), two.close())
            await asyncio.gather(connecting, return_exceptions=True)
        await until(before.is_back)

    asyncio.run(scenario())
