import { describe, expect, test } from '@jest/globals';
import { Level } from '@tsquic/tls13';
import type { QuicContext } from '../src/context/context.ts';
import { createOutgoingDatagram } from '../src/connection/outgoing-datagram.ts';
import { Drop } from '../src/packet/drop.ts';
import { Attacker, ATTACKER, PING, VICTIM } from './support/attacker.ts';
import { seededCrypto } from '@tsquic/testing/seeded';
import { attackServer, createServer, eventsOf, LOUD } from './support/contexts.ts';

const PORTS = [0, 17, 19, 53, 111, 123, 137, 161, 389, 1900, 5353, 11211];
const SECOND = 1_000_000;

/** Where the server sends something, within ten seconds. */
function destinations(server: QuicContext, fromUs: number): number[] {
  const out = createOutgoingDatagram(new Uint8Array(1500));
  const ports: number[] = [];
  for (let nowUs = fromUs; nowUs < fromUs + 10 * SECOND; nowUs += SECOND / 10)
    while (server.prepareNextPacket(out, nowUs) > 0) ports.push(out.to.port);
  return ports;
}

/** A server, and why it dropped what it dropped. */
function createWatched(options: Parameters<typeof createServer>[0] = {}) {
  const drops: Drop[] = [];
  const onPacketDropped = (_id: number, drop: Drop): void => void drops.push(drop);
  return { server: createServer({ tracer: { ...LOUD, onPacketDropped }, ...options }), drops };
}

describe('nothing goes to a service that answers strangers', () => {
  test.each(PORTS)('port %i: no connection, no Retry, no reset, no Version Negotiation', (port) => {
    for (const retry of ['never', 'always'] as const) {
      const { server, drops } = createWatched({ retry });
      const from = { ip: ATTACKER.ip, port };
      const attacker = new Attacker({
        victim: server,
        crypto: seededCrypto(7),
        isClient: true,
        address: from,
      });
      const initial = attacker.packet(Level.Initial, PING);
      attacker.deliver(initial);
      const unknownVersion = initial.slice();
      unknownVersion[4] = 0x55;
      attacker.deliver(unknownVersion);
      const stray = new Uint8Array(200);
      stray[0] = 0x41;
      attacker.deliver(stray);
      expect(drops).toEqual([Drop.BlockedPort, Drop.BlockedPort, Drop.BlockedPort]);
      expect(destinations(server, attacker.nowUs)).toEqual([]);
      expect(eventsOf(server)).toEqual([]);
    }
  });

  test.each(PORTS)('port %i: a connection does not follow there', (port) => {
    const { server, drops } = createWatched();
    const attacker = attackServer(server);
    attacker.pass(SECOND);
    attacker.deliver(attacker.packet(Level.Application, PING), { ip: ATTACKER.ip, port });
    expect(drops.at(-1)).toBe(Drop.BlockedPort);
    expect(destinations(server, attacker.nowUs)).not.toContain(port);
    expect(server.connection(0)!.remoteAddress).toEqual(ATTACKER);
  });

  test('a program may name other ports, or none', () => {
    const { server } = createWatched({ blockedPorts: [] });
    attackServer(server, { address: { ip: ATTACKER.ip, port: 53 } });
    expect(eventsOf(server).map(({ type }) => type)).toContain('connected');
    expect(() => createServer({ blockedPorts: [65_536] })).toThrow(/blockedPorts/);
    const other = createWatched({ blockedPorts: [6666] });
    attackServer(other.server);
    expect(eventsOf(other.server)).toEqual([]);
  });

  test('a client talks to whatever port it was told', () => {
    const server = createServer();
    const { nowUs } = new Attacker({ victim: server, crypto: seededCrypto(7), isClient: true });
    server.close();
    const client = createServer({ dangerouslySkipCertificateCheck: true });
    client.createConnection({ to: { ip: VICTIM.ip, port: 53 }, serverName: 'server.test' }, nowUs);
    const out = createOutgoingDatagram(new Uint8Array(1500));
    expect(client.prepareNextPacket(out, nowUs)).toBeGreaterThan(0);
    const from = { ip: '192.0.2.9', port: 4444 };
    server.incomingPacket(out.buffer.slice(0, out.length), from, VICTIM, 0, 0, nowUs);
    expect(server.prepareNextPacket(out, nowUs)).toBeGreaterThan(0);
    client.incomingPacket(out.buffer.slice(0, out.length), { ip: VICTIM.ip, port: 53 }, from, 0, 0, nowUs);
    expect(eventsOf(client).map(({ type }) => type)).not.toContain('closed');
    expect(client.connection(0)!.statistics().packetsReceived).toBeGreaterThan(0);
  });
});
