import { inspect } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import { type AckSample, type CongestionFactory, controllerByName } from '@tsquic/congestion';
import { Level } from '@tsquic/tls13';
import type { Address } from '../src/path/address.ts';
import type { ConnectionOptions, QuicContextOptions } from '../src/config/config.ts';
import type { QuicContext } from '../src/context/context.ts';
import { createOutgoingDatagram, type OutgoingDatagram } from '../src/connection/outgoing-datagram.ts';
import { TransportCode } from '../src/errors/transport-error.ts';
import { ATTACKER, Attacker, PING, VICTIM } from './support/attacker.ts';
import { seededCrypto } from '@tsquic/testing/seeded';
import { attackServer, createClient, createServer, eventsOf } from './support/contexts.ts';
import { CLIENT, type Exchange, passTime, SERVER, settle } from './support/exchange.ts';
import { FrameType } from '../src/frame/rules.ts';
import { streamFrame } from './support/frames.ts';
import { covers, usageCode } from '@tsquic/testing';
import type { TransportOptions } from '../src/config/transport-options.ts';

const NOW_US = 1_000_000;
const TO: ConnectionOptions = { to: SERVER, serverName: 'server.test' };

function createExchange(
  server: Partial<QuicContextOptions> = {},
  client: Partial<QuicContextOptions> = {},
): Exchange {
  return { client: createClient(client), server: createServer(server) };
}

function connected(exchange: Exchange = createExchange()): Exchange {
  exchange.client.createConnection(TO, NOW_US);
  settle(exchange, NOW_US);
  return exchange;
}

const STRANGER: Address = { ip: '9.9.9.9', port: 9 };

/** A record whose every field is wrong. */
function dirty(): OutgoingDatagram {
  const out = createOutgoingDatagram(new Uint8Array(1500));
  return Object.assign(out, {
    length: -7,
    to: STRANGER,
    from: STRANGER,
    interfaceIndex: -7,
    ecn: -7,
    segmentSize: -7,
    connection: -7,
    logId: 'dirty',
  });
}

function noise(length: number, first: number): Uint8Array {
  const bytes = new Uint8Array(length);
  seededCrypto(9).random(bytes);
  bytes[0] = first;
  return bytes;
}

describe('incomingPacket', () => {
  test('leaves the borrowed bytes as they were, and keeps no hold on them', () => {
    const exchange = createExchange();
    exchange.client.createConnection(TO, NOW_US);
    const out = createOutgoingDatagram(new Uint8Array(1500));
    for (let round = 0; round < 10; round++) {
      for (const [sender, receiver, from, to] of [
        [exchange.client, exchange.server, CLIENT, SERVER],
        [exchange.server, exchange.client, SERVER, CLIENT],
      ] as const) {
        while (sender.prepareNextPacket(out, NOW_US) > 0) {
          const borrowed = out.buffer.slice(0, out.length);
          receiver.incomingPacket(borrowed, from, to, 0, 0, NOW_US);
          expect(borrowed).toEqual(out.buffer.slice(0, out.length));
          borrowed.fill(0xff);
        }
      }
    }
    expect(eventsOf(exchange.client).map(({ type }) => type)).toContain('confirmed');
  });

  test('keeps packets that come before their keys, without the borrowed bytes', () => {
    const server = createServer();
    const attacker = attackServer(server, { silentFrom: Level.Handshake });
    const early = attacker.packet(Level.Application, streamFrame(0, 0, Uint8Array.of(42), true));
    attacker.deliver(early);
    early.fill(0xff);
    attacker.finish();
    const opened = eventsOf(server).find((event) => event.type === 'stream-readable');
    expect(opened).toBeDefined();
    const into = new Uint8Array(4);
    expect(server.connection(0)!.stream(0)!.read(into)).toBe(1);
    expect(into[0]).toBe(42);
  });

  test('answers nobody by itself: replies wait for prepareNextPacket, and go before connections', () => {
    const exchange = connected();
    const { server } = exchange;
    server.connection(0)!.openStream()!.write(PING);
    server.incomingPacket(noise(1200, 0x40), STRANGER, SERVER, 3, 0, NOW_US);
    const out = dirty();
    expect(server.prepareNextPacket(out, NOW_US)).toBeGreaterThan(0);
    expect(out).toMatchObject({ to: STRANGER, from: SERVER, interfaceIndex: 3, connection: -1, logId: '' });
    expect(server.prepareNextPacket(out, NOW_US)).toBeGreaterThan(0);
    expect(out.connection).toBe(0);
  });

  test.each([0, 1, 20, 65_536])('takes a datagram of %i bytes', (length) => {
    const server = createServer();
    server.incomingPacket(new Uint8Array(length), CLIENT, SERVER, 0, 0, NOW_US);
    expect(server.nextWakeTime()).toBe(Infinity);
    expect(server.nextEvent()).toBeUndefined();
  });
});

describe('prepareNextPacket', () => {
  test('writes every field every time: for a connection, for nobody, and for nothing', () => {
    const { client, server } = createExchange();
    client.createConnection({ ...TO, from: CLIENT }, NOW_US);
    const out = dirty();
    const length = client.prepareNextPacket(out, NOW_US);
    const { logId } = client.connection(0)!;
    expect({ ...out, buffer: 0 }).toEqual({
      buffer: 0,
      length,
      to: SERVER,
      from: CLIENT,
      interfaceIndex: 0,
      ecn: expect.any(Number),
      segmentSize: length,
      connection: 0,
      logId,
    });
    expect(out.ecn).toBeGreaterThanOrEqual(0);

    server.incomingPacket(noise(1200, 0x40), STRANGER, SERVER, 3, 0, NOW_US);
    const stateless = dirty();
    const resetLength = server.prepareNextPacket(stateless, NOW_US);
    expect({ ...stateless, buffer: 0 }).toEqual({
      buffer: 0,
      length: resetLength,
      to: STRANGER,
      from: SERVER,
      interfaceIndex: 3,
      ecn: 0,
      segmentSize: resetLength,
      connection: -1,
      logId: '',
    });

    const nothing = dirty();
    expect(server.prepareNextPacket(nothing, NOW_US)).toBe(0);
    const nobody = { ip: '', port: 0 };
    expect({ ...nothing, buffer: 0 }).toEqual({
      buffer: 0,
      length: 0,
      to: nobody,
      from: nobody,
      interfaceIndex: 0,
      ecn: 0,
      segmentSize: 0,
      connection: -1,
      logId: '',
    });
  });

  test('answers from the address and the interface that were asked', () => {
    const { client, server } = createExchange();
    client.createConnection(TO, NOW_US);
    const out = createOutgoingDatagram(new Uint8Array(1500));
    const length = client.prepareNextPacket(out, NOW_US);
    server.incomingPacket(out.buffer.slice(0, length), CLIENT, STRANGER, 5, 0, NOW_US);
    expect(server.prepareNextPacket(out, NOW_US)).toBeGreaterThan(0);
    expect(out).toMatchObject({ to: CLIENT, from: STRANGER, interfaceIndex: 5 });
  });

  test('serves connections round robin, one datagram each', () => {
    const exchange = createExchange();
    const count = 5;
    for (let i = 0; i < count; i++) exchange.client.createConnection(TO, NOW_US);
    settle(exchange, NOW_US);
    for (let i = 0; i < count; i++)
      exchange.client.connection(i)!.openStream()!.write(new Uint8Array(100_000));
    const out = createOutgoingDatagram(new Uint8Array(1500));
    const order: number[] = [];
    for (let i = 0; i < 4 * count && exchange.client.prepareNextPacket(out, NOW_US) > 0; i++)
      order.push(out.connection);
    expect(order).toHaveLength(4 * count);
    for (let i = count; i < order.length; i++) expect(order[i]).toBe(order[i - count]);
    expect(new Set(order.slice(0, count)).size).toBe(count);
  });

  test('returns 0 only when nothing is due, at every step of a life', () => {
    const exchange = createExchange();
    const { client, server } = exchange;
    client.createConnection(TO, NOW_US);
    const out = createOutgoingDatagram(new Uint8Array(1500));
    let nowUs = NOW_US;
    for (let step = 0; step < 400; step++) {
      for (const [sender, receiver, from, to] of [
        [client, server, CLIENT, SERVER],
        [server, client, SERVER, CLIENT],
      ] as const) {
        while (sender.prepareNextPacket(out, nowUs) > 0) {
          // Every third datagram is lost, so that timers matter.
          if (out.buffer[out.length - 1]! % 3 === 0) continue;
          receiver.incomingPacket(out.buffer.slice(0, out.length), from, to, 0, 0, nowUs);
        }
        expect(sender.nextWakeDelay(nowUs, 1e12)).toBeGreaterThan(0);
      }
      if (step === 100) client.connection(0)?.openStream()?.write(new Uint8Array(50_000), true);
      if (step === 350) client.close();
      const delayUs = Math.min(client.nextWakeDelay(nowUs, 1e7), server.nextWakeDelay(nowUs, 1e7));
      nowUs += Math.ceil(delayUs);
    }
  });

  test('a buffer below 1200 bytes is misuse, and harms nothing', () => {
    const { client } = connected();
    const small = createOutgoingDatagram(new Uint8Array(1199));
    expect(usageCode(() => client.prepareNextPacket(small, NOW_US))).toBe('buffer-too-small');
    expect(client.connection(0)!.closeReason).toBeUndefined();
  });

  test('a buffer of 1200 bytes is enough', () => {
    const exchange = connected();
    const out = createOutgoingDatagram(new Uint8Array(1200));
    exchange.client.connection(0)!.openStream()!.write(new Uint8Array(5000));
    expect(exchange.client.prepareNextPacket(out, NOW_US)).toBeGreaterThan(1000);
  });
});

describe('nextWakeDelay', () => {
  test('is a pure query: 0 when due, never above the limit, the limit for an idle context', () => {
    const { client, server } = createExchange();
    expect(server.nextWakeDelay(NOW_US, 123)).toBe(123);
    client.createConnection(TO, NOW_US);
    for (let i = 0; i < 3; i++) expect(client.nextWakeDelay(NOW_US, 123)).toBe(0);
    const out = createOutgoingDatagram(new Uint8Array(1500));
    while (client.prepareNextPacket(out, NOW_US) > 0);
    const delayUs = client.nextWakeDelay(NOW_US, 1e12);
    expect(delayUs).toBeGreaterThan(0);
    expect(client.nextWakeTime()).toBe(NOW_US + delayUs);
    expect(client.nextWakeDelay(NOW_US, delayUs - 1)).toBe(delayUs - 1);
    expect(client.nextWakeDelay(NOW_US + delayUs, 1e12)).toBe(0);
    expect(client.nextWakeDelay(NOW_US + 2 * delayUs, 1e12)).toBe(0);
    expect(client.nextWakeDelay(NOW_US, 1e12)).toBe(delayUs);
  });

  test('a datagram and a call of a handle make their connection due', () => {
    const exchange = connected();
    const { client } = exchange;
    passTime(exchange, NOW_US, 1_000_000);
    const later = NOW_US + 1_000_000;
    expect(client.nextWakeDelay(later, 1000)).toBeGreaterThan(0);
    client.connection(0)!.openStream()!.write(PING);
    expect(client.nextWakeDelay(later, 1000)).toBe(0);
  });
});

describe('events and the end', () => {
  const TYPES = (context: QuicContext): string[] => eventsOf(context).map(({ type }) => type);

  test('close() says goodbye through prepareNextPacket, and each side hears exactly one closed event, the last', () => {
    const exchange = connected();
    exchange.client.close(77, 'enough');
    settle(exchange, NOW_US);
    const mine = eventsOf(exchange.client);
    const theirs = eventsOf(exchange.server);
    expect(mine.at(-1)).toEqual({
      type: 'closed',
      connection: 0,
      reason: { kind: 'application', code: 77, text: 'enough', remote: false },
    });
    expect(theirs.at(-1)).toEqual({
      type: 'closed',
      connection: 0,
      reason: { kind: 'application', code: 77, text: 'enough', remote: true },
    });
    for (const events of [mine, theirs])
      expect(events.filter(({ type }) => type === 'closed')).toHaveLength(1);
    passTime(exchange, NOW_US, 60_000_000);
    expect(TYPES(exchange.client)).toEqual([]);
    expect(TYPES(exchange.server)).toEqual([]);
    expect(exchange.client.connection(0)).toBeUndefined();
    expect(exchange.client.nextWakeTime()).toBe(Infinity);
    expect(exchange.server.nextWakeTime()).toBe(Infinity);
  });

  test('closing twice, from both sides at once, is one closed event each', () => {
    const exchange = connected();
    const [mine, theirs] = [exchange.client.connection(0)!, exchange.server.connection(0)!];
    mine.close(1);
    mine.close(2);
    theirs.close(3);
    settle(exchange, NOW_US);
    passTime(exchange, NOW_US, 60_000_000);
    expect(TYPES(exchange.client).filter((type) => type === 'closed')).toHaveLength(1);
    expect(TYPES(exchange.server).filter((type) => type === 'closed')).toHaveLength(1);
    expect(mine.closeReason).toMatchObject({ code: 1, remote: false });
    expect(theirs.closeReason).toMatchObject({ code: 3, remote: false });
  });

  test('a connection that was closed here takes no more, tells why, and can still be asked', () => {
    const exchange = connected();
    const connection = exchange.client.connection(0)!;
    const stream = connection.openStream()!;
    connection.close(5);
    expect(connection.openStream()).toBeUndefined();
    expect(stream.write(PING)).toBe(0);
    stream.setSource(() => ({ bytes: 0, fin: true }));
    stream.reset(0);
    stream.stopSending(0);
    connection.wakeAt(0);
    connection.close(6);
    expect(connection.statistics().state).toBe('closing');
    settle(exchange, NOW_US);
    expect(connection.exportKeyingMaterial('x', PING, 4)).toEqual(
      exchange.server.connection(0)!.exportKeyingMaterial('x', PING, 4),
    );
    expect(connection.closeReason).toMatchObject({ code: 5 });
    // The peer has answered with a CONNECTION_CLOSE of its own. RFC 9000 §10.2.2
    expect(connection.statistics().state).toBe('draining');
    expect(stream.read(new Uint8Array(1))).toBe(0);
    expect(stream.delivered).toBe(false);
  });

  test('a tracer that feeds its own context in the middle of a datagram is told so, and nothing else happens', () => {
    const codes: string[] = [];
    const exchange = createExchange(
      {},
      {
        tracer: {
          onPacketReceived: () =>
            void codes.push(
              usageCode(() => exchange.client.incomingPacket(PING, SERVER, CLIENT, 0, 0, NOW_US)),
            ),
        },
      },
    );
    connected(exchange);
    expect(new Set(codes)).toEqual(new Set(['re-entrant']));
    expect(exchange.client.connection(0)!.statistics().state).toBe('confirmed');
    // Afterwards it is welcome again.
    expect(usageCode(() => exchange.client.incomingPacket(PING, SERVER, CLIENT, 0, 0, NOW_US))).toBe(
      'nothing thrown',
    );
  });

  test('contexts share nothing: whole handshakes of others happen in the middle of a datagram', () => {
    const states: string[] = [];
    const others = (): void => {
      const other = connected();
      states.push(other.client.connection(0)!.statistics().state);
    };
    const exchange = createExchange(
      { tracer: { onPacketReceived: others } },
      { tracer: { onPacketReceived: others } },
    );
    connected(exchange);
    expect(states.length).toBeGreaterThanOrEqual(4);
    expect(new Set(states)).toEqual(new Set(['confirmed']));
    expect(exchange.client.connection(0)!.statistics().state).toBe('confirmed');
  });

  test('what a congestion controller is told stays as it is while another context reads datagrams', () => {
    const changed: string[] = [];
    let samples = 0;
    const congestion: CongestionFactory = (options) => {
      const controller = controllerByName('newreno')(options);
      const onAck = controller.onAck.bind(controller);
      controller.onAck = (sample: AckSample): void => {
        const before = JSON.stringify(sample);
        connected();
        samples++;
        if (JSON.stringify(sample) !== before) changed.push(before);
        onAck(sample);
      };
      return controller;
    };
    const exchange = createExchange({}, { congestion });
    connected(exchange);
    expect(samples).toBeGreaterThanOrEqual(2);
    expect(changed).toEqual([]);
    expect(exchange.client.connection(0)!.statistics().state).toBe('confirmed');
  });

  test('free() forgets at once and tells nobody; the context is of no more use, and its handles harmless', () => {
    const exchange = connected();
    const { client } = exchange;
    const connection = client.connection(0)!;
    connection.openStream()!.write(PING);
    client.free();
    expect(client.nextEvent()).toBeUndefined();
    expect(client.connection(0)).toBeUndefined();
    expect(client.nextWakeDelay(NOW_US, 999)).toBe(999);
    const out = createOutgoingDatagram(new Uint8Array(1500));
    expect(usageCode(() => client.incomingPacket(PING, SERVER, CLIENT, 0, 0, NOW_US))).toBe('context-freed');
    expect(usageCode(() => client.prepareNextPacket(out, NOW_US))).toBe('context-freed');
    expect(usageCode(() => client.createConnection(TO, NOW_US))).toBe('context-freed');
    expect(connection.openStream()).toBeUndefined();
    connection.close(1);
    client.close();
    client.free();
    expect(client.nextEvent()).toBeUndefined();
  });

  test('notifyUnreachable ends a handshake, and leaves a connection to its timers', () => {
    covers('rfc9000-14.2.1-4');
    const exchange = createExchange();
    const { client } = exchange;
    const first = client.createConnection(TO, NOW_US);
    const others = [STRANGER, { ...SERVER, port: SERVER.port + 1 }, { ...STRANGER, port: SERVER.port }];
    for (const other of others) client.notifyUnreachable(other, NOW_US);
    expect(first.closeReason).toBeUndefined();
    client.notifyUnreachable(SERVER, NOW_US);
    expect(first.closeReason).toEqual({ kind: 'unreachable' });
    const second = client.createConnection(TO, NOW_US);
    settle(exchange, NOW_US);
    client.notifyUnreachable(SERVER, NOW_US);
    expect(second.closeReason).toBeUndefined();
  });

  test('wakeAt raises one event at its time, and Infinity takes it back', () => {
    const exchange = connected();
    const { client } = exchange;
    eventsOf(client);
    client.connection(0)!.wakeAt(NOW_US + 5000);
    let nowUs = passTime(exchange, NOW_US, 4999);
    expect(TYPES(client)).not.toContain('wake');
    nowUs = passTime(exchange, nowUs, 2);
    expect(TYPES(client).filter((type) => type === 'wake')).toHaveLength(1);
    client.connection(0)!.wakeAt(nowUs + 10);
    client.connection(0)!.wakeAt(Infinity);
    passTime(exchange, nowUs, 1000);
    expect(TYPES(client)).not.toContain('wake');
  });
});

describe('misuse is told at the call', () => {
  test.each<[string, Partial<QuicContextOptions>, Partial<ConnectionOptions>]>([
    ['no-certificate-check', { dangerouslySkipCertificateCheck: false }, {}],
    ['invalid-option', { alpn: () => 'test' }, {}],
    ['invalid-option', {}, { version: 0 }],
    ['invalid-option', {}, { alpn: [] }],
  ])('createConnection: %s', (code, context, connection) => {
    const client = createClient({ maxConnections: 1, ...context });
    for (let i = 0; i < 3; i++)
      expect(usageCode(() => client.createConnection({ ...TO, ...connection }, NOW_US))).toBe(code);
    expect(client.nextWakeTime()).toBe(Infinity);
    expect(client.nextEvent()).toBeUndefined();
  });

  test('createConnection: too many connections', () => {
    const client = createClient({ maxConnections: 2 });
    client.createConnection(TO, NOW_US);
    client.createConnection(TO, NOW_US);
    expect(usageCode(() => client.createConnection(TO, NOW_US))).toBe('too-many-connections');
  });

  test.each([-1, 1.5, Number.NaN, Infinity, 2 ** 53])('an error code of %p', (code) => {
    const exchange = connected();
    const connection = exchange.client.connection(0)!;
    const stream = connection.openStream()!;
    expect(usageCode(() => connection.close(code))).toBe('invalid-option');
    expect(usageCode(() => stream.reset(code))).toBe('invalid-option');
    expect(usageCode(() => stream.stopSending(code))).toBe('invalid-option');
    expect(connection.closeReason).toBeUndefined();
  });

  const transport = (options: TransportOptions): Partial<QuicContextOptions> => ({ transport: options });
  test.each<[string, Partial<QuicContextOptions>]>([
    ['connectionIdLength 3', { connectionIdLength: 3 }],
    ['connectionIdLength 21', { connectionIdLength: 21 }],
    ['connectionIdLength 8.5', { connectionIdLength: 8.5 }],
    ['resetKey of 31 bytes', { resetKey: new Uint8Array(31) }],
    ['ticketKey of 32 bytes', { ticketKey: new Uint8Array(32) }],
    ['tokenKey of 15 bytes', { tokenKey: new Uint8Array(15) }],
    ['no protocol', { alpn: [] }],
    ['maxConnections -1', { maxConnections: -1 }],
    ['retry NaN', { retry: Number.NaN }],
    ['maxUdpPayloadBytes 1199', transport({ maxUdpPayloadBytes: 1199 })],
    ['maxAckDelayMs 2^14', transport({ maxAckDelayMs: 2 ** 14 })],
    ['idleTimeoutMs -1', transport({ idleTimeoutMs: -1 })],
    ['streamWindowBytes NaN', transport({ streamWindowBytes: Number.NaN })],
  ])('options: %s', (_name, options) => {
    expect(usageCode(() => createServer(options))).toBe('invalid-option');
  });

  test('a verdict that nobody asked for, and keying material before its time', () => {
    const client = createClient();
    const connection = client.createConnection(TO, NOW_US);
    expect(usageCode(() => connection.certificateVerdict(undefined))).toBe('no-certificate');
    expect(usageCode(() => connection.exportKeyingMaterial('x', PING, 4))).toBe('not-connected');
    expect(connection.closeReason).toBeUndefined();
  });

  test('a certificate is judged by the program: accepted, or refused with its alert', () => {
    for (const alert of [undefined, 42]) {
      const exchange = createExchange({}, { judgeCertificates: true });
      const connection = exchange.client.createConnection(TO, NOW_US);
      settle(exchange, NOW_US);
      const event = eventsOf(exchange.client).find(({ type }) => type === 'certificate');
      expect(event).toMatchObject({ serverName: 'server.test' });
      connection.certificateVerdict(alert);
      settle(exchange, NOW_US);
      expect(usageCode(() => connection.certificateVerdict(undefined))).not.toBe('nothing thrown');
      if (alert === undefined) expect(connection.statistics().state).toBe('confirmed');
      else expect(connection.closeReason).toMatchObject({ code: 0x100 + alert, remote: false });
    }
  });
});

describe('failure never crosses connections', () => {
  const quiet = (errors: unknown[]) => ({
    onInternalError: (_id: number, error: unknown): void => void errors.push(error),
  });

  test.each<[string, (fail: () => boolean) => Partial<QuicContextOptions>]>([
    ['alpn', (fail) => ({ alpn: () => (fail() ? raise() : 'test') })],
    ['identity', (fail) => ({ identity: () => (fail() ? raise() : undefined) })],
    ['onKeyLog', (fail) => ({ onKeyLog: () => void (fail() && raise()) })],
  ])('%s throws: that connection ends with INTERNAL_ERROR, the host goes on', (_name, options) => {
    const errors: unknown[] = [];
    let failing = false;
    const server = createServer({ ...options(() => failing), tracer: quiet(errors) });
    const healthy = attackServer(server);
    failing = true;
    const attacker = attackServer(server, { address: { ip: '192.0.2.67', port: 1 } }, 5);
    failing = false;
    expect(errors).toHaveLength(1);
    expect(attacker.closeCode).toBe(TransportCode.InternalError);
    const closed = eventsOf(server).filter((event) => event.type === 'closed');
    expect(closed.at(-1)).toMatchObject({ reason: { kind: 'transport', code: 1, cause: errors[0] } });
    if (healthy.complete) {
      healthy.send(Level.Application, PING).pass(100_000);
      expect(healthy.framesOf(FrameType.Ack, Level.Application).length).toBeGreaterThan(0);
    }
  });

  test('a congestion controller that cannot be made: there is no connection, and nothing is thrown', () => {
    const errors: unknown[] = [];
    const server = createServer({ congestion: () => raise(), tracer: quiet(errors) });
    const attacker = new Attacker({ victim: server, crypto: seededCrypto(6), isClient: true }).connect();
    expect(errors).toHaveLength(1);
    expect(attacker.seen).toHaveLength(0);
    expect(server.nextEvent()).toBeUndefined();
    expect(server.nextWakeTime()).toBe(Infinity);
  });

  test('code that fails on the way out as well ends in silence, not in a loop', () => {
    const errors: unknown[] = [];
    let armed = false;
    const onPacketSent = (): void => void (armed && raise());
    const exchange = connected(createExchange({}, { tracer: { ...quiet(errors), onPacketSent } }));
    const connection = exchange.client.connection(0)!;
    connection.openStream()!.write(PING);
    armed = true;
    const out = createOutgoingDatagram(new Uint8Array(1500));
    expect(exchange.client.prepareNextPacket(out, NOW_US)).toBe(0);
    expect(connection.closeReason).toMatchObject({ kind: 'transport', code: TransportCode.InternalError });
    expect(exchange.client.connection(0)).toBeUndefined();
    expect(exchange.client.nextWakeTime()).toBe(Infinity);
    expect(errors).toHaveLength(2);
  });
});

function raise(): never {
  throw new Error('a bug of the program');
}

describe('addresses', () => {
  test('a client reads only what comes from its server', () => {
    const exchange = createExchange();
    exchange.client.createConnection(TO, NOW_US);
    const out = createOutgoingDatagram(new Uint8Array(1500));
    const length = exchange.client.prepareNextPacket(out, NOW_US);
    exchange.server.incomingPacket(out.buffer.slice(0, length), CLIENT, SERVER, 0, 0, NOW_US);
    const answer = exchange.server.prepareNextPacket(out, NOW_US);
    exchange.client.incomingPacket(out.buffer.slice(0, answer), ATTACKER, CLIENT, 0, 0, NOW_US);
    expect(exchange.client.connection(0)!.statistics().packetsReceived).toBe(0);
    exchange.client.incomingPacket(out.buffer.slice(0, answer), VICTIM, CLIENT, 0, 0, NOW_US);
    expect(exchange.client.connection(0)!.statistics().packetsReceived).toBeGreaterThan(0);
  });
});

test('what is logged of a context holds no key', () => {
  const resetKey = new Uint8Array(32).fill(0xab);
  const context = createServer({ resetKey });
  expect(inspect(context)).toBe('QuicContext { connections: 0 }');
  expect(inspect({ context }, { depth: Infinity })).not.toMatch(/171|abab/);

  const client = createClient();
  const connection = client.createConnection({ to: VICTIM, serverName: 'server.test' }, 0);
  const stream = connection.openStream();
  const all = inspect({ client, connection, stream }, { depth: Infinity, showHidden: true });
  expect(all).toMatch(/client: QuicContext \{ connections: 1 \}/);
  expect(all).toMatch(/connection: QuicConnection \{/);
  expect(all).not.toMatch(/keys|secret|Uint8Array/i);
});
