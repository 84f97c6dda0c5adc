"""Which DTLS a link takes: SRTP with authenticated encryption, one handshake, one certificate."""

from aiortc import (
    RTCCertificate,
    RTCDtlsFingerprint,
    RTCDtlsParameters,
    RTCDtlsTransport,
    RTCIceTransport,
)
from aiortc.rtcdtlstransport import (
    SRTP_AEAD_AES_128_GCM,
    SRTP_AEAD_AES_256_GCM,
    SRTP_PROFILES,
    SRTPProtectionProfile,
)
from OpenSSL import SSL


def make_dtls(ice: RTCIceTransport) -> RTCDtlsTransport:
    """Return the DTLS of a link, with a certificate made for it."""
    dtls = RTCDtlsTransport(ice, [_Certificate.generateCertificate()])
    # Only authenticated encryption; without it in libsrtp there is no call.
    dtls._srtp_profiles = [
        p for p in SRTP_PROFILES if p in (SRTP_AEAD_AES_256_GCM, SRTP_AEAD_AES_128_GCM)
    ]
    return dtls


def own_fingerprint(dtls: RTCDtlsTransport) -> bytes:
    """Return the SHA-256 of our certificate, which the peer is told beforehand."""
    for fingerprint in dtls.getLocalParameters().fingerprints:
        if fingerprint.algorithm == "sha-256":
            return bytes.fromhex(fingerprint.value.replace(":", ""))
    raise AssertionError("aiortc always offers SHA-256")


async def shake_hands(dtls: RTCDtlsTransport, fingerprint: bytes) -> bool:
    """Shake hands; whether the peer has the certificate with this SHA-256."""
    announced = RTCDtlsFingerprint("sha-256", fingerprint.hex(":").upper())
    await dtls.start(RTCDtlsParameters([announced]))
    return dtls.state == "connected"


class _Certificate(RTCCertificate):
    """A certificate with which nobody shakes hands twice: that costs as much as a first time."""

    def _create_ssl_context(self, srtp_profiles: list[SRTPProtectionProfile]) -> SSL.Context:
        context = super()._create_ssl_context(srtp_profiles)
        context.set_options(SSL.OP_NO_RENEGOTIATION)
        return context
