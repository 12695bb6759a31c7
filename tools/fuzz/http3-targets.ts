import { concatBytes } from '@tsquic/bytes';
import { Http3Connection } from '@tsquic/http3';
import { QpackDecoder, QpackEncoder, QpackError } from '@tsquic/qpack';
import { QuietConnection } from './quiet-connection.ts';
import { type FuzzTarget, joinPieces, piecesOf, refusing } from './target.ts';

const LIMITS = { maxTableCapacity: 400, maxBlockedStreams: 3 };
const FIELDS = [
  { name: ':method', value: 'GET' },
  { name: ':scheme', value: 'https' },
  { name: ':authority', value: 'test.example' },
  { name: ':path', value: '/' },
  { name: 'x-again', value: 'a value that comes again' },
];

/** Sections and instructions, each with a byte for its kind and its stream. */
const qpack: FuzzTarget = {
  name: 'qpack',
  weight: 1,
  run(input) {
    refusing(QpackError, () => {
      const decoder = new QpackDecoder({ ...LIMITS, maxFieldSectionSize: 2000 });
      const encoder = new QpackEncoder(LIMITS);
      encoder.onSettings(LIMITS);
      for (const piece of piecesOf(input)) {
        const [kind = 0] = piece;
        const bytes = piece.subarray(1);
        if ((kind & 3) === 0) decoder.onEncoderStream(bytes);
        else if ((kind & 3) === 1) decoder.decode(kind >> 2, bytes);
        else if ((kind & 3) === 2) encoder.onDecoderStream(bytes);
        else encoder.encode(kind >> 2, FIELDS);
        while (decoder.nextUnblocked() !== undefined);
        decoder.takeInstructions();
      }
    });
  },
  seeds() {
    const encoder = new QpackEncoder(LIMITS);
    encoder.onSettings(LIMITS);
    const pieces: Uint8Array[] = [];
    for (const streamId of [0, 1, 2, 3]) {
      const section = encoder.encode(streamId, FIELDS);
      pieces.push(concatBytes(Uint8Array.of(0), encoder.takeInstructions()));
      pieces.push(concatBytes(Uint8Array.of(1 | (streamId << 2)), section));
    }
    const answers = [3, 7, 11].map((kind) => Uint8Array.of(kind));
    return [joinPieces(pieces), joinPieces([...answers, Uint8Array.of(2, 1), Uint8Array.of(2, 0x84, 0x48)])];
  },
};

/** What arrives on streams and as datagrams, each with a byte that tells where; nothing of it may throw. */
function http3(isClient: boolean): FuzzTarget {
  return {
    name: isClient ? 'http3-client' : 'http3-server',
    weight: 1,
    run(input) {
      const connection = new QuietConnection(isClient);
      const http = new Http3Connection(connection.handle, { datagrams: true, maxFieldSectionSize: 2000 });
      const head = { method: 'GET', scheme: 'https', authority: 'a', path: '/', fields: [] };
      if (isClient) for (let i = 0; i < 3; i++) http.request(head, { ends: i > 0 });
      for (const piece of piecesOf(input)) {
        const [where = 0] = piece;
        deliver(http, connection, where, piece.subarray(1));
        follow(http);
        if (connection.isClosed) return;
      }
    },
    seeds: () => (isClient ? [SERVER_SAYS] : [CLIENT_SAYS]),
  };
}

/** Bit 7 ends a stream, bit 6 is a datagram, bit 5 resets; the others are the stream. */
function deliver(http: Http3Connection, connection: QuietConnection, where: number, bytes: Uint8Array): void {
  const streamId = where & 0x1f;
  if ((where & 0x40) !== 0) return http.onEvent(connection.arriveDatagram(bytes));
  if ((where & 0x20) !== 0) {
    const about = { connection: connection.id, streamId, code: bytes[0] ?? 0 };
    return http.onEvent(
      (bytes[1] ?? 0) > 127
        ? { type: 'stream-stopped', ...about }
        : { type: 'stream-reset', ...about, reliableSize: 0 },
    );
  }
  for (const event of connection.arrive(streamId, bytes, where > 127)) http.onEvent(event);
}

/** A program that reads, answers and gives up. */
function follow(http: Http3Connection): void {
  const chunk = new Uint8Array(7);
  for (let event = http.nextEvent(); event !== undefined; event = http.nextEvent()) {
    if (event.type === 'goaway') http.goAway(false);
    const stream = 'streamId' in event ? http.stream(event.streamId) : undefined;
    if (stream === undefined) continue;
    if (event.type === 'content') while (stream.read(chunk) > 0);
    if (event.type === 'datagram') stream.receiveDatagram();
    if (event.type === 'request') stream.respond({ status: 200, fields: [] }, event.head.path.length > 5);
    if (event.type === 'trailers') stream.cancel();
  }
}

const SECTION = new QpackEncoder().encode(0, FIELDS);
const RESPONSE = new QpackEncoder().encode(0, [{ name: ':status', value: '200' }]);
const TRAILERS = new QpackEncoder().encode(0, [{ name: 'x', value: 'y' }]);
const frame = (type: number, bytes: Uint8Array): Uint8Array =>
  concatBytes(Uint8Array.of(type, bytes.length), bytes);
const SETTINGS = frame(4, Uint8Array.of(1, 0x40, 100, 6, 0x50, 0, 7, 3, 8, 1, 0x33, 1));
const at = (where: number, ...bytes: readonly Uint8Array[]): Uint8Array =>
  concatBytes(Uint8Array.of(where), ...bytes);
const CONTENT = frame(0, Uint8Array.of(1, 2, 3));

const CLIENT_SAYS = joinPieces([
  at(2, Uint8Array.of(0), SETTINGS, frame(0x0d, Uint8Array.of(3))),
  at(6, Uint8Array.of(2, 0x3f, 0x45, 0x41, 0x61, 1, 0x62)),
  at(10, Uint8Array.of(3)),
  at(0x80, frame(1, SECTION), CONTENT, frame(1, TRAILERS)),
  at(4, frame(1, SECTION), frame(0x21, Uint8Array.of(9))),
  at(0x84, CONTENT),
  at(0x40, Uint8Array.of(1, 7)),
  at(2, Uint8Array.of(0x80, 0x0f, 7, 0, 4, 4), Uint8Array.of(0x75, 0x3d, 0x31), frame(7, Uint8Array.of(0))),
  at(8, frame(1, Uint8Array.of(2, 0, 0x80))),
  at(0x28, Uint8Array.of(12, 0)),
]);
const SERVER_SAYS = joinPieces([
  at(3, Uint8Array.of(0), SETTINGS),
  at(7, Uint8Array.of(2, 0x3f, 0x45, 0x41, 0x61, 1, 0x62)),
  at(11, Uint8Array.of(3)),
  at(0x84, frame(1, RESPONSE), CONTENT, frame(1, TRAILERS)),
  at(8, frame(1, RESPONSE), CONTENT),
  at(3, frame(7, Uint8Array.of(12))),
  at(0x28, Uint8Array.of(12, 0)),
]);

/** What takes bytes of HTTP/3. */
export const HTTP3_TARGETS: readonly FuzzTarget[] = [qpack, http3(false), http3(true)];
