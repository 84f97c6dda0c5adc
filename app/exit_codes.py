"""The exit codes of the program, a public interface: each cause has its own."""

from enum import IntEnum


class ExitCode(IntEnum):
    """Why the program ended; scripts may rely on these numbers."""

    OK = 0  # done, left, or the time asked for is over
    PROBLEM = 1  # an error of the program itself, or `doctor` found something that does not work
    USAGE = 2  # arguments that make no sense, or a file that is missing
    LINK = 3  # the invitation is cut off, expired, used up or withdrawn
    UNREACHABLE = 4  # nobody answered at the address, or nearby
    DENIED = 5  # the host did not let us in
    IDENTITY = 6  # the identity cannot be opened: passphrase, key store or damaged file
    DEVICE = 7  # a camera, microphone, speaker or media file cannot be used
    PORT_BUSY = 8  # the port or address to listen on cannot be had
    ENDED = 9  # the host ended the meeting before the time asked for was over
    REMOVED = 10  # the host removed us
    NOT_SECURE = 11  # the other side failed a check: not the host of the link, no hybrid TLS
    LOST = 12  # the meeting was lost: network or host gone
    PROFILE_IN_USE = 13  # another copy of the program uses this profile
    PASSWORD = 14  # the meeting's password is wrong or missing, or none is taken any more
    NOT_ALLOWED = 15  # the organisation's policy does not allow it
    INTERRUPTED = 130  # Ctrl+C, as shells count it
