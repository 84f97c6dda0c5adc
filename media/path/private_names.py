"""The private names of aiortc and aioice that a path relies on.

They are looked for when the transport is imported; `tests/media/test_aiortc_contract.py` fails
loudly when one moves.
"""

from typing import Any

import aioice.candidate
import aioice.ice
from aiortc import (
    RTCCertificate,
    RTCDtlsTransport,
    RTCIceGatherer,
    RTCIceTransport,
    RTCSctpTransport,
)

_NO_CODE = compile("", "", "exec")

PRIVATE_NAMES: dict[Any, tuple[str, ...]] = {
    # set in a constructor
    aioice.ice.Connection.__init__: (
        "ice_controlling", "remote_password", "_local_candidates", "_nominated", "_protocols",
        "_query_consent_task", "_queue", "_remote_candidates",
    ),
    aioice.candidate.Candidate.__init__: ("_network_host",),
    aioice.ice.CandidatePair.__init__: ("protocol", "remote_candidate"),
    aioice.ice.StunProtocol.__init__: ("transactions",),
    RTCIceGatherer.__init__: ("_connection",),
    RTCIceTransport.__init__: ("_connection",),
    RTCDtlsTransport.__init__: (
        "_data_receiver", "_rx_srtp", "_srtp_profiles", "_tx_srtp", "_task",
    ),
    RTCSctpTransport.__init__: ("_advertised_rwnd", "_inbound_streams", "_sack_misordered"),
    # called
    aioice.ice.Connection: ("build_request", "data_received", "get_component_candidates"),
    aioice.ice.CandidatePair: ("local_candidate", "remote_addr"),
    aioice.ice.StunProtocol: ("datagram_received", "request"),
    RTCSctpTransport: ("_handle_data",),
    RTCCertificate: ("_create_ssl_context",),
    # relied on to be called
    RTCSctpTransport._send_chunk: ("_send_data",),
    RTCSctpTransport._abort: ("_send_chunk",),
    RTCDtlsTransport.start: ("_create_ssl_context",),
    RTCDtlsTransport._recv_next: ("_data_receiver", "_handle_data"),
    aioice.ice.StunProtocol.datagram_received: ("receiver", "request_received"),
    aioice.ice.Connection.connect: ("_early_checks", "check_incoming"),
    aioice.ice.Connection.request_received: ("_early_checks", "check_incoming"),
    aioice.ice.Connection.close: ("_query_consent_task", "cancel"),
}  # fmt: skip
"""Where aiortc and aioice have the names that a path relies on: a class, or a function."""


def missing_names() -> list[str]:
    """Return the private names that are no longer where a path expects them."""
    return [
        f"{place.__qualname__}: {name}"
        for place, names in PRIVATE_NAMES.items()
        for name in names
        if not (hasattr(place, name) or name in getattr(place, "__code__", _NO_CODE).co_names)
    ]
