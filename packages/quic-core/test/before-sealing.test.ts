import { describe, expect, test } from '@jest/globals';
import { createNodeProvider } from '@tsquic/crypto/node';
import { createPair, type Pair } from '@tsquic/simulator';
import { Level } from '@tsquic/tls13';
import { TransportCode } from '../src/errors/transport-error.ts';
import type { CloseReason } from '../src/events.ts';
import type { BeforeSealing } from '../src/packet/sealing.ts';

const SECOND = 1_000_000;
/** A frame type that nobody has defined. RFC 9000 §19 */
const UNDEFINED_TYPE = 0x21;
const HANDSHAKE_DONE = 0x1e;

/** A client whose packets `change` sees, on its way to connect. */
function pairWith(change: BeforeSealing): Pair {
  const pair = createPair({
    createCrypto: (random) => createNodeProvider({ random }),
    seed: 7,
    client: { beforeSealing: change },
  });
  pair.connect();
  return pair;
}

/** How the server's connection ends within twenty seconds. */
function endOfServer(pair: Pair): CloseReason | undefined {
  pair.run(() => pair.server.events.some((event) => event.type === 'closed'), 20 * SECOND);
  const closed = pair.server.events.find((event) => event.type === 'closed');
  return closed?.type === 'closed' ? closed.reason : undefined;
}

/** Puts one byte behind the frames of the first packet of this level. */
function appendTo(wanted: Level, byte: number): BeforeSealing {
  let done = false;
  return ({ level, buffer, payloadEnd, limit }) => {
    if (done || level !== wanted || payloadEnd === limit) return payloadEnd;
    done = true;
    buffer[payloadEnd] = byte;
    return payloadEnd + 1;
  };
}

describe('a hook before encryption', () => {
  test('sees every packet once, in order, and changes nothing by itself', () => {
    const numbers: number[][] = [[], [], [], []];
    const pair = pairWith(({ level, number, payloadAt, payloadEnd, limit }) => {
      expect(payloadAt).toBeLessThan(payloadEnd);
      expect(payloadEnd).toBeLessThanOrEqual(limit);
      numbers[level]!.push(number);
      return payloadEnd;
    });
    expect(pair.run(() => pair.client.events.some(({ type }) => type === 'confirmed'), SECOND)).toBe(true);
    for (const level of [Level.Initial, Level.Handshake, Level.Application]) {
      expect(numbers[level]!.length).toBeGreaterThan(0);
      expect(numbers[level]).toEqual([...new Set(numbers[level])].sort((a, b) => a - b));
    }
  });

  test('a frame put behind the others is read by the peer', () => {
    expect(endOfServer(pairWith(appendTo(Level.Application, UNDEFINED_TYPE)))).toMatchObject({
      kind: 'transport',
      code: TransportCode.FrameEncoding,
      remote: false,
    });
    expect(endOfServer(pairWith(appendTo(Level.Application, HANDSHAKE_DONE)))).toMatchObject({
      kind: 'transport',
      code: TransportCode.ProtocolViolation,
    });
  });

  test('frames taken away leave PADDING, which is no error: what they carried is missing', () => {
    const pair = pairWith(({ level, payloadAt, payloadEnd }) =>
      level === Level.Handshake ? payloadAt : payloadEnd,
    );
    expect(pair.run(() => pair.client.events.some(({ type }) => type === 'connected'), SECOND)).toBe(true);
    expect(endOfServer(pair)).toEqual({ kind: 'handshake-timeout' });
  });
});
