"""What a meeting leaves on the disk: who was met, and nothing else."""

import asyncio
import logging
from dataclasses import replace
from pathlib import Path

import pytest
from fakes.company import Copy, Farewell, company

from app.keeping import Keeping
from app.log import start_log
from app.meeting.contacts import Contact
from app.meeting.view import Badge
from app.meeting.wishes import CodesMatch, End, Say
from app.memory import ProfileMemory
from app.paths import log_folder
from app.profile import Profile
from crypto.identity import device_id
from crypto.vault_content import MOST_PINS, Pin, Verified

FAST = (1, 8192)  # argon2id for tests: one pass, 8 KiB
PASSPHRASE = "seven quiet herons"
KEY = bytes(range(32))
WALL = 1_800_000_000.0


def opened(folder: Path) -> Profile:
    return Profile.open(folder, passphrase=PASSPHRASE, key_store=None, limits=FAST)


def pins(folder: Path) -> dict[bytes, Pin]:
    profile = opened(folder)
    found = dict(profile.secrets.pins)
    profile.close()
    return found


def test_who_was_met_is_known_next_time(tmp_path: Path):
    profile = opened(tmp_path)
    memory = ProfileMemory(profile, lambda: WALL)
    memory.remember(KEY, "Ben", Verified.NOT_YET)
    memory.close()
    profile.close()
    profile = opened(tmp_path)
    contacts = ProfileMemory(profile, lambda: WALL).contacts()
    assert contacts.badge(device_id(KEY), "Ben") is Badge.KNOWN
    assert (known := contacts.get(device_id(KEY))) is not None
    assert known.first_seen == WALL
    profile.close()


def test_a_comparison_is_kept_with_its_day_and_never_taken_back(tmp_path: Path):
    profile = opened(tmp_path)
    memory = ProfileMemory(profile, lambda: WALL)
    for verified in (Verified.NOT_YET, Verified.CODE, Verified.NOT_YET):
        memory.remember(KEY, "Ben", verified)
    memory.close()
    profile.close()
    (pin,) = pins(tmp_path).values()
    assert (pin.name, pin.verified, pin.verified_when) == ("Ben", Verified.CODE, int(WALL))


def test_what_is_known_already_is_not_written_again(tmp_path: Path):
    profile = opened(tmp_path)
    memory = ProfileMemory(profile, lambda: WALL)
    memory.remember(KEY, "Ben", Verified.CODE)
    memory.close()
    before = {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    memory = ProfileMemory(profile, lambda: WALL + 60)
    for _ in range(100):
        memory.remember(KEY, "Ben", Verified.CODE)
        memory.remember(KEY, "Benjamin", Verified.NOT_YET)
    memory.close()
    assert {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()} == before
    profile.close()


def test_a_replaced_key_is_forgotten(tmp_path: Path):
    profile = opened(tmp_path)
    memory = ProfileMemory(profile, lambda: WALL)
    memory.remember(KEY, "Ben", Verified.CODE)
    memory.forget(device_id(KEY))
    memory.close()
    profile.close()
    assert pins(tmp_path) == {}


def test_a_stronger_comparison_takes_the_place_of_a_weaker_one_and_not_the_other_way_round(
    tmp_path: Path,
):
    profile, day = opened(tmp_path), iter((1.0, 2.0, 3.0))
    memory = ProfileMemory(profile, lambda: next(day))
    for verified in (Verified.CODE, Verified.NUMBER, Verified.CODE):
        memory.remember(KEY, "Ben", verified)
    memory.close()
    profile.close()
    (pin,) = pins(tmp_path).values()
    assert (pin.verified, pin.verified_when) == (Verified.NUMBER, 2)


def test_a_contact_can_be_called_next_time_and_is_new_again_once_forgotten(tmp_path: Path):
    profile = opened(tmp_path)
    memory = ProfileMemory(profile, lambda: WALL)
    memory.keep_contact(KEY, "Ben", b"1" * 32)
    memory.keep_contact(KEY, "Ben", b"2" * 32)
    memory.close()
    profile.close()
    profile = opened(tmp_path)
    memory = ProfileMemory(profile, lambda: WALL)
    assert memory.contacts().secret(device_id(KEY)) == b"2" * 32
    memory.forget(device_id(KEY))
    memory.close()
    assert profile.secrets.contact_secrets == {}
    assert profile.secrets.pins == {}
    profile.close()


def test_a_crowd_does_not_fill_the_vault_without_end(tmp_path: Path):
    profile = opened(tmp_path)
    many = {bytes([n % 256, n // 256]) + bytes(14): None for n in range(MOST_PINS)}
    full = {dev: Pin(dev + bytes(16), "x", 1) for dev in many}
    profile._secrets = replace(profile.secrets, pins=full)
    memory = ProfileMemory(profile, lambda: WALL)
    memory.remember(KEY, "One too many", Verified.NOT_YET)
    memory.close()
    assert len(memory.contacts()._known) == MOST_PINS
    profile.close()


def test_a_contact_finds_room_in_a_full_vault_and_drives_out_nobody_who_matters(tmp_path: Path):
    profile = opened(tmp_path)
    full = {}
    for number in range(MOST_PINS):
        verified = Verified.CODE if number < 2 else Verified.NOT_YET
        pin = Pin(number.to_bytes(32, "big"), "x", 10 + number, verified)
        full[pin.dev] = pin
    profile._secrets = replace(profile.secrets, pins=full)
    memory = ProfileMemory(profile, lambda: WALL)
    memory.keep_contact(KEY, "Ben", b"s" * 32)
    memory.close()
    contacts = memory.contacts()
    assert len(contacts._known) == MOST_PINS
    assert contacts.secret(device_id(KEY)) == b"s" * 32
    gone = [number for number in range(MOST_PINS) if contacts.get(_dev(number)) is None]
    assert gone == [2], "who was met longest ago of those who were never verified"
    profile.close()


def _dev(number: int) -> bytes:
    return device_id(number.to_bytes(32, "big"))


def test_a_disk_that_takes_nothing_is_logged_and_ends_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    profile = opened(tmp_path)
    memory = ProfileMemory(profile, lambda: WALL)
    monkeypatch.setattr(profile, "_write_vault", _no_room)
    with caplog.at_level(logging.WARNING):
        memory.remember(KEY, "Ben", Verified.NOT_YET)
        memory.keep_setting("no such setting", 1)
        memory.close()
    assert len(caplog.records) == 2
    assert "Ben" not in caplog.text
    assert memory.contacts().badge(device_id(KEY), "Ben") is Badge.KNOWN
    profile.close()


def _no_room(data: bytes) -> None:
    raise OSError(28, "No space left on device")


def test_after_a_meeting_nothing_of_it_is_on_the_disk_but_sealed_pins(tmp_path: Path):
    secret_words = ["Quarterly figures of Zarathustra", "Wilhelmina Host", "Ferdinand Guest"]
    chat = "the password is swordfish"
    profile = opened(tmp_path)
    memory = ProfileMemory(profile, lambda: WALL)
    log = start_log(log_folder(tmp_path), enabled=True)
    logging.getLogger().setLevel(logging.DEBUG)
    secrets: list[bytes] = []

    async def story() -> None:
        async with company("Ferdinand Guest") as (guest,):
            host = Copy("Wilhelmina Host", memory)  # type: ignore[arg-type]
            running = asyncio.create_task(host.session.run())
            link = await host.hosts(lobby=False, title=secret_words[0])
            secret_words.append(link.split("#")[1])
            await guest.knocks(link)
            for copy in (host, guest):
                await copy.until(lambda c=copy: c.is_settled(2))
            guest.asks(Say(chat))
            await host.until(lambda: host.view.chat)
            host.asks(CodesMatch(host.view.eid))
            for copy in (host, guest):
                conductor = copy.session.conductor
                assert conductor is not None
                sealer, seated = conductor._sealer, conductor.meeting._me
                secrets.extend([sealer._base_key or b"?", seated.call_secret])
                secrets.append(seated.keys._secret)
            secrets.append(profile.secrets.identity_seed)
            host.asks(End())
            await host.sees(Farewell)
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)

    try:
        asyncio.run(asyncio.wait_for(story(), 60))
    finally:
        memory.close()
        log.close()
        profile.close()
    (pin,) = pins(tmp_path).values()
    assert (pin.name, pin.verified) == ("Ferdinand Guest", Verified.CODE), "met, and meant to be"
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert files
    for path in files:
        content = path.read_bytes()
        for words in (*secret_words, chat):
            assert words.encode() not in content, f"{words!r} stands in {path.name}"
        for secret in secrets:
            assert secret not in content
            assert secret.hex().encode() not in content
            assert secret[:8].hex().encode() not in content


def test_a_proof_is_kept_with_its_day_and_the_last_four_only(tmp_path: Path):
    profile = opened(tmp_path)
    memory = ProfileMemory(profile, lambda: WALL)
    for number in range(6):
        memory.keep_proof(b"voucher", bytes([number]), b"other")
    memory.close()
    profile.close()
    profile = opened(tmp_path)
    proofs = ProfileMemory(profile, lambda: WALL).proofs()
    assert [proof.first[0] for proof in proofs] == [2, 3, 4, 5]
    assert proofs == profile.secrets.proofs
    assert proofs[0].kept == WALL
    profile.close()


def test_a_meeting_with_the_test_guest_leaves_nothing_behind(tmp_path: Path):
    profile = opened(tmp_path)
    memory = ProfileMemory(profile, lambda: WALL)
    for test in (True, False):
        keeping = Keeping(memory, test=test)
        keeping.remember(KEY, "Test guest", Verified.CODE)
        keeping.keep_contact(KEY, "Test guest", bytes(32))
        keeping.keep_proof(b"voucher", b"one", b"other")
        assert (keeping.proof is None) is test
        assert (memory.contacts().get(device_id(KEY)) is None) is test
        assert (memory.proofs() == ()) is test
    memory.close()
    profile.close()


def test_a_contact_knows_its_own_key():
    assert Contact(KEY, "Ben").public_key == KEY
