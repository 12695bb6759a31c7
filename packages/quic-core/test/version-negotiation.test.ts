import { describe, expect, test } from '@jest/globals';
import { concatBytes, encodeVarint } from '@tsquic/bytes';
import { Group } from '@tsquic/crypto';
import { covers } from '@tsquic/testing';
import { seededCrypto } from '@tsquic/testing/seeded';
import { createTestIdentity } from '@tsquic/simulator';
import { Level } from '@tsquic/tls13';
import type { QuicContextOptions } from '../src/config/config.ts';
import type { ConnectionOptions } from '../src/config/config.ts';
import type { QuicContext } from '../src/context/context.ts';
import { createOutgoingDatagram } from '../src/connection/outgoing-datagram.ts';
import { encodeVersionNegotiation } from '../src/packet/version-negotiation.ts';
import { PacketReader } from '../src/packet/reader.ts';
import { encodeParameters, type TransportParameters } from '../src/parameters/parameters.ts';
import type { Tracer } from '../src/trace/tracer.ts';
import { PacketType } from '../src/version/packet-type.ts';
import { isReservedVersion } from '../src/version/reserved.ts';
import { VERSION_1, VERSION_2, VERSIONS } from '../src/version/versions.ts';
import { Attacker, PADDING, PING } from './support/attacker.ts';
import { attackServer, coreOf, createClient, createServer, eventsOf, LOUD } from './support/contexts.ts';
import { CLIENT, SERVER } from './support/exchange.ts';
import { ToldParameters } from './support/told-parameters.ts';

const [V1, V2] = [VERSION_1.id, VERSION_2.id];
const SECOND = 1_000_000;
const TRIP_US = 10_000;
const TRANSPORT_PARAMETER_ERROR = 0x08;
const VERSION_NEGOTIATION_ERROR = 0x11;
const TO = { to: SERVER, from: CLIENT, serverName: 'server.test' };
const BOTH = [
  ['from 1 to 2', V1, V2],
  ['from 2 to 1', V2, V1],
] as const;

/** A long header that passed. */
interface Seen {
  readonly fromClient: boolean;
  readonly version: number;
  readonly type: PacketType;
  readonly tokenLength: number;
}

/** What becomes of the datagram with this number of its direction, counted from 0: microseconds late, or never. */
type Fate = (number: number, fromClient: boolean, bytes: Uint8Array) => number;

/** A client and a server with a fixed delay between them, watched. */
class Meeting {
  readonly client: QuicContext;
  readonly server: QuicContext;
  readonly seen: Seen[] = [];
  nowUs = SECOND;
  private readonly reader = new PacketReader(8, VERSIONS);
  private readonly waiting: { atUs: number; fromClient: boolean; bytes: Uint8Array }[] = [];
  private readonly counts = { client: 0, server: 0 };
  private readonly fate: Fate;

  constructor(
    client: Partial<QuicContextOptions>,
    server: Partial<QuicContextOptions>,
    options: Partial<ConnectionOptions> = {},
    fate: Fate = () => 0,
  ) {
    this.client = createClient(client);
    this.server = createServer(server);
    this.fate = fate;
    this.client.createConnection({ ...TO, ...options }, this.nowUs);
  }

  run(durationUs: number): this {
    const untilUs = this.nowUs + durationUs;
    while (this.nowUs < untilUs) {
      this.send(this.client, true);
      this.send(this.server, false);
      const leftUs = untilUs - this.nowUs;
      const arrivalUs = Math.min(...this.waiting.map(({ atUs }) => atUs - this.nowUs), leftUs);
      const delayUs = Math.min(
        arrivalUs,
        this.client.nextWakeDelay(this.nowUs, leftUs),
        this.server.nextWakeDelay(this.nowUs, leftUs),
      );
      this.nowUs += Math.max(1, Math.ceil(delayUs));
      for (const one of this.waiting.splice(0)) {
        if (one.atUs > this.nowUs) this.waiting.push(one);
        else if (one.fromClient) this.server.incomingPacket(one.bytes, CLIENT, SERVER, 0, 0, this.nowUs);
        else this.client.incomingPacket(one.bytes, SERVER, CLIENT, 0, 0, this.nowUs);
      }
    }
    return this;
  }

  /** Versions in the order of their first long header, by sender and type. */
  headers(fromClient: boolean, type?: PacketType): number[] {
    const own = this.seen.filter((one) => one.fromClient === fromClient && one.type === (type ?? one.type));
    return [...new Set(own.map(({ version }) => version))];
  }

  /** How many of three bytes come in 1-RTT packets, and of two that answer them. */
  talk(): number[] {
    const stream = this.client.connection(0)!.openStream()!;
    stream.write(Uint8Array.of(1, 2, 3), true);
    this.run(5 * SECOND);
    const answer = this.server.connection(0)!.stream(0)!;
    const count = answer.read(new Uint8Array(9));
    answer.write(Uint8Array.of(4, 5), true);
    this.run(5 * SECOND);
    return [count, stream.read(new Uint8Array(9))];
  }

  private send(sender: QuicContext, fromClient: boolean): void {
    const out = createOutgoingDatagram(new Uint8Array(1500));
    while (sender.prepareNextPacket(out, this.nowUs) > 0) {
      const bytes = out.buffer.slice(0, out.length);
      this.watch(bytes, fromClient);
      const lateUs = this.fate(this.counts[fromClient ? 'client' : 'server']++, fromClient, bytes);
      if (lateUs !== Infinity) this.waiting.push({ atUs: this.nowUs + TRIP_US + lateUs, fromClient, bytes });
    }
  }

  private watch(bytes: Uint8Array, fromClient: boolean): void {
    const { reader } = this;
    reader.reset(bytes, bytes.length);
    while (reader.next()) {
      const { version, type, tokenLength } = reader.header;
      if (version !== 0) this.seen.push({ fromClient, version, type, tokenLength });
    }
  }
}

const LOST = Infinity;

/** The state and the version of both sides. */
function outcome({ client, server }: Meeting): unknown[] {
  return [client.connection(0), server.connection(0)].map((one) => [one?.statistics().state, one?.version]);
}

describe.each(BOTH)('a server that prefers another version than its client, %s', (_name, first, second) => {
  const clientOptions = { versions: [first, second] };
  const serverOptions = { versions: [second, first] };

  test('goes on in the one that it prefers, and so does the client from its first packet on', () => {
    covers(
      ...['rfc9368-2.3-1', 'rfc9369-4.1-5', 'rfc9369-4.1-6', 'rfc9369-4.1-8', 'rfc9368-2-1', 'rfc9369-4-3'],
      ...['rfc9368-3-1', 'rfc9368-4-3', 'rfc9369-4-2', 'rfc9369-3-1', 'rfc9368-8-2'],
    );
    const told = [new ToldParameters(), new ToldParameters()] as const;
    const meeting = new Meeting(
      { ...clientOptions, tracer: told[0].tracer },
      { ...serverOptions, tracer: told[1].tracer },
    ).run(SECOND);
    expect(outcome(meeting)).toEqual([
      ['confirmed', second],
      ['confirmed', second],
    ]);
    expect(meeting.headers(false)).toEqual([second]);
    expect(meeting.headers(true, PacketType.Initial)).toEqual([first, second]);
    expect(meeting.headers(true, PacketType.Handshake)).toEqual([second]);
    expect(meeting.talk()).toEqual([3, 2]);
    const information = told.map(({ only }) => only.versionInformation!);
    expect(information.map(({ chosen }) => chosen)).toEqual([second, first]);
    for (const { available } of information) {
      expect(available.filter((id) => id === V1 || id === V2)).toHaveLength(2);
      expect(available.filter(isReservedVersion)).toHaveLength(1);
    }
  });

  test('after a Retry, which is in the version of the client, as its answer is', () => {
    covers('rfc9369-4.1-1', 'rfc9369-4.1-2', 'rfc9369-4.1-4');
    const meeting = new Meeting(clientOptions, { ...serverOptions, retry: 'always' }).run(SECOND);
    expect(outcome(meeting)[0]).toEqual(['confirmed', second]);
    expect(meeting.headers(false, PacketType.Retry)).toEqual([first]);
    const withToken = meeting.seen.find((one) => one.fromClient && one.tokenLength > 0)!;
    expect(withToken.version).toBe(first);
    expect(meeting.talk()).toEqual([3, 2]);
  });

  test('in a HelloRetryRequest already, which is handshake data', () => {
    covers('rfc9369-4.1-5');
    const meeting = new Meeting(
      { ...clientOptions, groups: [Group.X25519, Group.Secp256r1] },
      { ...serverOptions, groups: [Group.Secp256r1] },
    ).run(SECOND);
    expect(outcome(meeting)[0]).toEqual(['confirmed', second]);
    expect(meeting.headers(false)).toEqual([second]);
    expect(meeting.talk()).toEqual([3, 2]);
  });

  test.each([0, 1, 2, 3, 4, 5, 6, 7])('whichever datagram is lost: number %d', (lost) => {
    covers('rfc9369-4.1-7');
    for (const lostOfClient of [true, false]) {
      const meeting = new Meeting(clientOptions, serverOptions, {}, (number, fromClient) =>
        fromClient === lostOfClient && number === lost ? LOST : 0,
      ).run(5 * SECOND);
      expect(outcome(meeting)).toEqual([
        ['confirmed', second],
        ['confirmed', second],
      ]);
      expect(meeting.talk()).toEqual([3, 2]);
    }
  });

  test('when the server must wait for the end of a hello, and speaks the old version until then', () => {
    const alpn = [...Array.from({ length: 120 }, (_, i) => `protocol-number-${i}`), 'test'];
    const fate: Fate = (number, fromClient) => (fromClient && number === 1 ? 300_000 : 0);
    const meeting = new Meeting({ ...clientOptions, alpn }, serverOptions, {}, fate).run(5 * SECOND);
    expect(meeting.headers(false, PacketType.Initial)).toEqual([first, second]);
    expect(outcome(meeting)[0]).toEqual(['confirmed', second]);
    expect(meeting.talk()).toEqual([3, 2]);
  });

  test('when its Handshake packets come before the Initial that says so, or twice', () => {
    const crypto = seededCrypto(1);
    const one = createTestIdentity(crypto);
    // Long enough for several datagrams.
    const identity = { ...one, chain: Array.from({ length: 9 }, () => one.chain[0]!) };
    for (const late of [0, 1, 2]) {
      const fate: Fate = (number, fromClient) => (!fromClient && number === late ? 5000 : 0);
      const meeting = new Meeting(clientOptions, { ...serverOptions, identity }, {}, fate).run(5 * SECOND);
      expect(outcome(meeting)[0]).toEqual(['confirmed', second]);
    }
  });

  test('not where the client speaks one version only', () => {
    covers('rfc9368-2.3-1');
    const meeting = new Meeting({ versions: [first] }, serverOptions).run(SECOND);
    expect(outcome(meeting)[0]).toEqual(['confirmed', first]);
    expect(meeting.headers(false)).toEqual([first]);
  });

  test('not where nobody told the server an order', () => {
    const meeting = new Meeting(clientOptions, {}).run(SECOND);
    expect(outcome(meeting)[0]).toEqual(['confirmed', first]);
  });

  test('packets of the old version are dropped from then on, but for Initial packets of a client', () => {
    covers('rfc9369-4.1-9');
    const meeting = new Meeting(clientOptions, serverOptions).run(TRIP_US + 1);
    const { version } = coreOf(meeting.server).parts.fields;
    const { Initial, Handshake } = PacketType;
    expect([Initial, Handshake].map((type) => version.accepts({ type, version: first }))).toEqual([
      true,
      false,
    ]);
    expect([Initial, Handshake].map((type) => version.accepts({ type, version: second }))).toEqual([
      true,
      true,
    ]);
    meeting.run(TRIP_US);
    const heard = coreOf(meeting.client).parts.fields.version;
    expect([Initial, Handshake].map((type) => heard.accepts({ type, version: first }))).toEqual([
      false,
      false,
    ]);
  });
});

describe.each(BOTH)('a server that speaks one version, %s', (_name, first, second) => {
  const clientOptions = { versions: [first, second] };

  test('is asked again in it, when it says so', () => {
    covers('rfc9368-2.1-3', 'rfc9368-2.1-5', 'rfc9368-4-15', 'rfc9368-6-2');
    const meeting = new Meeting(clientOptions, { versions: [second] }).run(SECOND);
    expect(outcome(meeting)).toEqual([
      ['confirmed', second],
      ['confirmed', second],
    ]);
    expect(meeting.headers(true)).toEqual([first, second]);
    expect(meeting.talk()).toEqual([3, 2]);
    expect(eventsOf(meeting.client).filter(({ type }) => type === 'connected')).toHaveLength(1);
  });

  test('also where it wants a Retry, and whatever is lost', () => {
    for (let lost = 0; lost < 6; lost++)
      for (const lostOfClient of [true, false]) {
        const fate: Fate = (number, fromClient) =>
          fromClient === lostOfClient && number === lost ? LOST : 0;
        const server = { versions: [second], retry: 'always' } as const;
        const meeting = new Meeting(clientOptions, server, {}, fate).run(5 * SECOND);
        expect(outcome(meeting)[0]).toEqual(['confirmed', second]);
        expect(meeting.talk()).toEqual([3, 2]);
      }
  });

  test('names it, and a version that nobody speaks, which differs from time to time', () => {
    covers('rfc9368-2.1-1', 'rfc9368-2.1-2');
    const reserved = new Set<number>();
    for (let seed = 1; seed < 9; seed++) {
      const server = createServer({ versions: [second] }, seed);
      const client = createClient({ versions: [first] }, 2);
      client.createConnection(TO, SECOND);
      const out = createOutgoingDatagram(new Uint8Array(1500));
      client.prepareNextPacket(out, SECOND);
      server.incomingPacket(out.buffer.slice(0, out.length), CLIENT, SERVER, 0, 0, SECOND);
      expect(server.prepareNextPacket(out, SECOND)).toBe(7 + 8 + 8 + 8);
      const view = new DataView(out.buffer.buffer, 23, 8);
      expect(view.getUint32(0)).toBe(second);
      expect(view.getUint32(4) & 0x0f0f_0f0f).toBe(0x0a0a_0a0a);
      reserved.add(view.getUint32(4));
    }
    expect(reserved.size).toBeGreaterThan(5);
  });

  test('without one in common the attempt ends', () => {
    covers('rfc9368-2.1-4');
    const meeting = new Meeting({ versions: [first] }, { versions: [second] }).run(SECOND);
    expect(eventsOf(meeting.client)).toMatchObject([
      { type: 'closed', reason: { kind: 'version-negotiation', offered: [second] } },
    ]);
    expect(meeting.server.nextEvent()).toBeUndefined();
  });
});

describe("what a tracer hears of versions: ours, the peer's, the one in use", () => {
  type Told = readonly [ours: readonly number[], theirs: readonly number[], chosen: number];

  /** Reserved versions, which are drawn, left out. */
  const noteTo = (told: Told[]): Tracer => ({
    onVersions: (_id, ours, theirs, chosen) =>
      void told.push([ours, theirs.filter((id) => !isReservedVersion(id)), chosen]),
  });

  test.each(BOTH)('negotiated %s', (_name, first, second) => {
    const [client, server]: [Told[], Told[]] = [[], []];
    const meeting = new Meeting(
      { versions: [first, second], tracer: noteTo(client) },
      { versions: [second, first], tracer: noteTo(server) },
    ).run(SECOND);
    expect(client).toEqual([
      [[first, second], [], first],
      [[first, second], [second, first], second],
    ]);
    expect(server).toEqual([
      [[second, first], [], first],
      [[second, first], [first, second], second],
    ]);
    for (const context of [meeting.client, meeting.server])
      expect(context.connection(0)!.statistics().version).toBe(second);
  });

  test.each(BOTH)('after a Version Negotiation packet, %s', (_name, first, second) => {
    const client: Told[] = [];
    new Meeting({ versions: [first, second], tracer: noteTo(client) }, { versions: [second] }).run(SECOND);
    expect(client).toEqual([
      [[first, second], [], first],
      [[first, second], [second], second],
      [[first, second], [second], second],
    ]);
  });

  test('none in common', () => {
    const client: Told[] = [];
    new Meeting({ versions: [V1], tracer: noteTo(client) }, { versions: [V2] }).run(SECOND);
    expect(client.at(-1)).toEqual([[V1], [V2], 0]);
  });
});

test('a program that begins with a version that we do not speak hears what the server speaks', () => {
  const version = 0x1a2a_3a4a;
  const meeting = new Meeting({}, {}, { version }).run(SECOND);
  expect(eventsOf(meeting.client)).toMatchObject([
    { type: 'closed', reason: { kind: 'version-negotiation', offered: [V1, V2] } },
  ]);
});

test.each([[[]], [[1, 1]], [[2]], [[V1, 0x0a0a_0a0a]], ['1'], [[Number.NaN]]])(
  'versions %j are no option',
  (versions) => {
    expect(() => createClient({ versions: versions as number[] })).toThrow(
      expect.objectContaining({ name: 'QuicUsageError', code: 'invalid-option' }),
    );
  },
);

/** Transport parameters with this version_information, or none. */
const saying =
  (value: Uint8Array | undefined) =>
  (parameters: TransportParameters): Uint8Array => {
    const others = encodeParameters({ ...parameters, versionInformation: undefined }, 1);
    if (value === undefined) return others;
    return concatBytes(others, encodeVarint(0x11), encodeVarint(value.length), value);
  };

function words(...versions: number[]): Uint8Array {
  const bytes = new Uint8Array(4 * versions.length);
  versions.forEach((version, i) => new DataView(bytes.buffer).setUint32(4 * i, version));
  return bytes;
}

describe('version_information of a client', () => {
  const code = (value: Uint8Array | undefined, version = VERSION_1): number | undefined =>
    attackServer(createServer({ versions: [V1, V2] }), { parameters: saying(value), version }).closeCode;

  test.each<[string, string, Uint8Array, number]>([
    ['of no bytes', covers('rfc9368-4-4'), words(), TRANSPORT_PARAMETER_ERROR],
    ['of three bytes', covers('rfc9368-4-4'), Uint8Array.of(0, 0, 0), TRANSPORT_PARAMETER_ERROR],
    ['of six bytes', covers('rfc9368-4-4'), new Uint8Array(6).fill(1), TRANSPORT_PARAMETER_ERROR],
    ['that chose version 0', covers('rfc9368-4-5'), words(0, V1), TRANSPORT_PARAMETER_ERROR],
    ['that offers version 0', covers('rfc9368-4-5'), words(V1, V1, 0), TRANSPORT_PARAMETER_ERROR],
    ['without what it chose', covers('rfc9368-4-6', 'rfc9368-3-2'), words(V1, V2), TRANSPORT_PARAMETER_ERROR],
    ['without any', covers('rfc9368-4-6'), words(V1), TRANSPORT_PARAMETER_ERROR],
    [
      'that chose another than it speaks',
      covers('rfc9368-4-8', 'rfc9368-4-9', 'rfc9368-4-10'),
      words(V2, V2, V1),
      VERSION_NEGOTIATION_ERROR,
    ],
  ])('%s ends the connection', (_name, _ids, value, expected) => {
    expect(code(value)).toBe(expected);
  });

  test('is checked in version 2 as well, which ends in the same error', () => {
    covers('rfc9368-4-7', 'rfc9368-4-9');
    expect(code(words(V1, V1, V2), VERSION_2)).toBe(VERSION_NEGOTIATION_ERROR);
    expect(code(words(0), VERSION_2)).toBe(TRANSPORT_PARAMETER_ERROR);
  });

  test.each([VERSION_1, VERSION_2])('may be missing, and the version stays: $name', (version) => {
    covers('rfc9368-4-11');
    const server = createServer({ versions: [V1, V2] });
    const attacker = attackServer(server, { parameters: saying(undefined), version });
    expect(attacker.complete).toBe(true);
    expect(server.connection(0)!.version).toBe(version.id);
  });

  test('may name versions that nobody speaks, and the same one twice', () => {
    covers('rfc9368-3-5');
    const value = words(V1, 0x0a0a_0a0a, V1, V1, 0x1234_5678);
    const server = createServer({ versions: [V1, V2] });
    expect(attackServer(server, { parameters: saying(value) }).complete).toBe(true);
    expect(server.connection(0)!.version).toBe(V1);
  });

  test('that offers a version which is not compatible changes nothing', () => {
    covers('rfc9368-2.2-1');
    const strange = { ...VERSION_2, compatibleWith: [] };
    const server = createServer({ versions: [V1, V2] }, 1, [VERSION_1, strange]);
    const value = words(V2, V2, V1);
    expect(attackServer(server, { parameters: saying(value), version: strange }).complete).toBe(true);
    expect(server.connection(0)!.version).toBe(V2);
  });
});

/** A client with these versions, and the server that it meets, which says `value`. */
function impostor(
  value: Uint8Array | undefined,
  versions: readonly number[],
  [version, peerVersion] = [VERSION_1, VERSION_1],
  negotiation?: readonly number[],
): { code: number | undefined; client: QuicContext; attacker: Attacker } {
  const client = createClient({ versions });
  const crypto = seededCrypto(4);
  const identity = createTestIdentity(crypto);
  const parameters = saying(value);
  const options = { victim: client, crypto, isClient: false, identity, parameters, version, peerVersion };
  const attacker = new Attacker(options);
  client.createConnection({ to: attacker.address, serverName: 'server.test' }, attacker.nowUs);
  if (negotiation !== undefined) {
    const out = createOutgoingDatagram(new Uint8Array(1500));
    client.prepareNextPacket(out, attacker.nowUs);
    const destination = out.buffer.slice(6, 14);
    const source = out.buffer.slice(15, 15 + out.buffer[14]!);
    attacker.deliver(encodeVersionNegotiation(source, destination, negotiation, 0));
  }
  attacker.pump();
  const close = client.connection(0)?.closeReason;
  return { code: close?.kind === 'transport' && !close.remote ? close.code : undefined, client, attacker };
}

describe('version_information of a server', () => {
  test.each<[string, string, Uint8Array, number]>([
    ['of no bytes', covers('rfc9368-4-4'), words(), TRANSPORT_PARAMETER_ERROR],
    ['of five bytes', covers('rfc9368-4-4'), new Uint8Array(5).fill(1), TRANSPORT_PARAMETER_ERROR],
    ['that chose version 0', covers('rfc9368-4-5'), words(0, V1), TRANSPORT_PARAMETER_ERROR],
    ['that offers version 0', covers('rfc9368-4-5'), words(V1, 0), TRANSPORT_PARAMETER_ERROR],
    [
      'that chose what was not offered',
      covers('rfc9368-4-13'),
      words(0x1234_5678, V1),
      VERSION_NEGOTIATION_ERROR,
    ],
    [
      'that chose another than it speaks',
      covers('rfc9368-4-18'),
      words(V2, V1, V2),
      VERSION_NEGOTIATION_ERROR,
    ],
  ])('%s ends the connection', (_name, _ids, value, expected) => {
    expect(impostor(value, [V1, V2]).code).toBe(expected);
  });

  test('names the two versions by the eight digits of their fields where they differ', () => {
    const reason = impostor(words(V2, V1, V2), [V1, V2]).client.connection(0)!.closeReason;
    // The numbers of RFC 9000 §15 and RFC 9369 §3.1.
    expect(reason).toMatchObject({ text: expect.stringMatching(/ 0x6b3343cf .* 0x00000001$/) });
  });

  test.each<[string, string, Uint8Array | undefined]>([
    ['missing', covers('rfc9368-4-12'), undefined],
    ['empty of available versions', covers('rfc9368-3-4'), words(V1)],
    ['without what it chose', covers('rfc9368-3-4'), words(V1, V2)],
    ['of a reserved version besides', covers('rfc9368-3-5'), words(V1, 0xfaaa_aaaa, V1, V2)],
  ])('may be %s where no Version Negotiation came before', (_name, _ids, value) => {
    const { client, attacker } = impostor(value, [V1, V2]);
    expect(attacker.complete).toBe(true);
    expect(client.connection(0)!.closeReason).toBeUndefined();
  });

  test('must justify long headers of another version than the first', () => {
    covers('rfc9368-4-18');
    const switched = [VERSION_2, VERSION_1] as const;
    expect(impostor(words(V1, V1, V2), [V1, V2], [...switched]).code).toBe(VERSION_NEGOTIATION_ERROR);
    expect(impostor(undefined, [V1, V2], [...switched]).code).toBe(VERSION_NEGOTIATION_ERROR);
    const { client } = impostor(words(V2, V1, V2), [V1, V2], [...switched]);
    expect(eventsOf(client).map(({ type }) => type)).toContain('connected');
    // A client that did not offer it reads none of its packets.
    expect(
      impostor(words(V2, V1, V2), [V1], [...switched])
        .client.connection(0)!
        .statistics(),
    ).toMatchObject({
      state: 'handshaking',
      packetsReceived: 0,
    });
  });
});

describe('a client that followed a Version Negotiation packet', () => {
  test('does not take a worse version than the server has', () => {
    covers('rfc9368-4-15', 'rfc9368-4-16', 'rfc9000-21.12-1');
    // It would have begun with 2 if it had known that the server speaks it.
    const forged = impostor(words(V1, V1, V2), [V2, V1], undefined, [V1]);
    expect(forged.code).toBe(VERSION_NEGOTIATION_ERROR);
    expect(forged.attacker.closeCode).toBe(VERSION_NEGOTIATION_ERROR);
    // A server that has given version 2 up meanwhile is no forgery.
    const genuine = impostor(words(V1, V1), [V2, V1], undefined, [V1]);
    expect(genuine.code).toBeUndefined();
    expect(eventsOf(genuine.client).map(({ type }) => type)).toContain('connected');
  });

  test('wants to see available versions', () => {
    covers('rfc9368-4-17');
    expect(impostor(words(V1), [V2, V1], undefined, [V1]).code).toBe(VERSION_NEGOTIATION_ERROR);
  });

  test('takes silence for version 1 alone, and only in version 1', () => {
    covers('rfc9368-8-1', 'rfc9368-4-12', 'rfc9368-4-14');
    const old = impostor(undefined, [V2, V1], undefined, [V1]);
    expect(old.code).toBeUndefined();
    expect(eventsOf(old.client).map(({ type }) => type)).toContain('connected');
    const silent = impostor(undefined, [V1, V2], [VERSION_2, VERSION_2], [V2]);
    expect(silent.code).toBe(VERSION_NEGOTIATION_ERROR);
  });

  test('follows no second one, nor any that names its version', () => {
    covers('rfc9368-4-1', 'rfc9368-4-2');
    const client = createClient({ versions: [V2, V1] });
    client.createConnection(TO, SECOND);
    const out = createOutgoingDatagram(new Uint8Array(1500));
    const hear = (...versions: number[]): Uint8Array => {
      expect(client.prepareNextPacket(out, SECOND)).toBeGreaterThan(0);
      const sent = out.buffer.slice(0, out.length);
      while (client.prepareNextPacket(out, SECOND) > 0);
      const packet = encodeVersionNegotiation(sent.slice(15, 15 + sent[14]!), sent.slice(6, 14), versions, 0);
      client.incomingPacket(packet, SERVER, CLIENT, 0, 0, SECOND);
      return sent.slice(1, 14);
    };
    const first = hear(V1);
    const second = hear(V2);
    expect(first.slice(0, 4)).toEqual(words(V2));
    expect(second.slice(0, 4)).toEqual(words(V1));
    expect(second.slice(5)).not.toEqual(first.slice(5));
    expect(client.prepareNextPacket(out, SECOND)).toBe(0);
    expect(client.connection(0)!.version).toBe(V1);
    expect(client.connection(0)!.closeReason).toBeUndefined();

    const other = createClient({ versions: [V2, V1] });
    other.createConnection(TO, SECOND);
    other.prepareNextPacket(out, SECOND);
    const sent = out.buffer.slice(0, out.length);
    const listed = encodeVersionNegotiation(sent.slice(15, 15 + sent[14]!), sent.slice(6, 14), [V1, V2], 0);
    other.incomingPacket(listed, SERVER, CLIENT, 0, 0, SECOND);
    expect(other.connection(0)!.version).toBe(V2);
  });
});

test('a server ignores Version Negotiation packets, and a client sends none', () => {
  covers('rfc9368-2.1-6');
  const drops: number[] = [];
  const tracer = { ...LOUD, onPacketDropped: (_id: number, drop: number) => void drops.push(drop) };
  const server = createServer({ tracer });
  const packet = encodeVersionNegotiation(new Uint8Array(8), new Uint8Array(8), [V2], 0);
  server.incomingPacket(concatBytes(packet, new Uint8Array(1200)), CLIENT, SERVER, 0, 0, SECOND);
  const client = createClient();
  const strange = concatBytes(Uint8Array.of(0xc0), words(0x5130_3530), new Uint8Array(1300));
  client.incomingPacket(strange, SERVER, CLIENT, 0, 0, SECOND);
  const out = createOutgoingDatagram(new Uint8Array(1500));
  expect(server.prepareNextPacket(out, SECOND) + client.prepareNextPacket(out, SECOND)).toBe(0);
  expect(drops).toHaveLength(1);
});

test('a first flight that cannot be converted ends the handshake', () => {
  covers('rfc9368-2.3-2');
  const attacker = attackServer(createServer({ versions: [V2, V1] }), {
    parameters: saying(words(V1, V1, V2)),
    silentFrom: Level.Initial,
  });
  attacker.send(
    Level.Initial,
    concatBytes(Uint8Array.of(0x06, 0, 0x04), new Uint8Array(4).fill(9), PADDING, PING),
  );
  expect(attacker.closeCode).toBeGreaterThanOrEqual(0x100);
});
