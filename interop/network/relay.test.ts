import { describe, expect, test } from '@jest/globals';
import type { Address } from '@tsquic/quic-core';
import type { Datagram } from '@tsquic/simulator';
import type { Clock } from './clock.ts';
import { type NetworkPlan, NEVER_REBOUND, PLAIN_LINK } from './plan.ts';
import { Relay, type Side } from './relay.ts';
import type { RelaySocket } from './socket.ts';

const CLIENT = { ip: '127.0.0.1', port: 1000 };
const SERVER = { ip: '127.0.0.1', port: 443 };
const FRONT = { ip: '127.0.0.1', port: 4433 };
const LINK = { delayUs: 15_000, bytesPerSecond: 1_250_000, queueDatagrams: 25 };

interface Sent {
  readonly atUs: number;
  readonly from: Address;
  readonly to: Address;
  readonly bytes: Uint8Array;
  readonly ecn: number;
}

/** Sockets and time without a machine. */
class VirtualMachine implements Clock {
  readonly graceUs = 0;
  readonly sent: Sent[] = [];
  readonly seen: { readonly side: Side; readonly datagram: Datagram; readonly atUs: number }[] = [];
  private readonly sockets = new Map<number, RelaySocket>();
  private readonly wakes = new Set<{ readonly us: number; readonly act: () => void }>();
  private us = 1e12;
  private nextPort = 50_000;

  readonly openSocket = (at: Address): Promise<RelaySocket> => {
    const address = { ip: at.ip, port: at.port === 0 ? this.nextPort++ : at.port };
    const socket: RelaySocket = {
      address,
      onDatagram: () => undefined,
      send: (bytes, to, ecn) => void this.sent.push({ atUs: this.us - 1e12, from: address, to, bytes, ecn }),
      close: () => undefined,
    };
    this.sockets.set(address.port, socket);
    return Promise.resolve(socket);
  };

  readonly onSeen = (side: Side, datagram: Datagram, unixUs: number): void =>
    void this.seen.push({ side, datagram, atUs: unixUs - 1e12 });

  nowUs(): number {
    return this.us;
  }

  wakeAt(us: number, act: () => void): () => void {
    const wake = { us, act };
    this.wakes.add(wake);
    return () => void this.wakes.delete(wake);
  }

  /** A datagram arrives at the socket with this port. */
  receive(port: number, bytes: Uint8Array, from: Address, ecn = 0): void {
    this.sockets.get(port)?.onDatagram(bytes, from, ecn);
  }

  /** Lets time pass, with everything that falls due in it. */
  async pass(us: number): Promise<void> {
    const until = this.us + us;
    for (;;) {
      await Promise.resolve();
      await Promise.resolve();
      const next = [...this.wakes].sort((a, b) => a.us - b.us)[0];
      if (next === undefined || next.us > until) break;
      this.us = Math.max(this.us, next.us);
      this.wakes.delete(next);
      next.act();
    }
    this.us = until;
  }

  /** Datagrams to the server or the client, by when and by their first byte. */
  arrivals(to: Address): [number, number][] {
    return this.sent.filter((one) => one.to.port === to.port).map(({ atUs, bytes }) => [atUs, bytes[0]!]);
  }
}

async function open(network: Partial<NetworkPlan> = {}): Promise<VirtualMachine> {
  const machine = new VirtualMachine();
  const plan = { up: LINK, down: LINK, rebinding: NEVER_REBOUND, seed: 1, ...network };
  const front = { listen: FRONT, server: SERVER, isWatched: true };
  const relay = new Relay(
    { network: plan, fronts: [front] },
    { openSocket: machine.openSocket, clock: machine, onSeen: machine.onSeen },
  );
  expect(await relay.open()).toEqual([FRONT]);
  return machine;
}

/** A datagram that takes 1 ms at 10 Mbit/s, with its headers. */
function millisecond(first: number): Uint8Array {
  return new Uint8Array(1222).fill(first);
}

test('marks of ECN go the whole way, and are seen on it', async () => {
  const machine = await open();
  machine.receive(FRONT.port, millisecond(1), CLIENT, 2);
  await machine.pass(20_000);
  machine.receive(50_000, millisecond(2), SERVER, 1);
  machine.receive(FRONT.port, millisecond(3), CLIENT, 3);
  await machine.pass(20_000);
  const sent = machine.sent.map(({ bytes, ecn }) => `${bytes[0]} ${ecn}`);
  expect(new Set(sent)).toEqual(new Set(['1 2', '2 1', '3 3']));
  const seen = machine.seen.map(({ side, datagram }) => `${side} ${datagram.bytes[0]} ${datagram.ecn}`);
  const all = ['left 1 2', 'right 1 2', 'right 2 1', 'left 2 1', 'left 3 3', 'right 3 3'];
  expect(new Set(seen)).toEqual(new Set(all));
});

describe('a way of 10 Mbit/s, 15 ms and 25 datagrams', () => {
  test('carries one datagram in its time on the wire and the delay, and the answer likewise', async () => {
    const machine = await open();
    machine.receive(FRONT.port, millisecond(1), CLIENT);
    await machine.pass(20_000);
    expect(machine.arrivals(SERVER)).toEqual([[16_000, 1]]);
    machine.receive(50_000, millisecond(2), SERVER);
    await machine.pass(20_000);
    expect(machine.arrivals(CLIENT)).toEqual([[36_000, 2]]);
    expect(machine.sent.map(({ from }) => from.port)).toEqual([50_000, FRONT.port]);
  });

  test('drops what finds 25 waiting', async () => {
    const machine = await open();
    machine.receive(FRONT.port, millisecond(0), CLIENT);
    await machine.pass(0);
    for (let i = 1; i < 40; i++) machine.receive(FRONT.port, millisecond(i), CLIENT);
    await machine.pass(100_000);
    const arrivals = machine.arrivals(SERVER);
    expect(arrivals).toHaveLength(26);
    expect(arrivals.at(-1)).toEqual([26_000 + 15_000, 25]);
  });

  test('is shared by all clients', async () => {
    const machine = await open();
    machine.receive(FRONT.port, millisecond(1), CLIENT);
    machine.receive(FRONT.port, millisecond(2), { ...CLIENT, port: 1001 });
    await machine.pass(20_000);
    expect(machine.arrivals(SERVER)).toEqual([
      [16_000, 1],
      [17_000, 2],
    ]);
  });

  test('is seen on both sides: on the left what was lost on the way, on the right what came', async () => {
    const machine = await open({ up: { ...LINK, loss: { kind: 'list', indexes: [1] } } });
    for (let i = 0; i < 3; i++) {
      machine.receive(FRONT.port, Uint8Array.of(i), CLIENT);
      await machine.pass(0);
    }
    await machine.pass(20_000);
    const seen = (side: Side): number[] =>
      machine.seen.filter((one) => one.side === side).map(({ datagram }) => datagram.bytes[0]!);
    expect(seen('left')).toEqual([0, 1, 2]);
    expect(seen('right')).toEqual([0, 2]);
    expect(machine.seen[0]?.datagram).toMatchObject({ from: CLIENT, to: FRONT });
    expect(machine.seen.at(-1)?.datagram).toMatchObject({ from: { port: 50_000 }, to: SERVER });
  });
});

describe('impairments', () => {
  test('the second to seventh datagram of the client are lost, those of the server pass', async () => {
    const machine = await open({
      up: { ...PLAIN_LINK, loss: { kind: 'list', indexes: [1, 2, 3, 4, 5, 6] } },
      down: PLAIN_LINK,
    });
    for (let i = 1; i <= 9; i++) {
      machine.receive(FRONT.port, Uint8Array.of(i), CLIENT);
      await machine.pass(1);
      machine.receive(50_000, Uint8Array.of(i), SERVER);
    }
    expect(machine.arrivals(SERVER).map(([, first]) => first)).toEqual([1, 8, 9]);
    expect(machine.arrivals(CLIENT)).toHaveLength(9);
  });

  test('of 30 %, three in a row at most, a quarter to a third is lost, and four in a row never', async () => {
    const loss = { kind: 'random', rate: 0.3, longestRun: 3 } as const;
    const machine = await open({ up: { ...PLAIN_LINK, loss } });
    for (let i = 0; i < 2000; i++) {
      machine.receive(FRONT.port, Uint8Array.of(i >> 8, i & 255), CLIENT);
      await machine.pass(1);
    }
    const came = machine.sent.map(({ bytes }) => bytes[0]! * 256 + bytes[1]!);
    expect(came.length).toBeGreaterThan(1340);
    expect(came.length).toBeLessThan(1500);
    expect(Math.max(...came.slice(1).map((index, i) => index - came[i]!))).toBeLessThanOrEqual(4);
  });

  test('a changed datagram is delivered, with one of its first 51 bytes changed', async () => {
    const machine = await open({
      up: { ...PLAIN_LINK, corruption: { rate: 1, firstBytes: 51, sparesNegotiation: true } },
    });
    machine.receive(FRONT.port, new Uint8Array(200).fill(0x40), CLIENT);
    const negotiation = Uint8Array.from({ length: 30 }, (_, i) => (i === 0 ? 0x80 : 0));
    machine.receive(FRONT.port, negotiation, CLIENT);
    await machine.pass(1);
    const [changed, spared] = machine.sent.map(({ bytes }) => bytes);
    const places = [...changed!.keys()].filter((at) => changed![at] !== 0x40);
    expect(places).toHaveLength(1);
    expect(places[0]).toBeLessThanOrEqual(50);
    expect(spared).toEqual(negotiation);
  });

  test('nothing passes a blackhole, either way, and time counts from the first datagram', async () => {
    const link = { ...PLAIN_LINK, blackholes: [{ fromUs: 5e6, untilUs: 7e6 }] };
    const machine = await open({ up: link, down: link });
    await machine.pass(3_000_000);
    for (let second = 0; second < 9; second++) {
      machine.receive(FRONT.port, Uint8Array.of(second), CLIENT);
      await machine.pass(1);
      machine.receive(50_000, Uint8Array.of(second), SERVER);
      await machine.pass(999_999);
    }
    const passed = [0, 1, 2, 3, 4, 7, 8];
    expect(machine.arrivals(SERVER).map(([, first]) => first)).toEqual(passed);
    expect(machine.arrivals(CLIENT).map(([, first]) => first)).toEqual(passed);
  });

  test('the same seed gives the same fate, another seed another', async () => {
    const fate = async (seed: number): Promise<number[]> => {
      const loss = { kind: 'random', rate: 0.3 } as const;
      const machine = await open({ up: { ...PLAIN_LINK, loss }, seed });
      for (let i = 0; i < 100; i++) machine.receive(FRONT.port, Uint8Array.of(i), CLIENT);
      await machine.pass(1);
      return machine.arrivals(SERVER).map(([, first]) => first);
    };
    expect(await fate(7)).toEqual(await fate(7));
    expect(await fate(7)).not.toEqual(await fate(8));
  });
});

describe('rebinding', () => {
  async function rebound(to: 'port' | 'address'): Promise<VirtualMachine> {
    const machine = await open({
      up: PLAIN_LINK,
      down: PLAIN_LINK,
      rebinding: { timesUs: [1e6, 6e6], to },
    });
    for (let second = 0; second < 8; second++) {
      machine.receive(FRONT.port, Uint8Array.of(second), CLIENT);
      await machine.pass(1_000_000);
    }
    return machine;
  }

  test('the server sees another port after one second and after six', async () => {
    const machine = await rebound('port');
    const places = machine.sent.map(({ from }) => `${from.ip} ${from.port}`);
    expect(new Set(places.slice(0, 1))).toEqual(new Set(['127.0.0.1 50000']));
    expect(new Set(places.slice(1, 6))).toEqual(new Set(['127.0.0.1 50001']));
    expect(new Set(places.slice(6))).toEqual(new Set(['127.0.0.1 50002']));
  });

  test('or another address', async () => {
    const machine = await rebound('address');
    expect([...new Set(machine.sent.map(({ from }) => from.ip))]).toEqual([
      '127.0.0.1',
      '127.0.1.1',
      '127.0.1.2',
    ]);
  });

  test('what the server sends to an old place is lost, what it sends to the new one arrives', async () => {
    const machine = await rebound('port');
    machine.receive(50_001, Uint8Array.of(1), SERVER);
    machine.receive(50_002, Uint8Array.of(2), SERVER);
    await machine.pass(1);
    expect(machine.arrivals(CLIENT).map(([, first]) => first)).toEqual([2]);
    expect(
      machine.seen.filter(({ side }) => side === 'right').map(({ datagram }) => datagram.bytes[0]),
    ).toEqual(expect.arrayContaining([1, 2]));
  });

  test('what the client has on the way comes from the new place', async () => {
    const machine = await open({ rebinding: { timesUs: [1e6], to: 'port' } });
    machine.receive(FRONT.port, Uint8Array.of(0), CLIENT);
    await machine.pass(990_000);
    machine.receive(FRONT.port, Uint8Array.of(1), CLIENT);
    await machine.pass(100_000);
    expect(machine.sent.map(({ from }) => from.port)).toEqual([50_000, 50_001]);
  });

  test('what is on the way to an old place when it ends is lost as well', async () => {
    const machine = await open({ rebinding: { timesUs: [1e6], to: 'port' } });
    machine.receive(FRONT.port, Uint8Array.of(0), CLIENT);
    await machine.pass(990_000);
    machine.receive(50_000, Uint8Array.of(1), SERVER);
    await machine.pass(100_000);
    expect(machine.arrivals(CLIENT)).toEqual([]);
  });
});

test('two fronts of one server stand for it each, and an unwatched one is not seen', async () => {
  const machine = new VirtualMachine();
  const second = { ip: '127.0.0.1', port: 4434 };
  const relay = new Relay(
    {
      network: { up: PLAIN_LINK, down: PLAIN_LINK, rebinding: NEVER_REBOUND, seed: 1 },
      fronts: [
        { listen: FRONT, server: SERVER, isWatched: true },
        { listen: second, server: SERVER, isWatched: false },
      ],
    },
    { openSocket: machine.openSocket, clock: machine, onSeen: machine.onSeen },
  );
  await relay.open();
  machine.receive(FRONT.port, Uint8Array.of(1), CLIENT);
  machine.receive(second.port, Uint8Array.of(2), CLIENT);
  await machine.pass(1);
  machine.receive(50_001, Uint8Array.of(3), SERVER);
  expect(machine.sent.map(({ from, bytes }) => [from.port, bytes[0]])).toEqual([
    [50_000, 1],
    [50_001, 2],
    [second.port, 3],
  ]);
  expect(machine.seen.map(({ datagram }) => datagram.bytes[0])).toEqual([1, 1]);
  expect(relay.counts).toMatchObject({ up: { entered: 2, delivered: 2 }, down: { entered: 1 } });
});
