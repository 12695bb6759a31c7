import { describe, expect, test } from '@jest/globals';
import type { OutgoingDatagram } from '@tsquic/quic-core';
import { StopAndWait } from '../test/stop-and-wait.ts';
import type { HostOptions } from './host.ts';
import type { LinkOptions } from './link.ts';
import { World } from './world.ts';

const A = { ip: '10.0.0.1', port: 1 };
const B = { ip: '10.0.0.2', port: 2 };

interface Setup {
  readonly seed?: number;
  readonly rounds?: number;
  readonly link?: Partial<LinkOptions>;
  readonly a?: Partial<HostOptions>;
  readonly b?: Partial<HostOptions>;
}

function createWorld({ seed = 1, rounds = 50, link = { delayUs: 20_000 }, a, b }: Setup) {
  const world = new World(seed);
  const asker = new StopAndWait(rounds, B);
  const answerer = new StopAndWait(0);
  const hostA = world.addHost({ name: 'a', context: asker, addresses: [A], ...a });
  const hostB = world.addHost({ name: 'b', context: answerer, addresses: [B], ...b });
  const up = world.addLink('up', link);
  const down = world.addLink('down', link);
  world.addRoute(A.ip, B.ip, [up]);
  world.addRoute(B.ip, A.ip, [down]);
  return { world, asker, answerer, hostA, hostB, up, down };
}

function runLossy(seed: number) {
  const { world, asker, up, down } = createWorld({
    seed,
    link: { delayUs: 20_000, loss: { kind: 'random', rate: 0.2 } },
  });
  const finished = world.run(() => asker.acked === 50, 60_000_000);
  return { finished, tookUs: world.nowUs, dropped: up.dropped + down.dropped };
}

describe('world', () => {
  test('without loss, fifty round trips take exactly fifty round-trip times', () => {
    const { world, asker } = createWorld({});
    expect(world.run(() => asker.acked === 50, 60_000_000)).toBe(true);
    expect(world.nowUs).toBe(50 * 40_000);
  });

  test.each([1, 2, 3, 4, 5])('a link that loses a fifth finishes and repeats exactly (seed %i)', (seed) => {
    const first = runLossy(seed);
    expect(first.finished).toBe(true);
    expect(first.dropped).toBeGreaterThan(0);
    expect(runLossy(seed)).toEqual(first);
  });

  test('a run ends at its limit, and goes on from there', () => {
    const { world, asker } = createWorld({});
    expect(world.run(() => asker.acked === 50, 70_000)).toBe(false);
    expect([world.nowUs, asker.acked]).toEqual([70_000, 1]);
    expect(world.run(() => asker.acked === 2, 80_000)).toBe(true);
  });

  test('calls come at their time, before anything else', () => {
    const { world, asker } = createWorld({});
    const seen: number[] = [];
    world.at(40_000, () => seen.push(world.nowUs, asker.acked));
    world.at(15, () => seen.push(world.nowUs));
    world.run(() => false, 50_000);
    expect(seen).toEqual([15, 40_000, 0]);
  });

  test('a zero delay is no livelock', () => {
    const { world, asker } = createWorld({ link: { delayUs: 0 } });
    expect(world.run(() => asker.acked === 50, 10)).toBe(true);
    expect(world.nowUs).toBe(0);
  });

  test.each([
    ['at the same instant', 0],
    ['a microsecond later each time', 1],
  ])(
    'a host whose timer is due again whenever it is served, %s, ends the run with an error',
    (_, laterUs) => {
      class Restless extends StopAndWait {
        private servedUs = 0;

        override prepareNextPacket(out: OutgoingDatagram, nowUs: number): number {
          this.servedUs = nowUs;
          out.length = 0;
          return 0;
        }

        override nextWakeTime(): number {
          return this.servedUs + laterUs;
        }
      }
      const world = new World(7);
      world.addHost({ name: 'a', context: new Restless(0), addresses: [A] });
      expect(() => world.run(() => false, 60_000_000)).toThrow(/^a .* at \d+ µs/);
    },
  );

  test('routes may have several links and share them', () => {
    const world = new World(1);
    // 1000 bytes with the headers of IP and UDP.
    const askers = [new StopAndWait(1, B, 972), new StopAndWait(1, B, 972)];
    askers.forEach((context, i) =>
      world.addHost({ name: `a${i}`, context, addresses: [{ ip: `10.0.1.${i}`, port: 1 }] }),
    );
    const answerer = new StopAndWait(0);
    world.addHost({ name: 'b', context: answerer, addresses: [B] });
    const shared = world.addLink('shared', { delayUs: 1000, bytesPerSecond: 1_000_000 });
    askers.forEach((_, i) => {
      world.addRoute(`10.0.1.${i}`, B.ip, [world.addLink(`access ${i}`, { delayUs: 100 * (i + 1) }), shared]);
      world.addRoute(B.ip, `10.0.1.${i}`, [world.addLink(`back ${i}`, { delayUs: 1 })]);
    });
    expect(world.run(() => askers.every((asker) => asker.acked === 1), 1_000_000)).toBe(true);
    // The second is at the bottleneck while the first is being sent: 100 + 1000 + 1000, then another 1000.
    expect(answerer.received.map(({ atUs }) => atUs)).toEqual([2100, 3100]);
  });

  test('an unreachable link tells the sender', () => {
    const { world, asker } = createWorld({
      link: { delayUs: 5, unreachable: [{ fromUs: 0, untilUs: 50_000 }] },
    });
    world.run(() => asker.acked === 50, 1_000_000);
    expect(asker.unreachable).toBe(1);
    expect(asker.acked).toBe(50);
  });

  test('an address that nobody has', () => {
    const world = new World(1);
    const asker = new StopAndWait(1, { ip: '10.9.9.9', port: 9 });
    world.addHost({ name: 'a', context: asker, addresses: [A] });
    expect(world.run(() => asker.acked === 1, 150_000)).toBe(false);
    expect([asker.sent, world.unrouted]).toEqual([2, 2]);
    expect(() => world.addRoute(A.ip, '10.9.9.9', [])).toThrow('10.9.9.9');
  });
});

describe('NAT', () => {
  const outer = (port: number, ip = '192.0.2.1') => ({ ip, port });
  const bindings = [
    { atUs: 0, address: outer(7000) },
    { atUs: 50_000, address: outer(7001) },
    { atUs: 130_000, address: outer(7001, '192.0.2.9') },
  ];

  test('the other side sees the outer address, which changes; what goes to the old one is lost', () => {
    const { world, asker, answerer } = createWorld({ a: { nat: { bindings } }, rounds: 5 });
    world.run(() => asker.acked === 5, 10_000_000);
    // Asked at 0 and 40 ms. The answer of the second comes to the old port at 80 ms, so it is asked again at 140 ms.
    expect(answerer.received.map(({ atUs, from }) => [atUs, from.ip, from.port])).toEqual([
      [20_000, '192.0.2.1', 7000],
      [60_000, '192.0.2.1', 7000],
      [160_000, '192.0.2.9', 7001],
      [200_000, '192.0.2.9', 7001],
      [240_000, '192.0.2.9', 7001],
      [280_000, '192.0.2.9', 7001],
    ]);
    expect(world.unrouted).toBe(1);
  });

  test('a NAT that keeps its old bindings lets them in', () => {
    const { world, asker } = createWorld({ a: { nat: { bindings, keepsOld: true } }, rounds: 5 });
    world.run(() => asker.acked === 5, 10_000_000);
    expect([world.nowUs, world.unrouted]).toEqual([200_000, 0]);
  });
});

describe('host', () => {
  test('a slow processor takes its time for each datagram', () => {
    const cpu = { receiveUs: 300, sendUs: 700, inputDatagrams: 10 };
    const { world, asker, answerer } = createWorld({ b: { cpu }, rounds: 2, link: { delayUs: 1000 } });
    world.run(() => asker.acked === 2, 1_000_000);
    expect(answerer.received.map(({ atUs }) => atUs)).toEqual([1000, 3300]);
  });

  test('what does not fit the input queue is dropped', () => {
    const world = new World(1);
    const answerer = new StopAndWait(0);
    const cpu = { receiveUs: 1000, sendUs: 0, inputDatagrams: 2 };
    const host = world.addHost({ name: 'b', context: answerer, addresses: [B], cpu });
    for (let i = 0; i < 5; i++) {
      const from = { ip: `10.0.1.${i}`, port: 1 };
      world.addHost({ name: `a${i}`, context: new StopAndWait(1, B), addresses: [from] });
      world.addRoute(from.ip, B.ip, [world.addLink(`up ${i}`, { delayUs: 10 })]);
    }
    world.run(() => false, 50_000);
    expect(answerer.received.length).toBe(2);
    expect(host.inputDropped).toBe(3);
  });

  test('the interface that a datagram came in on has a number', () => {
    const world = new World(1);
    const second = { ip: '10.0.0.3', port: 2 };
    const answerer = new StopAndWait(0);
    const asker = new StopAndWait(1, second);
    world.addHost({ name: 'b', context: answerer, addresses: [B, second] });
    world.addHost({ name: 'a', context: asker, addresses: [A] });
    world.addRoute(A.ip, second.ip, [world.addLink('up', { delayUs: 3 })]);
    world.addRoute(second.ip, A.ip, [world.addLink('down', { delayUs: 4 })]);
    expect(world.run(() => asker.acked === 1, 1000)).toBe(true);
    expect(answerer.received[0]!.interfaceIndex).toBe(2);
    expect(world.nowUs).toBe(7);
  });

  test('an IP may have several ports, and nothing comes to others', () => {
    const ask = (to: { ip: string; port: number }) => {
      const world = new World(1);
      const [answerer, asker] = [new StopAndWait(0), new StopAndWait(1, to)];
      world.addHost({ name: 'b', context: answerer, addresses: [B, { ...B, port: 444 }] });
      world.addHost({ name: 'a', context: asker, addresses: [A] });
      world.addRoute(A.ip, B.ip, [world.addLink('up', { delayUs: 3 })]);
      world.addRoute(B.ip, A.ip, [world.addLink('down', { delayUs: 3 })]);
      world.run(() => false, 1000);
      return [answerer.received[0]?.interfaceIndex, world.unrouted];
    };
    expect([B.port, 444, 445].map((port) => ask({ ...B, port }))).toEqual([
      [1, 0],
      [2, 0],
      [undefined, 1],
    ]);
  });

  test('a train is cut into its datagrams', () => {
    const context = new StopAndWait(1, B, 2500);
    const prepare = context.prepareNextPacket.bind(context);
    context.prepareNextPacket = (out, nowUs) => {
      const length = prepare(out, nowUs);
      out.segmentSize = 1000;
      return length;
    };
    const { world, up } = createWorld({ a: { context, sendBufferBytes: 4000 } });
    const lengths: number[] = [];
    world.observe({ onDeliver: (link, { bytes }) => link === up && lengths.push(bytes.length) });
    world.run(() => false, 30_000);
    expect(lengths).toEqual([1000, 1000, 500]);
  });

  test('a context that is always due is reported, not waited for', () => {
    const context = new StopAndWait(1, B);
    context.nextWakeDelay = () => 0;
    const { world } = createWorld({ a: { context } });
    expect(() => world.run(() => false, 1000)).toThrow(/does not come to rest/);
  });
});
