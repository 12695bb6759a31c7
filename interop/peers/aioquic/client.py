"""An HTTP/0.9 client over QUIC for the interop bench: fetches URLs of one server on one connection."""

import argparse
import asyncio
import logging
import pathlib
import sys
from urllib.parse import urlsplit

from aioquic.asyncio import QuicConnectionProtocol, connect
from aioquic.quic.configuration import QuicConfiguration
from aioquic.quic.events import ConnectionTerminated, StreamDataReceived, StreamReset
from aioquic.tls import CipherSuite


class FetchProtocol(QuicConnectionProtocol):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.bodies = {}
        self.waiting = {}

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


def configuration_of(options: argparse.Namespace) -> QuicConfiguration:
    configuration = QuicConfiguration(is_client=True, alpn_protocols=[options.alpn])
    configuration.load_verify_locations(options.ca)
    if options.keylog:
        configuration.secrets_log_file = open(options.keylog, "a", buffering=1)
    if options.cipher:
        configuration.cipher_suites = [getattr(CipherSuite, options.cipher.removeprefix("TLS_"))]
    if options.version:
        version = int(options.version, 16)
        configuration.original_version = version
        configuration.supported_versions = [version, *configuration.supported_versions]
    return configuration


async def main() -> int:
    parser = argparse.ArgumentParser()
    for name in ("ca", "out", "alpn"):
        parser.add_argument(f"--{name}", required=True)
    for name in ("keylog", "cipher", "version"):
        parser.add_argument(f"--{name}")
    parser.add_argument("--handshake-only", action="store_true")
    parser.add_argument("--update-keys", action="store_true")
    parser.add_argument("urls", nargs="+")
    options = parser.parse_args()

    logging.basicConfig(level=logging.INFO)
    server = urlsplit(options.urls[0])
    async with connect(
        server.hostname,
        server.port,
        configuration=configuration_of(options),
        create_protocol=FetchProtocol,
    ) as client:
        if options.handshake_only:
            await client.ping()
            return 0
        if options.update_keys:
            client.request_key_update()
        paths = [urlsplit(url).path for url in options.urls]
        pending = [client.fetch(path) for path in paths]
        client.transmit()
        for path, body in zip(paths, await asyncio.gather(*pending)):
            (pathlib.Path(options.out) / pathlib.PurePosixPath(path).name).write_bytes(body)
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
