import { describe, expect, test } from '@jest/globals';
import { concatBytes, toHex } from '@tsquic/bytes';
import { ackFrame, frame, streamFrame } from '@tsquic/adversary';
import { Level } from '@tsquic/tls13';
import { covers } from '@tsquic/testing';
import type { Address } from '../src/path/address.ts';
import type { QuicContext } from '../src/context/context.ts';
import { createOutgoingDatagram } from '../src/connection/outgoing-datagram.ts';
import { FrameType } from '../src/frame/rules.ts';
import { ATTACKER, type Attacker, PING } from './support/attacker.ts';
import { attackServer, createServer } from './support/contexts.ts';
import { RecordingController } from './support/recovery-rig.ts';

const APP = Level.Application;
const SECOND = 1_000_000;
const ELSEWHERE: Address = { ip: '198.51.100.7', port: 7777 };
const idOf = (sequence: number): Uint8Array => new Uint8Array(8).fill(0xe0 + sequence);

/** A client with which a server has shaken hands, and that has given it IDs 1 to `spares`. */
function clientOf(server: QuicContext, spares: number): Attacker {
  const client = attackServer(server);
  const ids = Array.from({ length: spares }, (_, i) =>
    frame(
      FrameType.NewConnectionId,
      [i + 1, 0],
      concatBytes(Uint8Array.of(8), idOf(i + 1), new Uint8Array(16).fill(i + 1)),
    ),
  );
  return client.send(APP, concatBytes(PING, ...ids));
}

/** Another ID of the server's, which it has issued. */
function otherServerId(client: Attacker): Uint8Array {
  return client.framesOf(FrameType.NewConnectionId)[0]!.data.slice(0, 8);
}

/** Where the server's datagrams go now, and to which ID. */
function answers(server: QuicContext, nowUs: number): string[] {
  const out = createOutgoingDatagram(new Uint8Array(1500));
  const sent = new Set<string>();
  while (server.prepareNextPacket(out, nowUs) > 0)
    sent.add(`${out.to.ip} ${toHex(out.buffer.subarray(1, 9))}`);
  return [...sent].sort();
}

const ORIGINAL = 'abcd01020304'.replace(/^abcd/, '0a0b0c0d');

describe('a client that appears at another address', () => {
  test('with another ID gets another ID, and the old address keeps its own', () => {
    covers('rfc9000-9.5-3');
    const server = createServer();
    const client = clientOf(server, 2);
    client.deliver(client.packet(APP, PING, { destination: otherServerId(client) }), ELSEWHERE);
    expect(answers(server, client.nowUs)).toEqual([
      `${ATTACKER.ip} ${ORIGINAL}`,
      `${ELSEWHERE.ip} ${toHex(idOf(1))}`,
    ]);
    expect(server.connection(0)!.remoteAddress).toEqual(ELSEWHERE);
  });

  test('with the same ID, as when a NAT rebinds it, keeps its ID', () => {
    covers('rfc9000-9.5-4');
    const server = createServer();
    const client = clientOf(server, 2);
    client.deliver(client.packet(APP, PING), ELSEWHERE);
    expect(answers(server, client.nowUs)).toEqual([
      `${ATTACKER.ip} ${ORIGINAL}`,
      `${ELSEWHERE.ip} ${ORIGINAL}`,
    ]);
  });

  test('begins anew there: what the old path delivers says nothing of the new one', () => {
    covers('rfc9000-9.4-1');
    const controllers: RecordingController[] = [];
    const server = createServer({
      congestion: () => controllers[controllers.push(new RecordingController()) - 1]!,
    });
    const client = clientOf(server, 2);
    client.send(APP, streamFrame(0, 0, PING));
    client.pass(SECOND);
    const before = client.seen.length;
    server.connection(0)!.stream(0)!.write(new Uint8Array(9000));
    client.pump();
    const old = client.seen.slice(before).map(({ number }) => number);
    expect(old.length).toBeGreaterThan(5);

    client.deliver(client.packet(APP, PING, { destination: otherServerId(client) }), ELSEWHERE);
    expect(server.connection(0)!.remoteAddress).toEqual(ELSEWHERE);
    client.nowUs += 70_000;
    const [path, ...others] = controllers.slice(1);
    expect(others).toEqual([]);
    const rttUs = (): number => server.connection(0)!.statistics().smoothedRttUs;
    expect(rttUs()).toBe(333_000);
    // All that was lost of the old path but the newest, and then that: acknowledged from the new address.
    for (const numbers of [old.slice(-1), old])
      client.deliver(client.packet(APP, concatBytes(ackFrame(numbers), PING)), ELSEWHERE);
    expect([path!.samples, path!.events, rttUs()]).toEqual([[], [], 333_000]);

    // What is sent there counts.
    const sentBefore = client.seen.length;
    const out = createOutgoingDatagram(new Uint8Array(1500));
    while (server.prepareNextPacket(out, client.nowUs) > 0) client.take(out.buffer.slice(0, out.length));
    const sent = client.seen.slice(sentBefore).map(({ number }) => number);
    client.nowUs += 50_000;
    client.deliver(client.packet(APP, ackFrame(sent)), ELSEWHERE);
    expect(path!.samples).not.toEqual([]);
    expect(rttUs()).toBe(50_000);
  });

  test('that only probes it is answered with another ID, and goes on where it is', () => {
    covers('rfc9000-9.5-3');
    const server = createServer();
    const client = clientOf(server, 1);
    const challenge = frame(FrameType.PathChallenge, [], new Uint8Array(8).fill(1));
    client.deliver(
      client.packet(APP, challenge, { destination: otherServerId(client), bytes: 1200 }),
      ELSEWHERE,
    );
    expect(answers(server, client.nowUs)).toContain(`${ELSEWHERE.ip} ${toHex(idOf(1))}`);
    client.deliver(client.packet(APP, PING));
    expect(server.connection(0)!.remoteAddress).toEqual(ATTACKER);
    client.nowUs += 100_000;
    expect(answers(server, client.nowUs)).toEqual([`${ATTACKER.ip} ${ORIGINAL}`]);
  });

  test('with another ID, having given us none: nothing is sent there, and the old address is still served', () => {
    const server = createServer();
    const client = clientOf(server, 0);
    const destination = otherServerId(client);
    client.deliver(client.packet(APP, PING, { destination }), ELSEWHERE);
    expect(answers(server, client.nowUs + 100_000)).toEqual([`${ATTACKER.ip} ${ORIGINAL}`]);
    // As soon as it gives us one, we follow.
    const given = concatBytes(Uint8Array.of(8), idOf(1), new Uint8Array(16));
    client.deliver(
      client.packet(APP, frame(FrameType.NewConnectionId, [1, 0], given), { destination }),
      ELSEWHERE,
    );
    client.deliver(client.packet(APP, PING, { destination }), ELSEWHERE);
    expect(answers(server, client.nowUs + 200_000)).toContain(`${ELSEWHERE.ip} ${toHex(idOf(1))}`);
  });

  test('nobody answers there: back at the old address the old ID is used, and the other one is retired', () => {
    const server = createServer();
    const client = clientOf(server, 1);
    client.deliver(client.packet(APP, PING, { destination: otherServerId(client) }), ELSEWHERE);
    client.pass(20_000_000);
    expect(server.connection(0)!.remoteAddress).toEqual(ATTACKER);
    expect(client.framesOf(FrameType.RetireConnectionId).map(({ values }) => values[0])).toContain(1);
    client.deliver(client.packet(APP, PING));
    expect(answers(server, client.nowUs + 100_000)).toEqual([`${ATTACKER.ip} ${ORIGINAL}`]);
  });
});

describe('whom the server follows: who sent the newest packet that does more than probe (RFC 9000 §9.3)', () => {
  const CHALLENGE = frame(FrameType.PathChallenge, [], new Uint8Array(8).fill(1));
  const RESPONSE = frame(FrameType.PathResponse, [], new Uint8Array(8).fill(1));
  const NEW_ID = frame(
    FrameType.NewConnectionId,
    [2, 0],
    concatBytes(Uint8Array.of(8), idOf(2), new Uint8Array(16).fill(2)),
  );
  const moved = (server: QuicContext): boolean => server.connection(0)!.remoteAddress.ip === ELSEWHERE.ip;

  test.each([
    ['PATH_CHALLENGE', CHALLENGE, false],
    ['PATH_RESPONSE', RESPONSE, false],
    ['NEW_CONNECTION_ID', NEW_ID, false],
    ['PADDING', new Uint8Array(20), false],
    ['all of these', concatBytes(CHALLENGE, RESPONSE, NEW_ID, new Uint8Array(20)), false],
    ['PING', PING, true],
    ['a challenge and a PING', concatBytes(CHALLENGE, PING), true],
    ['a PING and a challenge', concatBytes(PING, CHALLENGE), true],
  ])('a newest packet with %s: followed %s', (_name, payload, follows) => {
    covers('rfc9000-9.3-1');
    const server = createServer();
    const client = clientOf(server, 1);
    client.deliver(client.packet(APP, payload, { destination: otherServerId(client) }), ELSEWHERE);
    expect(moved(server)).toBe(follows);
  });

  test('a packet that another has overtaken moves nobody', () => {
    const server = createServer();
    const client = clientOf(server, 1);
    const destination = otherServerId(client);
    const [first, second, third] = [1, 2, 3].map(() => client.packet(APP, PING, { destination }));
    client.deliver(second!);
    client.deliver(first!, ELSEWHERE);
    expect(moved(server)).toBe(false);
    client.deliver(third!, ELSEWHERE);
    expect(moved(server)).toBe(true);
  });
});
