"""An HTTP/0.9 file server over QUIC for the interop bench."""

import argparse
import asyncio
import pathlib
import sys

from aioquic.asyncio import QuicConnectionProtocol, serve
from aioquic.h3.connection import H3Connection
from aioquic.h3.events import HeadersReceived
from aioquic.quic.configuration import QuicConfiguration
from aioquic.quic.events import DatagramFrameReceived, StreamDataReceived


def protocol_for(root: pathlib.Path, updates_keys: bool):
    class FileProtocol(QuicConnectionProtocol):
        def __init__(self, *args, **kwargs):
            super().__init__(*args, **kwargs)
            self.requests = {}

        def quic_event_received(self, event):
            if isinstance(event, DatagramFrameReceived):
                self._quic.send_datagram_frame(event.data)
                self.transmit()
            if not isinstance(event, StreamDataReceived) or event.stream_id % 4 != 0:
                return
            request = self.requests.get(event.stream_id, b"") + event.data
            if not event.end_stream:
                self.requests[event.stream_id] = request
                return
            self.requests.pop(event.stream_id, None)
            if updates_keys and event.stream_id == 0:
                self._quic.request_key_update()
            self._quic.send_stream_data(event.stream_id, body_of(root, request), end_stream=True)
            self.transmit()

    return FileProtocol


def http3_protocol_for(root: pathlib.Path):
    class Http3Protocol(QuicConnectionProtocol):
        def __init__(self, *args, **kwargs):
            super().__init__(*args, **kwargs)
            self.http = None

        def quic_event_received(self, event):
            if self.http is None:
                self.http = H3Connection(self._quic)
            for told in self.http.handle_event(event):
                if isinstance(told, HeadersReceived):
                    fields = dict(told.headers)
                    body = body_of(root, b"GET " + fields[b":path"])
                    self.http.send_headers(told.stream_id, [(b":status", b"200"), (b"server", b"aioquic")])
                    self.http.send_data(told.stream_id, body, end_stream=True)
                    self.transmit()

    return Http3Protocol


def body_of(root: pathlib.Path, request: bytes) -> bytes:
    words = request.decode("latin-1").split()
    if len(words) != 2 or words[0] != "GET":
        return b""
    path = (root / words[1].lstrip("/")).resolve()
    return path.read_bytes() if path.is_relative_to(root) and path.is_file() else b""


async def main() -> None:
    parser = argparse.ArgumentParser()
    for name in ("root", "cert", "key", "host", "alpn"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--keylog")
    parser.add_argument("--versions")
    parser.add_argument("--idle-timeout", type=float)
    parser.add_argument("--retry", action="store_true")
    parser.add_argument("--http3", action="store_true")
    parser.add_argument("--update-keys", action="store_true")
    options = parser.parse_args()

    configuration = QuicConfiguration(is_client=False, alpn_protocols=[options.alpn])
    configuration.max_datagram_frame_size = 65536
    if options.idle_timeout:
        configuration.idle_timeout = options.idle_timeout
    configuration.load_cert_chain(options.cert, options.key)
    if options.keylog:
        configuration.secrets_log_file = open(options.keylog, "a", buffering=1)
    if options.versions:
        configuration.supported_versions = [int(version, 16) for version in options.versions.split(",")]
    root = pathlib.Path(options.root).resolve()
    tickets = {}
    await serve(
        options.host,
        options.port,
        configuration=configuration,
        create_protocol=http3_protocol_for(root) if options.http3 else protocol_for(root, options.update_keys),
        retry=options.retry,
        session_ticket_fetcher=lambda label: tickets.pop(label, None),
        session_ticket_handler=lambda ticket: tickets.__setitem__(ticket.ticket, ticket),
    )
    print(f"listening on {options.host}:{options.port}", flush=True)
    await asyncio.Future()


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
