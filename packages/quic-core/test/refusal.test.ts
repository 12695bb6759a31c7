import { describe, expect, test } from '@jest/globals';
import { covers } from '@tsquic/testing';
import type { QuicContextOptions } from '../src/config/config.ts';
import { createOutgoingDatagram } from '../src/connection/outgoing-datagram.ts';
import { TransportCode } from '../src/errors/transport-error.ts';
import { createClient, createServer, eventsOf } from './support/contexts.ts';
import { CLIENT, type Exchange, passTime, SERVER, settle } from './support/exchange.ts';

const NOW_US = 1_000_000;
const TO = { to: SERVER, serverName: 'server.test' };

function exchangeWith(server: Partial<QuicContextOptions> = {}): Exchange {
  return { client: createClient(), server: createServer(server) };
}

const REFUSED = { kind: 'transport', code: TransportCode.ConnectionRefused, remote: true };

describe('a server that takes no more clients', () => {
  test('answers an Initial with CONNECTION_REFUSED: clients need not wait for a timeout', () => {
    covers('rfc9000-5.2.2-5');
    const exchange = exchangeWith({ maxConnections: 1 });
    const first = exchange.client.createConnection(TO, NOW_US);
    settle(exchange, NOW_US);
    const second = exchange.client.createConnection(TO, NOW_US);
    settle(exchange, NOW_US);
    expect(second.closeReason).toMatchObject(REFUSED);
    expect(first.closeReason).toBeUndefined();
    expect(eventsOf(exchange.server).filter(({ type }) => type === 'accepted')).toHaveLength(1);
    expect(exchange.server.nextWakeTime()).toBeLessThan(Infinity);
  });

  test('hears nothing more of a client that it has refused', () => {
    covers('rfc9000-5.2.2-5');
    const fromClient: number[] = [];
    const exchange: Exchange = {
      ...exchangeWith({ maxConnections: 0 }),
      onDatagram: (bytes, isFromClient) => void (isFromClient && fromClient.push(bytes.length)),
    };
    const { closeReason } = exchange.client.createConnection(TO, NOW_US);
    expect(closeReason).toBeUndefined();
    passTime(exchange, NOW_US, 60_000_000);
    expect(fromClient).toEqual([1200]);
  });

  test('a program that refuses hears of an end of its own, and the client of one that is not', () => {
    const exchange = exchangeWith();
    const client = exchange.client.createConnection(TO, NOW_US);
    settle(exchange, NOW_US);
    const [accepted] = eventsOf(exchange.server).filter(({ type }) => type === 'accepted');
    exchange.server.connection(accepted!.connection)!.refuse();
    settle(exchange, NOW_US);
    expect(eventsOf(exchange.server).at(-1)).toMatchObject({
      type: 'closed',
      reason: { kind: 'transport', code: 2, remote: false },
    });
    expect(client.closeReason).toMatchObject({ kind: 'transport', code: 2, remote: true });
  });

  test('counts an allowance down, and keeps nothing of whom it refuses', () => {
    covers('rfc9000-5.2.2-5');
    const exchange = exchangeWith();
    const { client, server } = exchange;
    server.clientAllowance = 2;
    const connections = Array.from({ length: 4 }, () => client.createConnection(TO, NOW_US));
    settle(exchange, NOW_US);
    expect(connections.map(({ closeReason }) => closeReason)).toMatchObject([
      undefined,
      undefined,
      REFUSED,
      REFUSED,
    ]);
    expect(server.clientAllowance).toBe(0);
    server.clientAllowance++;
    const late = client.createConnection(TO, NOW_US);
    settle(exchange, NOW_US);
    expect(late.statistics().state).toBe('confirmed');
  });

  test('refuses before it asks for a Retry, and whatever token comes', () => {
    const exchange = exchangeWith({ retry: 'always', maxConnections: 0 });
    const bare = exchange.client.createConnection(TO, NOW_US);
    const token = new Uint8Array(40).fill(7);
    const laden = exchange.client.createConnection({ ...TO, token }, NOW_US);
    settle(exchange, NOW_US);
    for (const { closeReason } of [bare, laden]) expect(closeReason).toMatchObject(REFUSED);
  });

  test('a refusal is one small datagram, and a small Initial gets none', () => {
    const { client, server } = exchangeWith({ maxConnections: 0 });
    const out = createOutgoingDatagram(new Uint8Array(1500));
    client.createConnection(TO, NOW_US);
    const length = client.prepareNextPacket(out, NOW_US);
    const initial = out.buffer.slice(0, length);
    server.incomingPacket(initial.slice(0, 1199), CLIENT, SERVER, 0, 0, NOW_US);
    expect(server.prepareNextPacket(out, NOW_US)).toBe(0);
    server.incomingPacket(initial, CLIENT, SERVER, 0, 0, NOW_US);
    expect(server.prepareNextPacket(out, NOW_US)).toBeLessThan(100);
    expect(server.prepareNextPacket(out, NOW_US)).toBe(0);
    expect(server.nextWakeTime()).toBe(Infinity);
  });

  test('a handshake under way is refused at any level', () => {
    const exchange = exchangeWith();
    const { client, server } = exchange;
    const connection = client.createConnection(TO, NOW_US);
    const out = createOutgoingDatagram(new Uint8Array(1500));
    const length = client.prepareNextPacket(out, NOW_US);
    server.incomingPacket(out.buffer.slice(0, length), CLIENT, SERVER, 0, 0, NOW_US);
    server.connection(0)!.refuse();
    passTime(exchange, NOW_US, 1_000_000);
    expect(connection.closeReason).toMatchObject(REFUSED);
    server.connection(0)?.refuse();
    expect(eventsOf(client).map(({ type }) => type)).not.toContain('connected');
  });
});

test('a half-open connection that its peer has closed is told to have ended, also when it makes room at once', () => {
  const client = createClient();
  const server = createServer({ maxHalfOpenConnections: 1, retry: 'never' });
  const out = createOutgoingDatagram(new Uint8Array(1500));
  const deliver = (): void => {
    while (client.prepareNextPacket(out, NOW_US) > 0)
      server.incomingPacket(out.buffer.slice(0, out.length), CLIENT, SERVER, 0, 0, NOW_US);
  };
  const first = client.createConnection(TO, NOW_US);
  deliver();
  first.close();
  deliver();
  client.createConnection(TO, NOW_US);
  deliver();
  expect(eventsOf(server)).toMatchObject([
    { type: 'accepted', connection: 0 },
    { type: 'closed', connection: 0, reason: { kind: 'transport', remote: true } },
    { type: 'accepted', connection: 1 },
  ]);
});
