import { describe, expect, test } from '@jest/globals';
import { covers } from '@tsquic/testing';
import { seededCrypto } from '@tsquic/testing/seeded';
import type { ConnectionOptions, QuicContextOptions } from '../src/config/config.ts';
import type { QuicContext } from '../src/context/context.ts';
import { PacketReader } from '../src/packet/reader.ts';
import { Tokens } from '../src/tokens/token.ts';
import { PacketType } from '../src/version/packet-type.ts';
import { VERSION_1, VERSION_2, VERSIONS } from '../src/version/versions.ts';
import { createClient, createServer, eventsOf } from './support/contexts.ts';
import { CLIENT, passTime, SERVER } from './support/exchange.ts';
import { openInitial } from './support/open-initial.ts';

const [V1, V2] = [VERSION_1.id, VERSION_2.id];
const SECOND = 1_000_000;
const TO = { to: SERVER, from: CLIENT, serverName: 'server.test' };
const KEYS = { ticketKey: new Uint8Array(16).fill(3), tokenKey: new Uint8Array(16).fill(4) };
const BOTH = [
  ['1', V1, V2],
  ['2', V2, V1],
] as const;

/** What one connection gives for the next. */
interface Credentials {
  readonly session: Uint8Array;
  readonly token: Uint8Array;
  readonly tokenVersion: number;
}

/** A connection between these two; what the client then holds. */
function first(client: readonly number[], server: readonly number[]): Credentials {
  const { events } = meet({ versions: client }, { versions: server });
  const [ticket] = events.flatMap((event) => (event.type === 'ticket' ? [event] : []));
  const [token] = events.flatMap((event) => (event.type === 'token' ? [event] : []));
  return { session: ticket!.ticket, token: token!.token, tokenVersion: token!.version };
}

interface Meeting {
  readonly client: QuicContext;
  readonly events: ReturnType<typeof eventsOf>;
  /** Version and length of the token of each long header of the client. */
  readonly sent: (readonly [version: number, tokenLength: number])[];
  readonly retries: number;
  /** Of the first ClientHello: with a ticket it is longer. */
  readonly helloBytes: number;
}

function meet(
  clientOptions: Partial<QuicContextOptions>,
  serverOptions: Partial<QuicContextOptions>,
  options: Partial<ConnectionOptions> = {},
): Meeting {
  const client = createClient(clientOptions);
  const server = createServer({ ...KEYS, ...serverOptions });
  const reader = new PacketReader(8, VERSIONS, true);
  const sent: (readonly [number, number])[] = [];
  let retries = 0;
  let helloBytes = 0;
  const onDatagram = (bytes: Uint8Array, fromClient: boolean): void => {
    if (helloBytes === 0) helloBytes = openInitial(seededCrypto(1), bytes).hello.length;
    reader.reset(bytes, bytes.length);
    while (reader.next()) {
      const { version, tokenLength, type } = reader.header;
      if (type === 3) retries++;
      if (fromClient && version !== 0) sent.push([version, tokenLength]);
    }
  };
  client.createConnection({ ...TO, ...options }, SECOND);
  passTime({ client, server, onDatagram }, SECOND, SECOND);
  return { client, events: eventsOf(client), sent, retries, helloBytes };
}

const resumed = ({ events }: Meeting): boolean | undefined =>
  events.flatMap((event) => (event.type === 'connected' ? [event.resumed] : []))[0];

describe.each(BOTH)('what a connection of version %s gives', (_name, own, other) => {
  test('is good for the next one in it', () => {
    const { session, token, tokenVersion } = first([own], [own]);
    expect(tokenVersion).toBe(own);
    const again = meet(
      { versions: [own] },
      { versions: [own], retry: 'always' },
      { session, token, tokenVersion },
    );
    expect(resumed(again)).toBe(true);
    expect(again.sent[0]).toEqual([own, token.length]);
    expect(again.retries).toBe(0);
  });

  test('is not shown to begin with the other version', () => {
    covers('rfc9369-5-1');
    const { session, token, tokenVersion } = first([own], [own]);
    const options = { session, token, tokenVersion, version: other };
    const again = meet({ versions: [V1, V2] }, { retry: 'always' }, options);
    expect(resumed(again)).toBe(false);
    const bare = meet({ versions: [V1, V2] }, {}, { version: other });
    expect(again.helloBytes).toBe(bare.helloBytes);
    expect(again.sent[0]).toEqual([other, 0]);
    expect(again.retries).toBe(1);
  });

  test('makes a client begin in it, if the program names no version', () => {
    const { session } = first([own], [own]);
    const again = meet({ versions: [other, own] }, {}, { session });
    expect(again.sent[0]![0]).toBe(own);
    expect(resumed(again)).toBe(true);
    // A client that does not speak it any more begins as always.
    const stranger = meet({ versions: [other] }, {}, { session });
    expect(stranger.sent[0]![0]).toBe(other);
    expect(resumed(stranger)).toBe(false);
  });

  test('is of the version that both agreed on, where the server chose another than the client began with', () => {
    covers('rfc9369-5-1', 'rfc9369-5-2');
    const { session, token, tokenVersion } = first([other, own], [own, other]);
    expect(tokenVersion).toBe(own);
    const again = meet({}, { retry: 'always' }, { session, token, tokenVersion });
    expect(again.sent[0]).toEqual([own, token.length]);
    expect(resumed(again)).toBe(true);
    expect(again.retries).toBe(0);
    // The version that the client began with has no part in it.
    const kept = { session, token, tokenVersion, version: other };
    const begun = meet({ versions: [V1, V2] }, { retry: 'always' }, kept);
    expect(begun.sent[0]).toEqual([other, 0]);
    expect(begun.helloBytes).toBe(meet({ versions: [V1, V2] }, {}, { version: other }).helloBytes);
    expect(begun.helloBytes).toBeLessThan(again.helloBytes);
    // And a client that holds them for those of that version is refused.
    const forged = session.slice();
    new DataView(forged.buffer).setUint32(0, other);
    const options = { session: forged, token, tokenVersion: other };
    const refused = meet({ versions: [other] }, { retry: 'always' }, options);
    expect(refused.sent[0]).toEqual([other, token.length]);
    expect([resumed(refused), refused.retries]).toEqual([false, 1]);
  });

  test('is refused by a server in the other version: no resumption, and the address is not proven', () => {
    covers('rfc9369-5-2');
    const { session, token } = first([own], [own]);
    // A client that breaks the rule: it takes the session and the token for those of the other version.
    const forged = session.slice();
    new DataView(forged.buffer).setUint32(0, other);
    const options = { session: forged, token, tokenVersion: other };
    const again = meet({ versions: [other] }, { retry: 'always' }, options);
    expect(again.sent[0]).toEqual([other, token.length]);
    expect(again.retries).toBe(1);
    expect(resumed(again)).toBe(false);
  });

  test('sends 0-RTT in its own version alone, also after the server has gone on in another one', () => {
    covers('rfc9369-4.1-10');
    const early = { earlyData: { replayStore: { use: () => true } }, ...KEYS };
    const server = createServer({ ...early, versions: [own, other] });
    const client = createClient({ versions: [own, other] });
    const one = client.createConnection(TO, SECOND);
    passTime({ client, server }, SECOND, SECOND);
    const session = eventsOf(client).find((event) => event.type === 'ticket')!.ticket;
    one.close();
    const again = createServer({ ...early, versions: [other, own] }, 9);
    const types: [number, PacketType][] = [];
    const reader = new PacketReader(8, VERSIONS);
    let isCut = true;
    const onDatagram = (bytes: Uint8Array, fromClient: boolean): void => {
      reader.reset(bytes, bytes.length);
      if (fromClient)
        while (reader.next()) {
          const { version, type } = reader.header;
          if (version !== 0) types.push([version, type]);
        }
      // Of what the server says only its Initial packet comes, so that the client has no 1-RTT keys for a while.
      else if (isCut && reader.next())
        bytes.fill(0, reader.header.type === PacketType.Initial ? reader.header.packetEnd : 0);
    };
    passTime({ client, server }, 2 * SECOND, SECOND);
    const two = client.createConnection({ ...TO, session, earlyData: true }, 3 * SECOND);
    const stream = two.openStream()!;
    stream.write(new Uint8Array(3000));
    let nowUs = passTime({ client, server: again, onDatagram }, 3 * SECOND, 10_000);
    const before = earlyPackets(types).length;
    expect(before).toBeGreaterThan(1);
    expect([two.version, two.statistics().state]).toEqual([other, 'handshaking']);
    stream.write(new Uint8Array(3000), true);
    nowUs = passTime({ client, server: again, onDatagram }, nowUs, 10_000);
    expect(earlyPackets(types).length).toBeGreaterThan(before);
    isCut = false;
    passTime({ client, server: again, onDatagram }, nowUs, 5 * SECOND);
    expect([two.version, two.statistics().state]).toEqual([other, 'confirmed']);
    expect(new Set(earlyPackets(types))).toEqual(new Set([own]));
    const handshake = types.filter(([, type]) => type === PacketType.Handshake);
    expect(new Set(handshake.map(([version]) => version))).toEqual(new Set([other]));
  });

  test('resumes also where the server then goes on in another version', () => {
    const { session } = first([own], [own]);
    const again = meet({ versions: [own, other] }, { versions: [other, own] }, { session });
    expect(resumed(again)).toBe(true);
    expect(again.client.connection(0)!.version).toBe(other);
  });

  test('is not used when the server wants another version, and the client begins again', () => {
    covers('rfc9369-5-1');
    const { session, token, tokenVersion } = first([own], [own]);
    const again = meet({ versions: [own, other] }, { versions: [other] }, { session, token, tokenVersion });
    expect(again.sent.map(([version, length]) => [version, length > 0]).slice(0, 2)).toEqual([
      [own, true],
      [other, false],
    ]);
    expect(resumed(again)).toBe(false);
  });
});

/** The versions of the 0-RTT packets among these. */
function earlyPackets(packets: readonly (readonly [number, PacketType])[]): number[] {
  return packets.filter(([, type]) => type === PacketType.ZeroRtt).map(([version]) => version);
}

test('a Retry token is dropped in a packet of another version', () => {
  covers('rfc9369-4.1-3');
  const tokens = new Tokens(seededCrypto(1), KEYS.tokenKey);
  const id = new Uint8Array(8).fill(1);
  const token = tokens.createRetry(CLIENT, id, id, SECOND, V1);
  expect(tokens.open(token, CLIENT, id, SECOND, V1)).toMatchObject({ originalDestination: id });
  expect(tokens.open(token, CLIENT, id, SECOND, V2)).toBe('other-version');
  const server = createServer({ ...KEYS, retry: 'always' });
  const client = createClient({ versions: [V2] });
  client.createConnection({ ...TO, token }, SECOND);
  let answers = 0;
  const onDatagram = (bytes: Uint8Array, fromClient: boolean): void => {
    if (fromClient) bytes.set(id, 6);
    else answers++;
  };
  passTime({ client, server, onDatagram }, SECOND, 100_000);
  expect(answers).toBe(0);
});

test('a session of a few bytes is none', () => {
  for (const length of [0, 1, 3, 4, 5])
    expect(resumed(meet({}, {}, { session: new Uint8Array(length) }))).toBe(false);
});
