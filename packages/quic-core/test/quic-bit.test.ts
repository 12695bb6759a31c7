import { describe, expect, test } from '@jest/globals';
import { concatBytes, encodeVarint } from '@tsquic/bytes';
import { Level } from '@tsquic/tls13';
import { covers } from '@tsquic/testing';
import type { QuicContextOptions } from '../src/config/config.ts';
import { FrameType as Type } from '../src/frame/rules.ts';
import { encodeParameters, type TransportParameters } from '../src/parameters/parameters.ts';
import { PING } from './support/attacker.ts';
import { attackClient, attackServer, createClient, createServer, eventsOf } from './support/contexts.ts';
import { CLIENT, passTime, SERVER } from './support/exchange.ts';

const SECOND = 1_000_000;
const TRANSPORT_PARAMETER_ERROR = 0x08;
const QUIC_BIT = 0x40;
const TO = { to: SERVER, from: CLIENT, serverName: 'server.test' };
const ON = { transport: { greaseQuicBit: true } };
const OFF = { transport: { greaseQuicBit: false } };

interface Sent {
  readonly fromClient: boolean;
  readonly isLong: boolean;
  readonly isSet: boolean;
}

/** A handshake and a transfer of both sides; the first bytes of all datagrams. */
function meet(
  clientOptions: Partial<QuicContextOptions>,
  serverOptions: Partial<QuicContextOptions>,
  retry: 'never' | 'always' = 'never',
): { sent: Sent[]; ticket: Uint8Array | undefined } {
  const client = createClient(clientOptions);
  const server = createServer({ ...serverOptions, retry });
  const sent: Sent[] = [];
  const onDatagram = (bytes: Uint8Array, fromClient: boolean): void => {
    const [first] = bytes;
    sent.push({ fromClient, isLong: (first! & 0x80) !== 0, isSet: (first! & QUIC_BIT) !== 0 });
  };
  const exchange = { client, server, onDatagram };
  client.createConnection(TO, SECOND);
  let nowUs = passTime(exchange, SECOND, SECOND);
  const stream = client.connection(0)!.openStream()!;
  for (let i = 0; i < 60; i++) {
    stream.write(new Uint8Array(2000), i === 59);
    nowUs = passTime(exchange, nowUs, 100_000);
    const answer = server.connection(0)!.stream(0)!;
    answer.write(new Uint8Array(answer.read(new Uint8Array(5000))), answer.finished);
  }
  passTime(exchange, nowUs, SECOND);
  expect(stream.finished || stream.readableBytes > 0).toBe(true);
  const tickets = eventsOf(client).flatMap((event) => (event.type === 'ticket' ? [event.ticket] : []));
  return { sent, ticket: tickets[0] };
}

const share = (sent: readonly Sent[], fromClient: boolean): number => {
  const own = sent.filter((one) => one.fromClient === fromClient && !one.isLong);
  return own.filter(({ isSet }) => isSet).length / own.length;
};

describe('the QUIC bit', () => {
  test('takes any value once both sides have said so, and everything arrives', () => {
    covers('rfc9287-3-2', 'rfc9287-3.1-1');
    const { sent } = meet(ON, ON);
    for (const fromClient of [true, false]) {
      expect(share(sent, fromClient)).toBeGreaterThan(0.3);
      expect(share(sent, fromClient)).toBeLessThan(0.7);
    }
  });

  test('is set by a client that has not heard from its server yet', () => {
    covers('rfc9287-3.1-3', 'rfc9287-3.1-6');
    for (let seed = 1; seed < 20; seed++) {
      const client = createClient(ON, seed);
      client.createConnection(TO, SECOND);
      const firsts: number[] = [];
      const silent = createServer({ maxConnections: 0, retry: 'never' }, 1);
      passTime(
        {
          client,
          server: silent,
          onDatagram: (bytes, fromClient) => void (fromClient && firsts.push(bytes[0]!)),
        },
        SECOND,
        100,
      );
      expect(firsts.length).toBeGreaterThan(0);
      for (const first of firsts) expect(first & QUIC_BIT).toBe(QUIC_BIT);
    }
  });

  test('is set in a Retry, which comes before any parameters', () => {
    covers('rfc9287-3.1-4');
    for (let i = 0; i < 5; i++) {
      const { sent } = meet(ON, ON, 'always');
      expect(sent[1]).toEqual({ fromClient: false, isLong: true, isSet: true });
    }
  });

  test.each([
    ['the client', OFF, ON],
    ['the server', ON, OFF],
  ])('is set by both where %s says nothing', (_name, client, server) => {
    covers('rfc9287-3.1-6', 'rfc9287-3.1-4');
    const { sent } = meet(client, server);
    expect(sent.every(({ isSet }) => isSet)).toBe(true);
  });

  test('is set by a server whose client says nothing this time, though it resumes', () => {
    covers('rfc9287-3.1-5');
    const server = createServer(ON);
    const first = createClient(ON);
    first.createConnection(TO, SECOND);
    let nowUs = passTime({ client: first, server }, SECOND, SECOND);
    const [session] = eventsOf(first).flatMap((event) => (event.type === 'ticket' ? [event.ticket] : []));
    const second = createClient(OFF, 5);
    const connection = second.createConnection({ ...TO, session: session! }, nowUs);
    const cleared: Uint8Array[] = [];
    const onDatagram = (bytes: Uint8Array): void => {
      if ((bytes[0]! & QUIC_BIT) === 0) cleared.push(bytes);
    };
    nowUs = passTime({ client: second, server, onDatagram }, nowUs, SECOND);
    expect(connection.statistics().state).toBe('confirmed');
    expect(eventsOf(second).find(({ type }) => type === 'connected')).toMatchObject({ resumed: true });
    expect(cleared).toEqual([]);
  });

  test.each([
    ['taken by', ON, 1],
    ['not read by', OFF, 0],
  ])('of 0 is %s a server, whatever was said', (_name, options, acknowledged) => {
    covers('rfc9287-3-2');
    const server = createServer(options);
    const attacker = attackServer(server);
    const before = attacker.framesOf(Type.Ack, Level.Application).length;
    attacker.send(Level.Application, concatBytes(PING, new Uint8Array(30)), { firstByte: QUIC_BIT });
    attacker.pass(100_000);
    expect(attacker.framesOf(Type.Ack, Level.Application).length - before).toBe(acknowledged);
  });
});

describe('grease_quic_bit with a value', () => {
  const withValue = (parameters: TransportParameters): Uint8Array =>
    concatBytes(
      encodeParameters({ ...parameters, greaseQuicBit: false }, 1),
      encodeVarint(0x2ab2),
      Uint8Array.of(1, 1),
    );

  test('of a client ends the connection', () => {
    covers('rfc9287-3-1');
    const attacker = attackServer(createServer(), { parameters: withValue });
    expect(attacker.closeCode).toBe(TRANSPORT_PARAMETER_ERROR);
  });

  test('of a server ends the connection', () => {
    covers('rfc9287-3-1');
    const attacker = attackClient(createClient(), { parameters: withValue });
    expect(attacker.closeCode).toBe(TRANSPORT_PARAMETER_ERROR);
  });
});
