"""What a call with the test guest has shown, in plain words."""

from app.exit_codes import ExitCode
from app.trial import report_on
from media.stats import AudioStats, FrameStats, PeerStats, VideoStats


def told(guest: PeerStats | None, standing_in: bool = False) -> tuple[ExitCode, list[str]]:
    said: list[str] = []
    return report_on(guest, standing_in, said.append), said


def test_picture_and_sound_mean_that_conclave_works_here():
    guest = PeerStats(
        audio=AudioStats(packets=410, lost=2),
        video=VideoStats(width=640, height=360, fps=29.6, frames=245),
        frames=FrameStats(sealed=661, opened=659, refused=1),
    )
    code, said = told(guest)
    assert code is ExitCode.OK
    assert said == [
        "Picture from the guest: 640 × 360, 30 pictures a second.",
        "Sound from the guest: 410 packets, 2 lost.",
        "Encrypted end to end: 661 frames sealed, 659 opened, 1 refused.",
        "Conclave works on this computer.",
    ]


def test_whatever_did_not_come_is_named():
    code, said = told(PeerStats(), standing_in=True)
    assert code is ExitCode.PROBLEM
    assert said[0].startswith("No camera or no microphone")
    assert "No picture came from the guest." in said
    assert "No sound came from the guest." in said


def test_a_guest_who_did_not_come_is_a_problem():
    code, said = told(None)
    assert code is ExitCode.PROBLEM
    assert len(said) == 1
