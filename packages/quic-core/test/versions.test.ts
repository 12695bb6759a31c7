import { describe, expect, test } from '@jest/globals';
import { covers } from '@tsquic/testing';
import type { QuicContextOptions } from '../src/config/config.ts';
import { Drop } from '../src/packet/drop.ts';
import { PacketReader } from '../src/packet/reader.ts';
import { PacketType } from '../src/version/packet-type.ts';
import { VERSION_1, VERSION_2, VERSIONS } from '../src/version/versions.ts';
import { createClient, createServer, eventsOf } from './support/contexts.ts';
import { CLIENT, type Exchange, passTime, SERVER } from './support/exchange.ts';

const SECOND = 1_000_000;

/** The two bits after the fixed bit of long headers, by type. RFC 9000 §17.2, RFC 9369 §3.2 */
const TYPE_BITS: ReadonlyMap<number, readonly [PacketType, number][]> = new Map([
  [
    0x0000_0001,
    [
      [PacketType.Initial, 0b00],
      [PacketType.ZeroRtt, 0b01],
      [PacketType.Handshake, 0b10],
      [PacketType.Retry, 0b11],
    ],
  ],
  [
    0x6b33_43cf,
    [
      [PacketType.Initial, 0b01],
      [PacketType.ZeroRtt, 0b10],
      [PacketType.Handshake, 0b11],
      [PacketType.Retry, 0b00],
    ],
  ],
]);

/** Versions of all long headers that passed, and types by their bits, each once, in order. */
class LongHeaders {
  readonly seen: (readonly [version: number, type: PacketType])[] = [];
  private readonly reader = new PacketReader(8, VERSIONS);

  take(bytes: Uint8Array): void {
    this.reader.reset(bytes, bytes.length);
    while (this.reader.next()) {
      const { version, headerAt } = this.reader.header;
      if (version === 0) continue;
      const bits = (bytes[headerAt]! >> 4) & 3;
      const type = TYPE_BITS.get(version)!.find((row) => row[1] === bits)![0];
      if (!this.seen.some((one) => one[0] === version && one[1] === type)) this.seen.push([version, type]);
    }
  }
}

interface Meeting extends Exchange {
  readonly headers: LongHeaders;
  nowUs: number;
}

/** A client of `version` and a server that speaks both, once nothing is left to say. */
function meet(version: number, serverOptions: Partial<QuicContextOptions> = {}): Meeting {
  const headers = new LongHeaders();
  const exchange = {
    client: createClient({}, 2, VERSIONS),
    server: createServer(serverOptions, 1, VERSIONS),
    onDatagram: (bytes: Uint8Array) => headers.take(bytes),
  };
  exchange.client.createConnection({ to: SERVER, from: CLIENT, serverName: 'server.test', version }, SECOND);
  return { ...exchange, headers, nowUs: passTime(exchange, SECOND, SECOND) };
}

describe.each(VERSIONS)('a connection of version $name', ({ id }) => {
  test('shakes hands in its own packets, and carries streams', () => {
    const { client, server, headers, nowUs } = meet(id);
    expect(eventsOf(client).map(({ type }) => type)).toContain('confirmed');
    const stream = client.connection(0)!.openStream({ unidirectional: true })!;
    stream.write(Uint8Array.of(1, 2, 3), true);
    passTime({ client, server }, nowUs, SECOND);
    expect(eventsOf(server).map(({ type }) => type)).toContain('stream-readable');
    expect(headers.seen).toEqual([
      [id, PacketType.Initial],
      [id, PacketType.Handshake],
    ]);
  });

  test('follows a Retry of its own version', () => {
    const { client, headers } = meet(id, { retry: 'always' });
    expect(eventsOf(client).map(({ type }) => type)).toContain('confirmed');
    expect(headers.seen).toEqual([
      [id, PacketType.Initial],
      [id, PacketType.Retry],
      [id, PacketType.Handshake],
    ]);
  });

  test('hears that the server has no room, in its own version', () => {
    const { client, headers } = meet(id, { maxConnections: 0 });
    expect(client.connection(0)!.closeReason).toMatchObject({ kind: 'transport', code: 2, remote: true });
    expect(headers.seen).toEqual([[id, PacketType.Initial]]);
  });

  test('drops long headers of the other version', () => {
    covers('rfc9000-5.2.1-3');
    const drops: number[] = [];
    const [other] = VERSIONS.filter((version) => version.id !== id);
    const client = createClient(
      { tracer: { onPacketDropped: (_id, drop) => void drops.push(drop) } },
      2,
      VERSIONS,
    );
    const server = createServer({}, 1, VERSIONS);
    client.createConnection({ to: SERVER, from: CLIENT, serverName: 'server.test', version: id }, SECOND);
    const swap = (bytes: Uint8Array, fromClient: boolean): void => {
      // The version field stands after the first byte; type bits that mean the same packet go with it.
      if (fromClient || (bytes[0]! & 0x80) === 0) return;
      const own = TYPE_BITS.get(id)!;
      const type = own.find(([, bits]) => bits === ((bytes[0]! >> 4) & 3))![0];
      const bits = TYPE_BITS.get(other!.id)!.find(([name]) => name === type)![1];
      bytes[0] = (bytes[0]! & 0xcf) | (bits << 4);
      new DataView(bytes.buffer, bytes.byteOffset).setUint32(1, other!.id);
    };
    passTime({ client, server, onDatagram: swap }, SECOND, SECOND);
    expect(eventsOf(client)).toEqual([]);
    // A client cannot know in which version a server goes on: Initial packets are tried, and their keys are others.
    expect(new Set(drops)).toEqual(new Set([Drop.Unauthentic]));
  });
});

test('a client begins with the best of its versions, unless it is told another', () => {
  const versions: number[] = [];
  const tracer = {
    onConnectionStarted: (...[, , , version]: readonly [number, boolean, string, number, ...unknown[]]) =>
      void versions.push(version),
  };
  const client = createClient({ tracer }, 2, [VERSION_2, VERSION_1]);
  client.createConnection({ to: SERVER }, SECOND);
  client.createConnection({ to: SERVER, version: 1 }, SECOND);
  expect(versions).toEqual([VERSION_2.id, VERSION_1.id]);
});
