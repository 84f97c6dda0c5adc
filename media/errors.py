"""What devices, codecs and links can fail with: each error says in one line what went wrong."""


class MediaError(Exception):
    """Something outside this program (a device, a file, a codec, a peer) did not do its part."""


class LinkError(MediaError):
    """A link to a peer could not be described or made.

    `code` is stable: "malformed" (bytes from the peer were refused), "no_address" (this computer
    has no usable address), "no_path" (ICE found none in time), "fingerprint" (the DTLS certificate
    is not the announced one, or the handshake failed), "timeout", "closed".
    """

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


class CameraError(MediaError):
    """A camera or a video file could not be opened or gave up.

    `code` is stable: "unknown_device" (there is no such camera), "refused" (it is there and does
    not open: busy or forbidden), "lost" (it was open and gives no pictures any more), "file"
    (missing, or no video), "size" (no test picture of such a size).
    """

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


class ScreenError(CameraError):
    """A window or a screen could not be shown, or no longer.

    `code` is stable: "unsupported" (nothing can be shared on this desktop), "missing" (a program
    that is needed for it is not there), "refused" (the system does not allow it), "cancelled" (the
    person chose nothing), "closed" (the window is gone), "lost" (it gives no pictures any more).
    """


class SoundError(MediaError):
    """A microphone, a speaker or a sound file could not be opened or gave up.

    `code` is stable: "no_library" (PortAudio or libopus is not there), "no_device" (this computer
    has none), "unknown_device" (none has this name), "refused" (it is there and does not open:
    busy, forbidden, no usable format), "lost" (it was open and went away), "file" (missing, not
    writable, or not sound).
    """

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


class EncoderError(MediaError):
    """The video encoder refused its settings or a picture."""
