import { describe, expect, test } from '@jest/globals';
import { concatBytes, encodeVarint } from '@tsquic/bytes';
import { covers } from '@tsquic/testing';
import { Level } from '@tsquic/tls13';
import { FrameType as Type } from '../src/frame/rules.ts';
import { encodeParameters, type TransportParameters } from '../src/parameters/parameters.ts';
import { isCompatible, VERSION_1, VERSION_2, VERSIONS } from '../src/version/versions.ts';
import { PADDING, PING } from './support/attacker.ts';
import { attackClient, attackServer, createClient, createServer, eventsOf } from './support/contexts.ts';
import { CLIENT, passTime, SERVER } from './support/exchange.ts';
import { frame } from './support/frames.ts';

const SECOND = 1_000_000;
const APP = Level.Application;
const [V1, V2] = [VERSION_1.id, VERSION_2.id];
const TO = { to: SERVER, from: CLIENT, serverName: 'server.test' };
const DATAGRAMS = { transport: { maxDatagramFrameBytes: 1200 } };

/** First version of the client, and the one that the server then chooses. */
const WAYS = [
  ['1', V1, V1],
  ['2', V2, V2],
  ['1, and then 2', V1, V2],
  ['2, and then 1', V2, V1],
] as const;

describe.each(WAYS)('application protocols in version %s', (_name, first, second) => {
  function meet(offered: readonly string[], spoken: readonly string[]) {
    const client = createClient({ alpn: offered, versions: [first, first === V1 ? V2 : V1], ...DATAGRAMS });
    const server = createServer({ alpn: spoken, versions: [second, second === V1 ? V2 : V1], ...DATAGRAMS });
    const connection = client.createConnection(TO, SECOND);
    return { client, server, connection, nowUs: passTime({ client, server }, SECOND, SECOND) };
  }

  test('the server chooses one of those offered, and all that a protocol may use is there', () => {
    covers('rfc9001-8.1-5', 'rfc9368-6-1');
    const { client, server, connection, nowUs } = meet(['a', 'b', 'c'], ['d', 'c', 'b']);
    const theirs = server.connection(0)!;
    expect([connection.version, theirs.version]).toEqual([second, second]);
    const connected = [client, server].map((one) => eventsOf(one).find(({ type }) => type === 'connected'));
    expect(connected).toMatchObject([{ alpn: 'c' }, { alpn: 'c' }]);
    // Streams of both kinds both ways, resets and datagrams: what version 1 has for protocols.
    for (const own of [connection, theirs]) {
      own.openStream()!.write(Uint8Array.of(1, 2), true);
      own.openStream({ unidirectional: true })!.write(Uint8Array.of(3), true);
      const reset = own.openStream()!;
      reset.write(Uint8Array.of(4));
      reset.reset(7);
      expect(own.datagrams.send(Uint8Array.of(5))).toBe(true);
    }
    passTime({ client, server }, nowUs, SECOND);
    for (const own of [client, server]) {
      const types = eventsOf(own).map(({ type }) => type);
      for (const type of ['stream-opened', 'stream-readable', 'stream-reset', 'datagram-readable'])
        expect(types).toContain(type);
    }
  });

  test('without one in common there is no connection', () => {
    covers('rfc9001-8.1-5', 'rfc9368-6-1');
    const { connection } = meet(['a'], ['b']);
    // no_application_protocol: RFC 7301 §3.2.
    expect(connection.closeReason).toMatchObject({ kind: 'transport', code: 0x100 + 120, remote: true });
  });
});

test('the versions that carry the same protocols are compatible, each with each', () => {
  covers('rfc9368-6-1');
  expect(VERSIONS.map(({ id }) => id)).toEqual([1, 0x6b3343cf]);
  for (const from of VERSIONS) for (const to of VERSIONS) expect(isCompatible(from, to)).toBe(true);
});

describe('a first flight in version 1 to a server that goes on in version 2', () => {
  const options = { versions: [V2, V1] };

  /** A client that begins in version 1 and speaks 2 as well. */
  const speaking =
    (change: (own: TransportParameters) => void = () => {}) =>
    (own: TransportParameters): Uint8Array => {
      change(own);
      const value = new Uint8Array(12);
      [V1, V1, V2].forEach((version, i) => new DataView(value.buffer).setUint32(4 * i, version));
      return concatBytes(
        encodeParameters({ ...own, versionInformation: undefined }, 1),
        encodeVarint(0x11),
        encodeVarint(value.length),
        value,
      );
    };

  test.each<[string, (own: TransportParameters) => void]>([
    [
      'another initial_source_connection_id',
      (own) => void (own.initialSourceConnectionId = Uint8Array.of(1, 2)),
    ],
    ['no initial_source_connection_id', (own) => void (own.initialSourceConnectionId = undefined)],
    ['a parameter of servers', (own) => void (own.retrySourceConnectionId = Uint8Array.of(1))],
    ['a value that is out of range', (own) => void (own.ackDelayExponent = 21)],
  ])('is checked as one in version 2 is: %s', (_name, change) => {
    covers('rfc9368-2.3-5');
    const converting = createServer(options);
    attackServer(converting, { parameters: speaking(change) });
    const other = createServer({ versions: [V2] });
    const parameters = (own: TransportParameters): Uint8Array => {
      change(own);
      return encodeParameters({ ...own, versionInformation: undefined }, 1);
    };
    attackServer(other, { version: VERSION_2, parameters });
    // TRANSPORT_PARAMETER_ERROR: RFC 9000 §7.3, §7.4.
    for (const server of [converting, other])
      expect(server.connection(0)!.closeReason).toMatchObject({
        kind: 'transport',
        code: 0x08,
        remote: false,
      });
  });

  test('may come in datagrams of 1200 bytes only, with frames of Initial packets only', () => {
    covers('rfc9368-2.3-5');
    const good = attackServer(createServer(options), { parameters: speaking(), silentFrom: Level.Handshake });
    expect(good.victim.connection(0)!.version).toBe(V2);
    const before = good.victim.connection(0)!.statistics().packetsDropped;
    good.send(Level.Initial, concatBytes(PING, PADDING), { bytes: 1199 });
    expect(good.victim.connection(0)!.statistics().packetsDropped).toBe(before + 1);
    // MAX_DATA has no place there: RFC 9000 §12.4.
    good.send(Level.Initial, frame(Type.MaxData, [9]));
    expect(good.victim.connection(0)!.closeReason).toMatchObject({ kind: 'transport', code: 0x0a });
  });
});

describe('the QUIC bit means nothing where no extension was agreed on that gives it a meaning', () => {
  const grease = { transport: { greaseQuicBit: true } };

  test.each(['client', 'server'] as const)('a %s does the same whichever value it has', (role) => {
    covers('rfc9287-3.2-1');
    /** All that the victim says and tells when the bit of the i-th packet is `bit(i)`. */
    const run = (bit: (i: number) => boolean): unknown => {
      // An attacker that does not read packets without the bit has said nothing.
      const attacker =
        role === 'server' ? attackServer(createServer(grease)) : attackClient(createClient(grease));
      if (role === 'client') attacker.send(APP, concatBytes(frame(Type.HandshakeDone), PADDING));
      for (let i = 0; i < 40; i++) {
        const payload = i % 3 === 0 ? frame(Type.MaxData, [2 ** 20 + i]) : PING;
        attacker.send(APP, concatBytes(payload, new Uint8Array(30)), { firstByte: bit(i) ? 0 : 0x40 });
        attacker.pass(7000);
      }
      const { victim } = attacker;
      return [attacker.seen, eventsOf(victim), victim.connection(0)!.statistics()];
    };
    const always = run(() => true);
    expect(run(() => false)).toEqual(always);
    expect(run((i) => i % 2 === 0)).toEqual(always);
    expect(run((i) => (i * 7) % 5 < 2)).toEqual(always);
  });
});
