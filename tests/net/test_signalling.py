"""Signalling over real sockets: messages, ends, refusals."""

import asyncio
import contextlib
import gc
import os
import socket
import ssl
import struct
import warnings
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from fakes.signalling_ends import hosting, until

from app.net.signalling import (
    Address,
    CloseReason,
    Connection,
    DialError,
    DialFailure,
    Limits,
    Listener,
    ListenError,
    dial,
)

Run = Callable[[Coroutine[Any, Any, None]], None]


def test_messages_arrive_whole_and_in_order_on_both_sides(run: Run) -> None:
    async def story() -> None:
        async with hosting() as host:
            caller, callee = await host.pair()
            sent = [bytes([n]) * (n * 900) for n in range(1, 60)]
            for message in sent:
                caller.connection.send(message)
                callee.connection.send(message[::-1])
            await until(lambda: len(callee.messages) == len(caller.messages) == len(sent))
            assert callee.messages == sent
            assert caller.messages == [message[::-1] for message in sent]

    run(story())


def test_both_ends_share_an_exporter_that_no_other_connection_has(run: Run) -> None:
    async def story() -> None:
        async with hosting() as host:
            first, answered = await host.pair()
            second, _other = await host.pair()
            assert first.connection.exporter == answered.connection.exporter
            assert len(first.connection.exporter) == 32
            assert first.connection.exporter != second.connection.exporter

    run(story())


def test_closing_tells_both_sides_once_and_why(run: Run) -> None:
    async def story() -> None:
        async with hosting() as host:
            caller, callee = await host.pair()
            caller.connection.send(b"last words")
            caller.connection.close()
            caller.connection.close()
            caller.connection.send(b"nobody hears this")
            await caller.connection.wait_gone()
            await callee.connection.wait_gone()
            await until(lambda: callee.reasons and caller.reasons)
            assert callee.messages == [b"last words"]
            assert caller.reasons == [CloseReason.CLOSED]
            assert callee.reasons == [CloseReason.ENDED]

    run(story())


def test_a_last_message_survives_although_the_peer_keeps_talking(run: Run) -> None:
    async def story() -> None:
        async with hosting() as host:
            caller, callee = await host.pair()
            for _ in range(50):
                caller.connection.send(bytes(1000))
            callee.connection.send(b"denied")
            callee.connection.close()
            await caller.connection.wait_gone()
            assert caller.messages == [b"denied"]

    run(story())


def test_a_killed_peer_is_noticed_as_lost(run: Run) -> None:
    async def story() -> None:
        async with hosting() as host:
            caller, callee = await host.pair()
            kill(caller.connection)
            await until(lambda: callee.reasons)
            assert callee.reasons == [CloseReason.LOST]

    run(story())


def test_a_silent_connection_stays_open_and_a_dead_one_does_not(run: Run) -> None:
    limits = Limits(keep_alive=0.1, idle=0.5)

    async def story() -> None:
        async with hosting(limits) as host:
            caller, callee = await host.pair(limits)
            await asyncio.sleep(1.0)
            assert caller.connection.is_open
            assert callee.connection.is_open
            assert not callee.messages
            caller.connection._timer.cancel()  # its process hangs: nothing comes any more
            await until(lambda: callee.reasons)
            assert callee.reasons == [CloseReason.IDLE]

    run(story())


def test_who_does_not_prove_anything_in_time_is_put_out(run: Run) -> None:
    async def story() -> None:
        async with hosting(Limits(handshake=0.2)) as host:
            caller = await host.dial()
            await until(lambda: host.ends and host.ends[0].reasons)
            assert host.ends[0].reasons == [CloseReason.HANDSHAKE]
            await caller.connection.wait_gone()
            assert host.listener.half_open == 0

    run(story())


def test_garbage_half_a_hello_and_silence_are_put_out_in_time(run: Run) -> None:
    async def story() -> None:
        async with hosting(Limits(handshake=0.3)) as host:
            caller, callee = await host.pair()
            garbage = [os.urandom(300), b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\x00\xff", b""]
            for data in garbage:
                reader, writer = await asyncio.open_connection(*host.address)
                writer.write(data)
                assert await asyncio.wait_for(ended(reader), 3)
                await shut(writer)
            assert len(host.ends) == 1  # none of them became a connection
            caller.connection.send(b"still here")
            await until(lambda: callee.messages)

    run(story())


def test_a_slow_drip_of_bytes_does_not_keep_a_place(run: Run) -> None:
    async def story() -> None:
        async with hosting(Limits(handshake=0.5)) as host:
            reader, writer = await asyncio.open_connection(*host.address)
            client_hello = first_flight()
            gone = asyncio.create_task(ended(reader))
            for byte in client_hello:
                if gone.done():
                    break
                writer.write(bytes([byte]))
                await asyncio.sleep(0.02)
            assert gone.done()
            assert await gone
            await shut(writer)
            assert host.listener.connections == 0

    run(story())


def test_a_length_beyond_the_limit_ends_the_connection_before_the_bytes_come(run: Run) -> None:
    async def story() -> None:
        async with hosting() as host:
            stranger = await host.dial()
            await until(lambda: host.ends)
            raw_send(stranger.connection, struct.pack(">I", 4097))
            await until(lambda: host.ends[0].reasons)
            assert host.ends[0].reasons == [CloseReason.PROTOCOL]
            _caller, callee = await host.pair()
            raw_send(_caller.connection, struct.pack(">I", 2**31))
            await until(lambda: callee.reasons)
            assert callee.reasons == [CloseReason.PROTOCOL]
            assert callee.messages == []

    run(story())


def test_a_stranger_may_say_little_and_a_member_may_not_flood(run: Run) -> None:
    limits = Limits(early_messages=4, message_rate=10, message_burst=50)

    async def story() -> None:
        async with hosting(limits) as host:
            stranger = await host.dial()
            await until(lambda: host.ends)
            for _ in range(10):
                stranger.connection.send(b"x")
            await until(lambda: host.ends[0].reasons)
            assert host.ends[0].reasons == [CloseReason.FLOOD]
            assert len(host.ends[0].messages) == 4
            caller, callee = await host.pair()
            for _ in range(200):
                caller.connection.send(b"x")
            await until(lambda: callee.reasons)
            assert callee.reasons == [CloseReason.FLOOD]
            assert len(callee.messages) <= 52

    run(story())


def test_a_peer_that_does_not_read_is_dropped_before_memory_fills(run: Run) -> None:
    async def story() -> None:
        async with hosting(Limits(write_buffer=400_000)) as host:
            caller, callee = await host.pair()
            caller.connection._transport.pause_reading()
            for _ in range(2000):
                callee.connection.send(bytes(60_000))
            await until(lambda: callee.reasons)
            assert callee.reasons == [CloseReason.STALLED]
            caller.connection._fail(CloseReason.LOST)
            await caller.connection.wait_gone()

    run(story())


def test_a_flood_of_half_open_connections_does_not_touch_an_existing_one(run: Run) -> None:
    limits = Limits(half_open_per_address=3, connect_burst=20, connect_rate=1, handshake=0.5)

    async def story() -> None:
        async with hosting(limits) as host:
            caller, callee = await host.pair()
            sockets = []
            for _ in range(60):
                sock = socket.socket()
                sock.setblocking(False)
                await asyncio.get_running_loop().sock_connect(sock, host.address)
                sockets.append(sock)
            caller.connection.send(b"heard in the flood")
            await until(lambda: callee.messages)
            assert host.listener.half_open <= 3
            assert host.listener.refused["half_open_per_address"] > 0
            assert host.listener.refused["rate"] > 0
            await until(lambda: host.listener.connections == 1)
            assert callee.connection.is_open
            for sock in sockets:
                sock.close()

    run(story())


def test_strangers_who_dawdle_make_room_for_a_new_one(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.net.listener.MAKES_ROOM", 0.05)
    limits = Limits(half_open=2, half_open_per_address=10)

    async def story() -> None:
        async with hosting(limits) as host:
            slow = [await asyncio.open_connection(*host.address) for _ in range(2)]
            await until(lambda: host.listener.half_open == 2)
            await asyncio.sleep(0.1)
            caller = await host.dial()
            assert caller.connection.is_open
            assert host.listener.refused["displaced"] == 1
            for _reader, writer in slow:
                await shut(writer)

    run(story())


def test_a_client_without_the_hybrid_key_exchange_is_refused(run: Run) -> None:
    async def story() -> None:
        async with hosting() as host:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
            context.set_ecdh_curve("prime256v1")  # this client offers one classical group only
            reader, writer = await asyncio.open_connection(*host.address)
            with contextlib.suppress(OSError):  # the handshake itself may fail already
                await writer.start_tls(context, server_hostname="x")
                writer.write(b"hello")
                assert await reader.read(1) == b""
            assert host.ends == []
            await shut(writer)
            await until(lambda: host.listener.connections == 0)

    run(story())


def test_a_hundred_connections_leave_nothing_behind(run: Run) -> None:
    async def story() -> None:
        async with hosting(Limits(connect_rate=1e6, connect_rate_all=1e6)) as host:
            caller, _callee = await host.pair()
            await close(caller.connection)
            await until(lambda: host.listener.connections == 0)
            before = len(os.listdir("/proc/self/fd"))
            for _ in range(100):
                caller, callee = await host.pair()
                await close(caller.connection)
                await callee.connection.wait_gone()
            await until(lambda: host.listener.connections == 0)
            assert len(os.listdir("/proc/self/fd")) == before
            assert len(asyncio.all_tasks()) == 1
            host.ends.clear()
            del caller, callee, _callee
            gc.collect()
            assert sum(isinstance(thing, Connection) for thing in gc.get_objects()) == 0

    if not os.path.isdir("/proc/self/fd"):
        pytest.skip("counts descriptors through /proc")
    with warnings.catch_warnings():
        warnings.simplefilter("error", ResourceWarning)
        run(story())


def test_an_error_of_our_own_ends_one_connection_and_not_the_loop() -> None:
    reported: list[dict[str, Any]] = []

    def fails(message: bytes) -> None:
        raise RuntimeError("a bug")

    async def story() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _loop, what: reported.append(what))
        reasons: list[CloseReason] = []
        listener = Listener(
            lambda connection: connection.start(fails, reasons.append), Address("127.0.0.1", 0)
        )
        caller = await dial(listener.addresses, allow_loopback=True)
        caller.start(lambda _message: None, lambda _reason: None)
        caller.send(b"x")
        await until(lambda: reasons)
        assert reasons == [CloseReason.INTERNAL]
        await listener.close()
        await caller.wait_gone()

    asyncio.run(story())
    assert [str(what["exception"]) for what in reported] == ["a bug"]


def test_the_first_address_that_answers_wins_and_the_others_are_given_up(run: Run) -> None:
    async def story() -> None:
        async with hosting() as host:
            nobody = closed_port()
            with silent_port() as silent:
                connection = await dial(
                    [Address("127.0.0.1", nobody), silent, host.address],
                    allow_loopback=True,
                    stagger=0.05,
                )
                assert connection.remote == host.address
                await close(connection)

    run(story())


def test_dialling_says_why_it_failed(run: Run) -> None:
    async def story() -> None:
        async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(b"220 ready\r\n")
            await ended(reader)
            await shut(writer)

        server = await asyncio.start_server(greet, "127.0.0.1", 0)
        other = Address(*server.sockets[0].getsockname()[:2])
        with silent_port() as silent, pytest.raises(DialError) as failure:
            await dial(
                [
                    Address("127.0.0.1", closed_port()),
                    silent,
                    other,
                    Address("224.0.0.1", 5),
                    Address("127.0.0.1", 0),
                ],
                allow_loopback=True,
                timeout=0.4,
                stagger=0.01,
            )
        assert list(failure.value.failures.values()).count(DialFailure.NOT_ALLOWED) == 2
        assert failure.value.failures[silent] is DialFailure.TIMEOUT
        assert failure.value.failures[other] is DialFailure.NOT_CONCLAVE
        assert DialFailure.REFUSED in failure.value.failures.values()
        assert failure.value.cause is DialFailure.NOT_CONCLAVE
        server.close()
        await until(lambda: len(asyncio.all_tasks()) == 1)

    run(story())


def test_loopback_is_not_dialled_unless_allowed(run: Run) -> None:
    async def story() -> None:
        async with hosting() as host:
            with pytest.raises(DialError) as failure:
                await dial([host.address])
            assert failure.value.cause is DialFailure.NOT_ALLOWED
            assert host.listener.connections == 0

    run(story())


def test_a_dial_that_is_cancelled_leaves_nothing(run: Run) -> None:
    async def story() -> None:
        with silent_port() as silent:
            task = asyncio.create_task(dial([silent, silent], allow_loopback=True))
            await asyncio.sleep(0.05)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    run(story())


def test_a_server_with_classical_tls_is_named_as_too_old(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crypto.channel.GROUP", "what tomorrow's groups are called")

    async def story() -> None:
        async with hosting() as host:
            with pytest.raises(DialError) as failure:
                await dial([host.address], allow_loopback=True)
            assert failure.value.cause is DialFailure.NOT_HYBRID

    run(story())


def test_a_busy_port_and_a_foreign_address_are_said_plainly(run: Run) -> None:
    async def story() -> None:
        async with hosting() as host:
            with pytest.raises(ListenError) as busy:
                Listener(lambda _connection: None, host.address)
            assert busy.value.code == "busy"
            assert str(host.listener.port) in str(busy.value)
            with pytest.raises(ListenError) as foreign:
                Listener(lambda _connection: None, Address("192.0.2.199", 0))
            assert foreign.value.code == "not_here"

    run(story())


def test_the_default_port_moves_on_when_it_is_taken_and_both_families_share_it(run: Run) -> None:
    async def story() -> None:
        first = Listener(lambda _connection: None)
        second = Listener(lambda _connection: None)
        assert first.port != second.port
        assert {address.port for address in first.addresses} == {first.port}
        await first.close()
        await second.close()

    run(story())


async def shut(writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()
    with contextlib.suppress(OSError):
        await writer.wait_closed()


async def close(connection: Connection) -> None:
    connection.close()
    await connection.wait_gone()


async def ended(reader: asyncio.StreamReader) -> bool:
    """Read until the other side ends; tell that it did."""
    try:
        while await reader.read(65_536):
            pass
    except ConnectionError:
        pass
    return True


def kill(connection: Connection) -> None:
    """End as a killed process does: the system closes the socket, no goodbye."""
    connection._transport.abort()


def raw_send(connection: Connection, data: bytes) -> None:
    """Send bytes through the channel that are no message."""
    connection._channel._tls.sendall(data)
    connection._flush()


def first_flight() -> bytes:
    from crypto.channel import Channel

    return Channel.initiate().outgoing()


def closed_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


class silent_port:
    """A port that accepts and then says nothing."""

    def __enter__(self) -> Address:
        self._sock = socket.create_server(("127.0.0.1", 0))
        return Address("127.0.0.1", self._sock.getsockname()[1])

    def __exit__(self, *_: object) -> None:
        self._sock.close()
