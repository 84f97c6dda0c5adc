"""What a hostile member does with its frames: sealers that lie."""

from crypto.frames import Sealer
from media import sealing

SLOT, GENERATION = 0, 1


class Trickster(Sealer):
    """Seals honestly until told to begin; then every frame is a lie of one kind.

    "wrong key": sealed with a key that nobody was given. "replay": the last honest frame of its
    context again. "tamper": one bit of the ciphertext flipped. "misattribute": sealed as if it
    came from another seat. "swap": sound sent as picture and picture as sound. "honest": none.
    """

    def __init__(self, trick: str) -> None:
        super().__init__()
        self.trick = trick
        self.begun = False
        self.lies = 0
        self._impostor = Sealer()
        self._last: dict[int, bytes] = {}

    def use(self, slot: int, generation: int, base_key: bytes) -> None:
        """Take the honest key, and make the dishonest ones of it."""
        super().use(slot, generation, base_key)
        stranger = bytes(byte ^ 0xFF for byte in base_key)
        if self.trick == "misattribute":
            self._impostor.use((slot + 1) % 64, generation, base_key)
        else:
            self._impostor.use(slot, generation, stranger)

    def seal(
        self, context: int, codec: int, flags: int, media_ts: int, frame: bytes
    ) -> bytes | None:
        """Return what the trick makes of a frame."""
        can_swap = context in (sealing.CAMERA, sealing.MICROPHONE)
        if not self.begun or self.trick == "honest" or (self.trick == "swap" and not can_swap):
            sealed = super().seal(context, codec, flags, media_ts, frame)
            if sealed is not None:
                self._last[context] = sealed
                # The liar's counters keep step: a low one would only look like a repetition.
                self._impostor.seal(context, codec, flags, media_ts, b"")
            return sealed
        self.lies += 1
        match self.trick:
            case "wrong key" | "misattribute":
                return self._impostor.seal(context, codec, flags, media_ts, frame)
            case "replay":
                return self._last.get(context)
            case "swap":
                other = sealing.CAMERA + sealing.MICROPHONE - context
                return super().seal(other, codec, flags, media_ts, frame)
            case "tamper":
                sealed = super().seal(context, codec, flags, media_ts, frame)
                return None if sealed is None else flipped(sealed, self.lies)
            case _:
                raise ValueError(f"no such trick: {self.trick}")


def flipped(sealed: bytes, number: int) -> bytes:
    """Return a sealed frame with one bit of its ciphertext flipped, another one each time."""
    behind_header = 12  # flags and the longest header: bits there name another key or counter
    place = behind_header + number * 7919 % (len(sealed) - behind_header)
    changed = bytearray(sealed)
    changed[place] ^= 1 << number % 8
    return bytes(changed)
