"""The eavesdropper of the tests does find what is to be found."""

import ipaddress
import os
import struct

import pytest
from fakes import wire
from fakes.pcap import UDP, Packet

HERE, THERE = ipaddress.ip_address("10.77.0.1"), ipaddress.ip_address("10.77.0.2")


def packet(target: str, port: int = 5000, payload: bytes = b"") -> Packet:
    return Packet(0.0, HERE, ipaddress.ip_address(target), UDP, 4000, port, payload)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be", "utf-32-le"])
def test_a_name_is_found_however_it_is_written(encoding: str):
    data = os.urandom(500) + "grüße von ährenkranz".encode(encoding) + os.urandom(500)
    assert wire.words_in(data, ["Ährenkranz", "Quill"]) == {"Ährenkranz"}


def test_a_key_frame_is_found_by_its_start_code_and_size():
    header = b"\x10\x02\x00\x9d\x01\x2a" + struct.pack("<HH", 640, 360)
    assert wire.key_frames_in(os.urandom(300) + header + os.urandom(300), [(640, 360)]) == 1
    assert wire.key_frames_in(header, [(320, 180)]) == 0


def test_packets_to_strangers_stand_out_from_peers_mdns_and_housekeeping():
    fine = [packet("10.77.0.2"), packet("224.0.0.251", 5353), packet("ff02::1:ff00:2")]
    assert wire.strangers(fine, {HERE, THERE}) == set()
    found = wire.strangers([*fine, packet("192.0.2.1", 3478)], {HERE, THERE})
    assert found == {("10.77.0.1", "192.0.2.1", 3478)}


def test_questions_to_name_services_stand_out():
    assert wire.name_queries([packet("224.0.0.251", 5353)]) == set()
    assert wire.name_queries([packet("10.77.0.2", 53)]) == {("10.77.0.1", "10.77.0.2", 53)}


def test_media_is_what_stands_behind_the_headers_of_rtp():
    plain = bytes([0x80, 0x61]) + bytes(10)
    extended = bytes([0x90, 0xE1]) + bytes(10) + b"\xbe\xde\x00\x01" + b"1234"
    control = bytes([0x80, 200]) + bytes(10)
    payloads = [plain + b"one", extended + b"two", control + b"report", b"\x16\xfe\xfd dtls data"]
    assert wire.media_of([packet("10.77.0.2", payload=each) for each in payloads]) == b"onetwo"


def test_noise_cannot_be_made_shorter_and_anything_else_can():
    assert wire.compressibility(os.urandom(100_000)) < 0.001
    assert wire.compressibility(b"".join(n.to_bytes(4, "big") for n in range(20_000))) > 0.1
