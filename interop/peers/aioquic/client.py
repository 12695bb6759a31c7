"""An HTTP/0.9 client over QUIC for the interop bench: fetches URLs of one server on one connection."""

import argparse
import asyncio
import logging
import pathlib
import socket
import sys
from urllib.parse import urlsplit

from aioquic.asyncio import QuicConnectionProtocol, connect
from aioquic.h3.connection import H3Connection
from aioquic.h3.events import DataReceived, HeadersReceived
from aioquic.quic.configuration import QuicConfiguration
from aioquic.quic.events import ConnectionTerminated, DatagramFrameReceived, StreamDataReceived, StreamReset
from aioquic.tls import CipherSuite


class FetchProtocol(QuicConnectionProtocol):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.bodies = {}
        self.waiting = {}
        self.datagrams = asyncio.Queue()

    def fetch(self, path: str) -> asyncio.Future:
        stream_id = self._quic.get_next_available_stream_id()
        self.bodies[stream_id] = bytearray()
        self.waiting[stream_id] = asyncio.get_running_loop().create_future()
        self._quic.send_stream_data(stream_id, f"GET {path}\r\n".encode(), end_stream=True)
        return self.waiting[stream_id]

    def quic_event_received(self, event):
        if isinstance(event, StreamDataReceived) and event.stream_id in self.waiting:
            self.bodies[event.stream_id] += event.data
            if event.end_stream:
                self.waiting.pop(event.stream_id).set_result(bytes(self.bodies.pop(event.stream_id)))
        elif isinstance(event, DatagramFrameReceived):
            self.datagrams.put_nowait(event.data)
        elif isinstance(event, StreamReset) and event.stream_id in self.waiting:
            self.fail(self.waiting.pop(event.stream_id), f"stream reset with {event.error_code}")
        elif isinstance(event, ConnectionTerminated):
            for future in self.waiting.values():
                self.fail(future, f"connection closed: {event.error_code} {event.reason_phrase}")
            self.waiting.clear()

    @staticmethod
    def fail(future: asyncio.Future, reason: str) -> None:
        if not future.done():
            future.set_exception(ConnectionError(reason))


class Http3Protocol(FetchProtocol):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.http = H3Connection(self._quic)

    def fetch(self, path: str) -> asyncio.Future:
        stream_id = self._quic.get_next_available_stream_id()
        self.bodies[stream_id] = bytearray()
        self.waiting[stream_id] = asyncio.get_running_loop().create_future()
        head = {":method": "GET", ":scheme": "https", ":authority": "localhost", ":path": path}
        fields = [(name.encode(), value.encode()) for name, value in head.items()]
        self.http.send_headers(stream_id, fields, end_stream=True)
        return self.waiting[stream_id]

    def quic_event_received(self, event):
        if not isinstance(event, StreamDataReceived):
            super().quic_event_received(event)
        for told in self.http.handle_event(event):
            if isinstance(told, HeadersReceived) and dict(told.headers)[b":status"] != b"200":
                self.fail(self.waiting[told.stream_id], f"fields {told.headers}")
            if isinstance(told, DataReceived):
                self.bodies[told.stream_id] += told.data
            if isinstance(told, (DataReceived, HeadersReceived)) and told.stream_ended:
                future = self.waiting.pop(told.stream_id)
                if not future.done():
                    future.set_result(bytes(self.bodies.pop(told.stream_id)))


def configuration_of(options: argparse.Namespace) -> QuicConfiguration:
    configuration = QuicConfiguration(is_client=True, alpn_protocols=[options.alpn])
    if options.datagrams:
        configuration.max_datagram_frame_size = 65536
    if options.idle_timeout:
        configuration.idle_timeout = options.idle_timeout
    configuration.load_verify_locations(options.ca)
    if options.keylog:
        configuration.secrets_log_file = open(options.keylog, "a", buffering=1)
    if options.cipher:
        configuration.cipher_suites = [getattr(CipherSuite, options.cipher.removeprefix("TLS_"))]
    if options.version:
        version = int(options.version, 16)
        configuration.original_version = version
        configuration.supported_versions = [version, *configuration.supported_versions]
    if options.versions:
        configuration.supported_versions = [int(version, 16) for version in options.versions.split(",")]
        configuration.original_version = int(options.original_version or options.versions.split(",")[0], 16)
    return configuration


async def migrate(client: FetchProtocol, host: str) -> None:
    """Go on from another socket, with another connection ID."""
    client.change_connection_id()
    client._transport.close()
    sock = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    sock.bind((host, 0, 0, 0))
    await asyncio.get_running_loop().create_datagram_endpoint(lambda: client, sock=sock)


async def fetch_all(client: FetchProtocol, urls: list, out: str) -> None:
    paths = [urlsplit(url).path for url in urls]
    pending = [client.fetch(path) for path in paths]
    client.transmit()
    pings = asyncio.create_task(ping_on(client))
    try:
        for path, body in zip(paths, await asyncio.gather(*pending)):
            (pathlib.Path(out) / pathlib.PurePosixPath(path).name).write_bytes(body)
    finally:
        pings.cancel()


async def ping_on(client: FetchProtocol) -> None:
    """A client that downloads has nothing to say once a NAT has moved it: the server would not find it again."""
    while True:
        await asyncio.sleep(1)
        client._quic.send_ping(0)
        client.transmit()


async def echo_datagrams(client: FetchProtocol) -> None:
    for number in range(20):
        data = bytes([number]) * 100
        client._quic.send_datagram_frame(data)
        client.transmit()
        if await asyncio.wait_for(client.datagrams.get(), 5) != data:
            raise ConnectionError("another datagram came back")


async def main() -> int:
    parser = argparse.ArgumentParser()
    for name in ("ca", "out", "alpn"):
        parser.add_argument(f"--{name}", required=True)
    for name in ("keylog", "cipher", "version", "versions", "original-version", "migrate"):
        parser.add_argument(f"--{name}")
    parser.add_argument("--idle-timeout", type=float)
    parser.add_argument("--connection-per-file", action="store_true")
    parser.add_argument("--handshake-only", action="store_true")
    parser.add_argument("--update-keys", action="store_true")
    parser.add_argument("--resume", action="store_true")
    parser.add_argument("--early-data", action="store_true")
    parser.add_argument("--datagrams", action="store_true")
    parser.add_argument("--http3", action="store_true")
    parser.add_argument("urls", nargs="+")
    options = parser.parse_args()

    logging.basicConfig(level=logging.INFO)
    server = urlsplit(options.urls[0])
    configuration = configuration_of(options)
    urls = options.urls
    if options.connection_per_file:
        for url in urls:
            async with connect(
                server.hostname, server.port, configuration=configuration, create_protocol=FetchProtocol
            ) as client:
                await fetch_all(client, [url], options.out)
        return 0
    if options.resume:
        tickets = []
        async with connect(
            server.hostname,
            server.port,
            configuration=configuration,
            create_protocol=FetchProtocol,
            session_ticket_handler=tickets.append,
        ) as client:
            await fetch_all(client, urls[:1], options.out)
            # The ticket may come after the file.
            await client.ping()
        configuration.session_ticket = tickets[-1]
        urls = urls[1:]
    async with connect(
        server.hostname,
        server.port,
        configuration=configuration,
        create_protocol=Http3Protocol if options.http3 else FetchProtocol,
        wait_connected=not options.early_data,
    ) as client:
        if options.handshake_only:
            await client.ping()
            return 0
        if options.update_keys:
            client.request_key_update()
        if options.early_data:
            client.transmit()
        if options.migrate:
            await fetch_all(client, urls[:1], options.out)
            await migrate(client, options.migrate)
            urls = urls[1:]
        await fetch_all(client, urls, options.out)
        if options.early_data and not client._quic.tls.early_data_accepted:
            raise ConnectionError("0-RTT was rejected")
        if options.datagrams:
            await echo_datagrams(client)
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
