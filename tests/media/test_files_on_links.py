"""Files over real links on this computer: to one peer alone, at the pace of the path, in order."""

import asyncio

from fakes.media_calls import calling, heard_by
from fakes.media_links import until

from crypto.frames import Context

PARTS = 60


def test_what_is_for_one_peer_reaches_nobody_else():
    async def scenario():
        async with calling("abc") as (a, b, c):
            heard = heard_by(b, c)
            assert a.call.send_to(b.dev, Context.FILES, b"for b")
            a.call.broadcast(Context.CHAT, b"for all")
            await until(lambda: len(heard) == 3)
            assert ("b", a.dev, Context.FILES, b"for b") in heard
            assert not any(who == "c" and context == Context.FILES for who, _, context, _ in heard)

    asyncio.run(scenario())


def test_nothing_goes_to_who_is_not_there_or_without_a_key():
    async def scenario():
        async with calling("ab") as (a, b):
            assert not a.call.send_to(b"n" * 16, Context.FILES, b"x")
            assert a.call.room_for_files(b"n" * 16, 1) == 0
            a.sealer.stop()
            assert not a.call.send_to(b.dev, Context.FILES, b"x")

    asyncio.run(scenario())


def test_parts_go_at_a_pace_and_come_in_order():
    async def scenario():
        async with calling("ab") as (a, b):
            heard = []
            b.call.on_data = lambda dev, context, data: heard.append(data)
            loop = asyncio.get_running_loop()
            await until(lambda: a.call.room_for_files(b.dev, 1) > 1000)
            sent, since = 0, loop.time()
            while sent < PARTS:
                room = a.call.room_for_files(b.dev, 1)
                assert room <= 16_000
                if room >= 1000:
                    data = sent.to_bytes(4, "big") + bytes(min(room, 8000) - 4)
                    assert a.call.send_to(b.dev, Context.FILES, data)
                    a.call.spent_on_files(b.dev, len(data))
                    sent += 1
                await asyncio.sleep(0.005)
            await until(lambda: len(heard) == PARTS)
            assert [int.from_bytes(data[:4], "big") for data in heard] == list(range(PARTS))
            octets = sum(map(len, heard))
            assert octets / (loop.time() - since) < 1_200_000  # the most of all files together

    asyncio.run(scenario())


def test_many_receivers_share_what_one_alone_would_get():
    async def scenario():
        async with calling("ab") as (a, b):
            await until(lambda: a.call.room_for_files(b.dev, 1) > 1000)
            (link,) = a.call._links.values()
            a.call.room_for_files(b.dev, 4)
            assert link.sending.bulk.most_kbps == 2000

    asyncio.run(scenario())
