"""Lost packets are asked for again soon enough, on a path that loses answers, too; simulated."""

import heapq
import random

import pytest

from media.path.rtp_packet import CAMERA, RtpPacket, cut
from media.path.rtp_receiver import RtpReceiver
from media.sealing import frame_flags

FRAME_S = 1 / 30
LAYERS = (0, 2, 1, 2)
ANSWER = 0.003  # seconds from a request to its answer


def frames_seen(loss: float, told_round_trip: float, frames: int = 600) -> int:
    """Return how many of the frames come through; requests and answers are lost, too."""
    chance = random.Random(1)
    receiver = RtpReceiver(CAMERA)
    sent: dict[int, RtpPacket] = {}
    coming: list[tuple[float, int, bool]] = []  # (when, sequence, whether it is a repetition)
    for number in range(frames):
        flags = frame_flags(number == 0, LAYERS[number % 4], False)
        payloads = cut(bytes([flags]) + bytes(4000))
        for place, payload in enumerate(payloads):
            sequence = len(sent)
            is_last = place == len(payloads) - 1
            sent[sequence] = RtpPacket(CAMERA.ssrc, sequence, number * 3000, is_last, payload)
            if not number or chance.random() >= loss:
                coming.append((number * FRAME_S + place * 0.0002, sequence, False))
    heapq.heapify(coming)
    seen = 0
    while coming:
        if coming[0][0] <= receiver.due:
            now, sequence, repeated = heapq.heappop(coming)
            seen += len(receiver.receive(sent[sequence], now, repeated=repeated))
            continue
        now = receiver.due
        wanted, freed = receiver.ask(now, told_round_trip)
        seen += len(freed)
        if chance.random() >= loss:
            for sequence in wanted:
                if chance.random() >= loss:
                    heapq.heappush(coming, (now + ANSWER, sequence, True))
    return seen


@pytest.mark.parametrize("told_round_trip", [0.002, 0.015, 0.030])
def test_a_near_peer_is_asked_again_in_time_even_if_its_round_trip_looks_long(told_round_trip):
    assert frames_seen(0.2, told_round_trip) >= 0.94 * 600
