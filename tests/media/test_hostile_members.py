"""What members send to bloat, fool or busy another copy is bounded work and harms no one else."""

import asyncio
import gc
from collections.abc import Iterator
from contextlib import asynccontextmanager

import pytest
from fakes.media_calls import Member, base_key, calling, link, member, said_now
from fakes.media_links import connected_pair, until

from crypto.frames import Sealer
from media.path import rtcp
from media.path.congestion import MAX_KBPS, MIN_KBPS
from media.path.data_channel import MAX_DATA_BYTES
from media.path.frame_buffer import MAX_HELD
from media.path.rtp_packet import CAMERA, MAX_PAYLOAD, MICROPHONE, START, build
from media.peer_link import MAX_REPORTS_PER_SECOND, PeerLink
from media.video.camera import TestPicture

PATIENT = 20.0  # seconds, on a busy computer
HUGE = 10_000_000  # bytes of a frame
FLOOD = 3600  # reports of each member in a second


def link_to(here: Member, there: Member) -> PeerLink:
    return here.call._links[there.dev]


def huge_frame(marked: bool) -> Iterator[bytes]:
    """Yield the packets of a frame of 10 MB; its end is `marked`, or never comes."""
    count = HUGE // MAX_PAYLOAD
    for number in range(count):
        head = bytes([START if number == 0 else 0])
        marker = marked and number == count - 1
        yield build(CAMERA, number & 0xFFFF, 7, marker, head + bytes(MAX_PAYLOAD - 1), number)


class CountingDict(dict):
    """A dictionary that counts how often it is asked."""

    asked = 0

    def get(self, key, default=None):
        self.asked += 1
        return super().get(key, default)


@pytest.mark.parametrize("marked", [True, False], ids=["with an end", "without an end"])
def test_a_frame_of_ten_megabytes_is_held_within_bounds_and_given_to_nobody(marked):
    async def scenario():
        async with calling("abc", camera="c") as (a, b, c):
            await b.picture_from(c, PATIENT)
            there = link_to(b, a)
            buffer = there.receiving.packets.streams[CAMERA.ssrc]._buffer
            buffer.held = held = CountingDict()
            for packet in huge_frame(marked):
                there._rtp(packet)
                assert len(held) <= MAX_HELD
            assert held.asked <= 4 * HUGE // MAX_PAYLOAD, "no packet costs more than the one before"
            assert b.stats_of(a).frames.opened == 0
            assert not there.receiving.frames.refused, "no frame came of it"
            b.call.picture_slot(c.dev).take()
            await b.picture_from(c, PATIENT)

    asyncio.run(scenario())


def test_what_is_repeated_when_the_link_is_over_is_lost_without_an_error():
    async def scenario():
        failures = []
        asyncio.get_running_loop().set_exception_handler(lambda _, what: failures.append(what))
        async with connected_pair() as (one, _):
            await until(lambda: one._data.channel.readyState == "open", PATIENT)
            one._dtls._ssl.shutdown()
            assert one.send_data(b"into the void")
            one._data.sctp._t3_expired()  # as its timer does: nobody waits for what it sends
            await until(lambda: one.counters["data_after_the_end"] > 0, PATIENT)
            gc.collect()
            await asyncio.sleep(0)
            assert failures == []

    asyncio.run(scenario())


def test_a_message_that_is_too_long_is_dropped_and_the_next_one_taken():
    async def scenario():
        async with connected_pair() as (one, two):
            got = []
            two.on_data = got.append
            await until(lambda: one._data.channel.readyState == "open", PATIENT)
            one._data.sctp._remote_max_message_size = 0  # who is not Conclave has no scruples
            one._data.channel.send(bytes(MAX_DATA_BYTES + 1))
            one._data.channel.send(bytes(20 * MAX_DATA_BYTES))
            one._data.channel.send("words, not bytes")
            assert one.send_data(b"after")
            await until(lambda: got, PATIENT)
            assert got == [b"after"]
            assert two.counters["data_malformed"] == 3

    asyncio.run(scenario())


def test_frames_that_come_back_to_who_sent_them_are_refused():
    async def scenario():
        async with calling("ab") as (a, b):
            mirror = link_to(b, a)
            mirror.send(MICROPHONE, [a.sealer.seal(0, 1, 0, 960, b"my own voice")], 960, 0.0)
            mirror.send_data(8, a.sealer.seal(8, 0, 0, 960, b"my own words"))
            await until(lambda: link_to(a, b).receiving.frames.refused["forged"] == 2, PATIENT)
            assert a.sound.players[b.dev].packets == []
            assert a.stats_of(b).frames.opened == 0

    asyncio.run(scenario())


def test_frames_of_another_room_do_not_open_though_place_and_number_are_the_same():
    async def scenario():
        async with calling("ab") as (a, b):
            elsewhere = Sealer()
            elsewhere.use(a.slot, 0, base_key("a in another room"))
            path = link_to(a, b)
            for number in range(20):
                path.send(MICROPHONE, [elsewhere.seal(0, 1, 0, number, b"there")], number, 0.0)
            refused = link_to(b, a).receiving.frames
            await until(lambda: refused.refused.total() == 20, PATIENT)
            assert b.sound.players[a.dev].packets == []
            path.send(MICROPHONE, [a.sealer.seal(0, 1, 0, said_now(), b"here")], 960, 0.0)
            await until(lambda: b.sound.players[a.dev].packets, PATIENT)

    asyncio.run(scenario())


ARRIVALS = {
    "of what was never sent": lambda n: rtcp.ArrivalReport(n, 7 * n, n, 900 * n, (0,) * 512),
    "of a path without end": lambda n: rtcp.ArrivalReport(0, n, 2**32 - 1, 2**32 - 1, (0, 1)),
    "of nothing": lambda n: rtcp.ArrivalReport(n, n, 0, 0, ()),
    "that all was lost": lambda n: rtcp.ArrivalReport(n, n, 0, 0, (rtcp.ABSENT,) * 512),
}


@pytest.mark.parametrize("what", ARRIVALS)
def test_a_flood_of_arrivals_is_looked_at_within_bounds_and_changes_no_other_path(
    what, monkeypatch
):
    async def scenario():
        async with calling("abc", camera="a") as (a, b, c):
            await asyncio.gather(b.picture_from(a, PATIENT), c.picture_from(a, PATIENT))
            here, other = link_to(a, b), link_to(a, c)
            looked_at = counted_parsing(monkeypatch)
            for number in range(FLOOD):
                here._rtcp(rtcp.arrivals(ARRIVALS[what](number & 0xFFFF)))
            assert len(looked_at) <= MAX_REPORTS_PER_SECOND
            assert here.counters["rtcp_flood"] >= FLOOD - MAX_REPORTS_PER_SECOND
            assert MIN_KBPS <= here.sending.estimator.target_kbps <= MAX_KBPS
            assert other.counters["rtcp_flood"] == other.counters["arrivals_refused"] == 0
            c.call.picture_slot(a.dev).take()
            await c.picture_from(a, PATIENT)

    asyncio.run(scenario())


def counted_parsing(monkeypatch) -> list[bytes]:
    """Return a list that gets every RTCP packet that is taken apart from now on."""
    parse = rtcp.parse
    parsed: list[bytes] = []

    def noted(packet: bytes) -> list[rtcp.Report] | None:
        parsed.append(packet)
        return parse(packet)

    monkeypatch.setattr(rtcp, "parse", noted)
    return parsed


@asynccontextmanager
async def a_speaker_among(count: int):
    """One member with a camera, linked with so many others, who are not linked with each other."""
    speaker = member("speaker", 0)
    others = [member(f"other {number}", number) for number in range(1, count + 1)]
    try:
        for other in others:
            await link(speaker, other)
        speaker.call.set_camera(TestPicture(320, 180))
        yield speaker, others
    finally:
        await asyncio.gather(*(one.call.close() for one in (speaker, *others)))


def test_a_flood_of_reports_from_fifteen_members_at_once_leaves_the_sixteenth_its_picture(
    monkeypatch,
):
    async def scenario():
        async with a_speaker_among(16) as (speaker, (honest, *hostile)):
            await honest.picture_from(speaker, PATIENT)
            paths = [link_to(speaker, one) for one in hostile]
            storm = [
                rtcp.nack(CAMERA.ssrc, range(256)) + rtcp.picture_loss(CAMERA.ssrc),
                rtcp.want(rtcp.WantReport(CAMERA.context, 0xFFFF, 255, 9)),
                rtcp.heartbeat(rtcp.HeartbeatReport(2**63, 5, 2**63)),
                b"\x81\xcd\xff\xff" + bytes(1000),
            ]
            looked_at = counted_parsing(monkeypatch)
            for number in range(FLOOD):
                for path in paths:
                    path._rtcp(storm[number % len(storm)])
            assert len(looked_at) <= len(paths) * MAX_REPORTS_PER_SECOND
            for path in paths:
                assert path.counters["rtcp_flood"] >= FLOOD - MAX_REPORTS_PER_SECOND
                assert path.counters["nack_refused"] >= MAX_REPORTS_PER_SECOND / 4 - 3
            assert link_to(speaker, honest).counters["rtcp_flood"] == 0
            honest.call.picture_slot(speaker.dev).take()
            await honest.picture_from(speaker, PATIENT)

    asyncio.run(scenario())
