import { describe, expect, test } from '@jest/globals';
import { concatBytes, toHex } from '@tsquic/bytes';
import { Level } from '@tsquic/tls13';
import { covers } from '@tsquic/testing';
import { createOutgoingDatagram } from '../src/connection/outgoing-datagram.ts';
import { FrameType as Type } from '../src/frame/rules.ts';
import { PING } from './support/attacker.ts';
import { attackServer, createServer } from './support/contexts.ts';
import { frame } from './support/frames.ts';

const APP = Level.Application;
const DATA = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);
const CHALLENGE = frame(Type.PathChallenge, [], DATA);

describe('path frames', () => {
  test('a challenge is answered at once, once, in full size, however short it came', () => {
    covers('rfc9000-8.2.1-7', 'rfc9000-8.2.2-1', 'rfc9000-8.2.2-2', 'rfc9000-8.2.2-5', 'rfc9000-8.2.2-7');
    const attacker = attackServer(createServer()).pass(100_000);
    const before = attacker.seen.length;
    attacker.send(APP, CHALLENGE, { bytes: 40 });
    const answers = attacker.seen
      .slice(before)
      .filter(({ frames }) => frames.some(({ type }) => type === Type.PathResponse));
    expect(answers.map(({ datagramBytes }) => datagramBytes)).toEqual([1200]);
    attacker.pass(5_000_000);
    expect(attacker.framesOf(Type.PathResponse).map(({ data }) => data)).toEqual([DATA]);
  });

  test('an unknown address gets an answer within three times what it sent', () => {
    covers('rfc9000-8.2.2-3', 'rfc9000-8.2.2-6');
    const server = createServer();
    const attacker = attackServer(server).pass(100_000);
    const elsewhere = { ip: '203.0.113.5', port: 99 };
    const packet = attacker.packet(APP, CHALLENGE, { bytes: 100 });
    attacker.deliver(packet, elsewhere);
    const out = createOutgoingDatagram(new Uint8Array(1500));
    let bytes = 0;
    const responses: string[] = [];
    while (server.prepareNextPacket(out, attacker.nowUs) > 0) {
      if (out.to.ip === elsewhere.ip) bytes += out.length;
      const before = attacker.seen.length;
      attacker.take(out.buffer.slice(0, out.length));
      const frames = attacker.seen.slice(before).flatMap((seen) => seen.frames);
      for (const { type, data } of frames)
        if (type === Type.PathResponse) responses.push(`${out.to.ip} ${toHex(data)}`);
    }
    expect(responses).toEqual([`${elsewhere.ip} ${toHex(DATA)}`]);
    expect(bytes).toBeLessThanOrEqual(3 * packet.length);
    expect(attacker.closeCode).toBeUndefined();
  });
});

describe('acknowledgements', () => {
  test('a packet with a wrong frame is not acknowledged', () => {
    covers('rfc9000-13.1-1');
    const attacker = attackServer(createServer()).pass(100_000);
    const before = attacker.seen.length;
    attacker.send(APP, concatBytes(PING, frame(0x3f)));
    expect(attacker.closeCode).toBeDefined();
    expect(attacker.seen.slice(before).flatMap(({ frames }) => frames.map(({ type }) => type))).not.toContain(
      Type.Ack,
    );
  });

  test('are asked for by a PING now and then, not always; 1-RTT packets in 1-RTT packets', () => {
    covers('rfc9000-13.2.1-7', 'rfc9000-13.2.6-2', 'rfc9000-13.2.1-3');
    const attacker = attackServer(createServer()).pass(100_000);
    const before = attacker.seen.length;
    for (let i = 0; i < 400; i++) attacker.send(APP, PING);
    const replies = attacker.seen.slice(before);
    expect(replies.every(({ level }) => level === APP)).toBe(true);
    const acks = replies.filter(({ frames }) => frames.some(({ type }) => type === Type.Ack));
    // Every second one is told of, and the second of each pair only. RFC 9000 §13.2.2
    expect(acks.length).toBeLessThanOrEqual(201);
    const pings = acks.filter(({ frames }) => frames.some(({ type }) => type === Type.Ping));
    expect(pings.length).toBeGreaterThan(0);
    expect(pings.length).toBeLessThanOrEqual(Math.ceil(acks.length / 32));
  });
});
