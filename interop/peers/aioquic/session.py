"""The public runner's cases of WebTransport over aioquic for the interop bench, as a server and as a client."""

import argparse
import asyncio
import pathlib
import re
import sys

from aioquic.asyncio import QuicConnectionProtocol, connect, serve
from aioquic.h3.connection import H3Connection
from aioquic.h3.events import DataReceived, DatagramReceived, HeadersReceived, WebTransportStreamDataReceived
from aioquic.quic.configuration import QuicConfiguration
from aioquic.quic.events import ConnectionTerminated, ProtocolNegotiated, StreamDataReceived

MOST_UNDER_WAY = 10
ASK_AGAIN_SECONDS = 0.5


class Part:
    """What one side does in a session, in the words of the public runner."""

    def __init__(self, options: argparse.Namespace):
        self.task = options.task
        self.endpoint = options.endpoint
        self.protocols = options.protocols.split(",")
        self.root = pathlib.Path(options.root) / options.endpoint
        self.downloads = pathlib.Path(options.downloads)
        self.names = options.names

    @property
    def carrier(self) -> str:
        """What files are asked for by; '' where this side asks for none."""
        return self.task.split("-")[1] if "-" in self.task else ""

    def note_protocol(self, protocol: str) -> None:
        (self.downloads / "negotiated_protocol.txt").write_text(protocol)

    def find(self, request: bytes) -> tuple:
        words = request.decode("latin-1").split()
        if len(words) != 2 or words[0] != "GET":
            raise ValueError("what came is no request")
        name = pathlib.PurePosixPath(words[1]).name
        return name, (self.root / name).read_bytes()

    def push_for(self, request: bytes) -> bytes:
        name, body = self.find(request)
        return f"PUSH {name}\n".encode() + body

    def store(self, name: str, body: bytes) -> None:
        folder = self.downloads / self.endpoint
        folder.mkdir(parents=True, exist_ok=True)
        (folder / pathlib.PurePosixPath(name).name).write_bytes(body)

    def store_push(self, push: bytes) -> str:
        line, _, body = push.partition(b"\n")
        words = line.decode("latin-1").split()
        if len(words) != 2 or words[0] != "PUSH":
            raise ValueError("what came is no PUSH")
        self.store(words[1], body)
        return words[1]


class SessionProtocol(QuicConnectionProtocol):
    part: Part

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.http = None
        self.session_id = None
        self.coming = {}
        self.asked = {}
        self.missing = set(self.part.names)
        loop = asyncio.get_running_loop()
        self.began = loop.create_future()
        self.done = loop.create_future()
        self.ended = loop.create_future()

    def quic_event_received(self, event):
        if isinstance(event, ProtocolNegotiated):
            self.http = H3Connection(self._quic, enable_webtransport=True)
        if isinstance(event, ConnectionTerminated):
            self.settle(self.ended, None)
        if self.http is None:
            return
        if isinstance(event, StreamDataReceived) and event.stream_id in self.asked and not event.stream_id & 2:
            # aioquic 1.7.2 takes what comes on a bidirectional stream of its own for frames of HTTP/3.
            self.stream_data_received(event.stream_id, event.data, event.end_stream)
            return
        for told in self.http.handle_event(event):
            self.heard(told)
        self.transmit()

    def heard(self, told) -> None:
        if isinstance(told, HeadersReceived):
            self.head_received(told.stream_id, dict(told.headers))
        elif isinstance(told, WebTransportStreamDataReceived):
            self.stream_data_received(told.stream_id, told.data, told.stream_ended)
        elif isinstance(told, DatagramReceived):
            if self.part.carrier:
                self.stored(self.part.store_push(told.data))
            else:
                self.http.send_datagram(self.session_id, self.part.push_for(told.data))
        elif isinstance(told, DataReceived) and told.stream_id == self.session_id and told.stream_ended:
            self.settle(self.ended, None)

    def head_received(self, stream_id: int, fields: dict) -> None:
        raise NotImplementedError

    def stream_data_received(self, stream_id: int, data: bytes, is_end: bool) -> None:
        body = self.coming.setdefault(stream_id, bytearray())
        body += data
        if is_end:
            self.stream_received(stream_id, bytes(self.coming.pop(stream_id)))

    def stream_received(self, stream_id: int, body: bytes) -> None:
        if self.part.carrier == "bidirectional":
            name = self.asked[stream_id]
            self.part.store(name, body)
            self.stored(name)
        elif self.part.carrier:
            self.stored(self.part.store_push(body))
        elif stream_id & 2:
            self.send_whole(True, self.part.push_for(body))
        else:
            self._quic.send_stream_data(stream_id, self.part.find(body)[1], end_stream=True)

    def send_whole(self, is_unidirectional: bool, body: bytes) -> int:
        stream_id = self.http.create_webtransport_stream(self.session_id, is_unidirectional)
        self._quic.send_stream_data(stream_id, body, end_stream=True)
        return stream_id

    def stored(self, name: str) -> None:
        self.missing.discard(name)
        if not self.missing:
            self.settle(self.done, None)

    @staticmethod
    def settle(future: asyncio.Future, value) -> None:
        if not future.done():
            future.set_result(value)

    async def ask(self) -> None:
        """Ask for all files, and return when they have come."""
        if self.part.carrier == "datagram":
            await self.ask_in_datagrams()
            return
        for name in self.part.names:
            stream_id = self.send_whole(self.part.carrier == "unidirectional", f"GET {name}".encode())
            self.asked[stream_id] = name
        self.transmit()
        await self.done

    async def ask_in_datagrams(self) -> None:
        clock = asyncio.get_running_loop().time
        asked_at = {}
        while not self.done.done():
            for name in sorted(self.missing)[:MOST_UNDER_WAY]:
                if clock() - asked_at.get(name, -1) < ASK_AGAIN_SECONDS:
                    continue
                asked_at[name] = clock()
                self.http.send_datagram(self.session_id, f"GET {name}".encode())
            self.transmit()
            await asyncio.sleep(0.01)

    def end_session(self) -> None:
        self.http.send_data(self.session_id, b"", end_stream=True)
        self.transmit()


class ServerProtocol(SessionProtocol):
    def head_received(self, stream_id: int, fields: dict) -> None:
        if fields.get(b":protocol") != b"webtransport" or self.session_id is not None:
            self.http.send_headers(stream_id, [(b":status", b"404")], end_stream=True)
            return
        self.session_id = stream_id
        answer = [(b":status", b"200"), (b"sec-webtransport-http3-draft", b"draft02")]
        offered = re.findall(r'"([^"]*)"', fields.get(b"wt-available-protocols", b"").decode())
        agreed = next((one for one in offered if one in self.part.protocols), "")
        if agreed:
            answer.append((b"wt-protocol", f'"{agreed}"'.encode()))
        self.http.send_headers(stream_id, answer)
        if self.part.task == "handshake":
            self.part.note_protocol(agreed)
        elif self.part.carrier:
            self.asking = asyncio.create_task(self.ask_and_end())

    async def ask_and_end(self) -> None:
        await self.ask()
        self.end_session()


class ClientProtocol(SessionProtocol):
    def join(self, authority: str) -> None:
        self.session_id = self._quic.get_next_available_stream_id()
        offered = ", ".join(f'"{one}"' for one in self.part.protocols)
        head = {
            ":method": "CONNECT",
            ":scheme": "https",
            ":authority": authority,
            ":path": f"/{self.part.endpoint}",
            ":protocol": "webtransport",
            "sec-webtransport-http3-draft02": "1",
            "wt-available-protocols": offered,
        }
        self.http.send_headers(self.session_id, [(name.encode(), value.encode()) for name, value in head.items()])
        self.transmit()

    def head_received(self, stream_id: int, fields: dict) -> None:
        if fields[b":status"] != b"200":
            self.began.set_exception(ConnectionError(f"fields {fields}"))
        else:
            self.settle(self.began, fields.get(b"wt-protocol", b"").decode().strip('"'))


async def run_server(options: argparse.Namespace, part: Part) -> None:
    configuration = QuicConfiguration(is_client=False, alpn_protocols=["h3"], max_datagram_frame_size=65536)
    configuration.load_cert_chain(options.cert, options.key)
    configuration.secrets_log_file = open(options.keylog, "a", buffering=1)
    ServerProtocol.part = part
    await serve(options.host, options.port, configuration=configuration, create_protocol=ServerProtocol)
    print(f"listening on {options.host}:{options.port}", flush=True)
    await asyncio.Future()


async def run_client(options: argparse.Namespace, part: Part) -> None:
    configuration = QuicConfiguration(is_client=True, alpn_protocols=["h3"], max_datagram_frame_size=65536)
    configuration.load_verify_locations(options.ca)
    configuration.secrets_log_file = open(options.keylog, "a", buffering=1)
    ClientProtocol.part = part
    async with connect(
        options.host, options.port, configuration=configuration, create_protocol=ClientProtocol
    ) as client:
        client.join(f"{options.host}:{options.port}")
        protocol = await asyncio.wait_for(client.began, 10)
        if part.task == "handshake":
            part.note_protocol(protocol)
        elif part.carrier:
            await client.ask()
        else:
            await client.ended
            return
        client.end_session()
        await client.ping()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("role", choices=("serve", "join"))
    for name in ("task", "protocols", "endpoint", "root", "downloads", "host", "keylog"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--port", type=int, required=True)
    for name in ("cert", "key", "ca"):
        parser.add_argument(f"--{name}")
    parser.add_argument("names", nargs="*")
    options = parser.parse_intermixed_args()
    run = run_server if options.role == "serve" else run_client
    asyncio.run(run(options, Part(options)))


if __name__ == "__main__":
    sys.exit(main())
