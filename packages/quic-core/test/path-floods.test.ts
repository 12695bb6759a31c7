import { expect, test } from '@jest/globals';
import { concatBytes } from '@tsquic/bytes';
import { frame } from '@tsquic/adversary';
import { covers } from '@tsquic/testing';
import { Level } from '@tsquic/tls13';
import { createOutgoingDatagram } from '../src/connection/outgoing-datagram.ts';
import { FrameType } from '../src/frame/rules.ts';
import { ATTACKER, PING } from './support/attacker.ts';
import { attackClient, attackServer, createClient, createServer, eventsOf } from './support/contexts.ts';

const APP = Level.Application;
const ADDRESSES = 10_000;

test('a client that comes from 10,000 addresses: four paths, eight events, three bytes for one', () => {
  covers('rfc9000-9.3-3', 'rfc9000-8-1', 'rfc9000-8.1-2');
  const server = createServer();
  const client = attackServer(server).pass(100_000);
  eventsOf(server);
  const out = createOutgoingDatagram(new Uint8Array(1500));
  let sent = 0;
  let received = 0;
  for (let i = 0; i < ADDRESSES; i++) {
    const packet = client.packet(APP, PING, { bytes: 60 });
    received += packet.length;
    client.deliver(packet, { ip: `198.51.${i >> 8}.${i & 255}`, port: 7000 });
    while (server.prepareNextPacket(out, client.nowUs) > 0) if (out.to.ip !== ATTACKER.ip) sent += out.length;
    client.nowUs += 100;
  }
  const connection = server.connection(0)!;
  expect(connection.pathStatistics().length).toBeLessThanOrEqual(4);
  expect(eventsOf(server).filter(({ type }) => type === 'path').length).toBeLessThanOrEqual(8);
  expect(sent).toBeLessThanOrEqual(3 * received);
  expect(connection.closeReason).toBeUndefined();
  // Nobody answers at the last of them: back to where the client was validated.
  client.pass(60_000_000);
  expect(connection.remoteAddress).toEqual(ATTACKER);
});

test('a server that asks at 1,000 addresses of its client: four paths, and the client stays', () => {
  const client = createClient();
  const server = attackClient(client).send(APP, concatBytes(PING, frame(FrameType.HandshakeDone)));
  const connection = client.connection(0)!;
  const home = connection.pathStatistics()[0]!.local;
  const challenge = (i: number): Uint8Array =>
    frame(FrameType.PathChallenge, [], new Uint8Array(8).fill(i & 255));
  const out = createOutgoingDatagram(new Uint8Array(1500));
  for (let i = 0; i < 1000; i++) {
    const to = { ip: `10.1.${i >> 8}.${i & 255}`, port: 5000 };
    client.incomingPacket(server.packet(APP, challenge(i)), ATTACKER, to, 0, 0, server.nowUs);
    while (client.prepareNextPacket(out, server.nowUs) > 0);
    server.nowUs += 1000;
  }
  expect(connection.pathStatistics().length).toBeLessThanOrEqual(4);
  expect(connection.pathStatistics()[0]!.local).toEqual(home);
  expect(connection.closeReason).toBeUndefined();
});
