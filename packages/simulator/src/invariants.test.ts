import { describe, expect, test } from '@jest/globals';
import type { ConnectionStatistics, OutgoingDatagram, QuicConnection, QuicEvent } from '@tsquic/quic-core';
import { StopAndWait } from '../test/stop-and-wait.ts';
import { watchInvariants } from './invariants.ts';
import { World } from './world.ts';

const A = { ip: '10.0.0.1', port: 5001 };
const B = { ip: '10.0.0.2', port: 443 };

/** A toy that can be made to misbehave. */
class Rogue extends StopAndWait {
  readonly events: QuicEvent[] = [];
  statistics: Partial<ConnectionStatistics> = {};
  closeReason: undefined = undefined;
  isClient = false;

  override nextEvent(): QuicEvent | undefined {
    return this.events.shift();
  }

  override prepareNextPacket(out: OutgoingDatagram, nowUs: number): number {
    const length = super.prepareNextPacket(out, nowUs);
    out.connection = 1;
    return length;
  }

  override connection(): QuicConnection {
    return {
      isClient: this.isClient,
      closeReason: undefined,
      pathStatistics: () => [],
      statistics: () => ({
        bytesInFlight: 0,
        congestionWindowBytes: 1e6,
        probeTimeouts: 0,
        ...this.statistics,
      }),
    } as unknown as QuicConnection;
  }
}

function createWorld(asker: StopAndWait, answerer: StopAndWait) {
  const world = new World(1);
  world.addHost({ name: 'client', context: asker, addresses: [A] });
  world.addHost({ name: 'server', context: answerer, addresses: [B] });
  world.addRoute(A.ip, B.ip, [world.addLink('up', { delayUs: 1000 })]);
  world.addRoute(B.ip, A.ip, [world.addLink('down', { delayUs: 1000 })]);
  const violations = watchInvariants(world);
  return { world, whats: () => violations.map(({ what }) => what) };
}

describe('invariants', () => {
  test('a decent exchange breaks none', () => {
    const asker = new StopAndWait(20, B);
    const { world, whats } = createWorld(asker, new StopAndWait(0));
    expect(world.run(() => asker.acked === 20, 1_000_000)).toBe(true);
    expect(whats()).toEqual([]);
  });

  test('three times is the limit for an address that has proved nothing', () => {
    const run = (answerBytes: number): string[] => {
      const { world, whats } = createWorld(
        new StopAndWait(1, B, 100),
        new StopAndWait(0, undefined, answerBytes),
      );
      world.run(() => false, 50_000);
      return whats();
    };
    expect(run(300)).toEqual([]);
    expect(run(301)).toEqual(['server sent 301 bytes to 10.0.0.1:5001 for 100']);
  });

  test('an address that answered our answer may have been validated', () => {
    const asker = new StopAndWait(2, B, 100);
    const answerer = new StopAndWait(0, undefined, 300);
    const { world, whats } = createWorld(asker, answerer);
    world.run(() => asker.acked === 1, 50_000);
    Object.assign(answerer, { bytes: 1400 });
    expect(world.run(() => asker.acked === 2, 50_000)).toBe(true);
    expect(whats()).toEqual([]);
  });

  test('sending earlier than asked for, and a timer in the past', () => {
    const early = new StopAndWait(1, B);
    early.nextWakeDelay = (nowUs, maxUs) => Math.min(maxUs, nowUs < 500 ? 500 - nowUs : 1e9);
    early.nextWakeTime = () => 3;
    const { world, whats } = createWorld(early, new StopAndWait(0));
    early.prepareNextPacket = (out, nowUs) => {
      out.length = nowUs === 2000 && early.sent++ === 0 ? 1 : 0;
      out.segmentSize = 1;
      out.to = B;
      return out.length;
    };
    world.at(2000, () =>
      world.hosts[0]!.deliver({ bytes: new Uint8Array(1), from: B, to: A, ecn: 0, sentUs: 0 }, A),
    );
    world.run(() => false, 3000);
    expect(whats()).toContain('client sends 1 bytes now, having asked to be woken in 1000000000 µs');
    expect(whats().some((what) => what.startsWith('client is idle with a timer'))).toBe(true);
  });

  test('due at once again when there was nothing to send', () => {
    const busy = new StopAndWait(0);
    let rounds = 3;
    busy.nextWakeDelay = (_nowUs, maxUs) => (rounds-- > 0 ? 0 : maxUs);
    const { world, whats } = createWorld(busy, new StopAndWait(0));
    world.run(() => false, 1000);
    expect(whats()).toContain('client wants to be woken now but has nothing to send');
  });

  test('waking again and again for nothing', () => {
    const restless = new StopAndWait(0);
    let wakeUs = 0;
    restless.nextWakeTime = () => wakeUs;
    restless.prepareNextPacket = (_out, nowUs) => {
      wakeUs = nowUs + 1;
      return 0;
    };
    const { world } = createWorld(restless, new StopAndWait(0));
    expect(() => world.run(() => false, 5000)).toThrow('client wakes in vain since 0 µs, now 1000 µs');
  });

  test.each<[string, Partial<ConnectionStatistics>, string | undefined]>([
    ['within the window', { bytesInFlight: 1000, congestionWindowBytes: 900 }, undefined],
    [
      'beyond the window',
      { bytesInFlight: 1001, congestionWindowBytes: 900 },
      'client connection 1 sends with',
    ],
    ['negative', { bytesInFlight: -1 }, 'client connection 1 has -1 bytes in flight'],
    ['not a number', { bytesInFlight: NaN }, 'client connection 1 has NaN bytes in flight'],
    ['an empty window', { congestionWindowBytes: 0 }, 'client connection 1 has a window of 0'],
    ['a probe', { bytesInFlight: 5000, congestionWindowBytes: 900, probeTimeouts: 1 }, undefined],
  ])('bytes in flight: %s', (_, after, expected) => {
    const asker = new Rogue(1, B, 100);
    asker.isClient = true;
    asker.statistics = { congestionWindowBytes: after.congestionWindowBytes ?? 900 };
    asker.events.push({ type: 'streams-available', connection: 1, unidirectional: false });
    const { world, whats } = createWorld(asker, new StopAndWait(0));
    const prepare = asker.prepareNextPacket.bind(asker);
    asker.prepareNextPacket = (out, nowUs) => {
      const length = prepare(out, nowUs);
      if (length > 0) asker.statistics = after;
      return length;
    };
    world.run(() => false, 5000);
    if (expected === undefined) expect(whats()).toEqual([]);
    else expect(whats()[0]).toContain(expected);
  });

  const reason = { kind: 'idle-timeout' } as const;
  const id = { connection: 1 };
  test.each<[string, QuicEvent[], string[]]>([
    [
      'in order',
      [
        { type: 'accepted', ...id },
        { type: 'closed', ...id, reason },
      ],
      [],
    ],
    [
      'closed twice',
      [
        { type: 'closed', ...id, reason },
        { type: 'closed', ...id, reason },
      ],
      ['closed after closed'],
    ],
    [
      'something after closed',
      [
        { type: 'closed', ...id, reason },
        { type: 'wake', ...id },
      ],
      ['wake after closed'],
    ],
    [
      'accepted late',
      [
        { type: 'accepted', ...id },
        { type: 'accepted', ...id },
      ],
      ['accepted out of place'],
    ],
    ['nothing accepted', [{ type: 'wake', ...id }], ['wake before accepted']],
    [
      'confirmed early',
      [
        { type: 'accepted', ...id },
        { type: 'confirmed', ...id },
      ],
      ['confirmed before connected'],
    ],
  ])('events: %s', (_, events, expected) => {
    const server = new Rogue(0);
    server.events.push(...events);
    const { world, whats } = createWorld(new StopAndWait(1, B), server);
    world.run(() => false, 5000);
    expect(whats()).toEqual(expected.map((fault) => `server connection 1: ${fault}`));
  });

  test.each([
    ['of version 1', [0xc3, 0, 0, 0, 1]],
    ['of version 1 without the QUIC bit', [0x83, 0, 0, 0, 1]],
    ['of version 2', [0xd3, 0x6b, 0x33, 0x43, 0xcf]],
  ])('an Initial of a client fills 1200 bytes, %s', (_name, header) => {
    expect(whatsOfClient([...header, 0, 0, 0])).toEqual(['client sends an Initial in 1199 bytes']);
  });

  test('a shorter datagram may hold other packets', () => {
    // Handshake packets of both versions, and a short header.
    for (const header of [[0xe3, 0, 0, 0, 1], [0xf3, 0x6b, 0x33, 0x43, 0xcf], [0x43]])
      expect(whatsOfClient([...header, 0, 0, 0])).toEqual([]);
  });

  /** What is wrong with a datagram of a client that begins like this and has 1199 bytes. */
  function whatsOfClient(header: readonly number[]): string[] {
    const asker = new Rogue(1, B, 1199);
    asker.isClient = true;
    const prepare = asker.prepareNextPacket.bind(asker);
    asker.prepareNextPacket = (out, nowUs) => {
      const length = prepare(out, nowUs);
      out.buffer.set(header);
      return length;
    };
    const { world, whats } = createWorld(asker, new StopAndWait(0));
    world.run(() => false, 500);
    return whats();
  }
});
