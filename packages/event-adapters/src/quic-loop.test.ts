import { describe, expect, test } from '@jest/globals';
import type { Address, OutgoingDatagram, QuicEvent, QuicHostContext } from '@tsquic/quic-core';
import type { Alarm, Clock } from './clock.ts';
import type { DatagramPort } from './datagram-port.ts';
import { QuicLoop, type QuicLoopOptions } from './quic-loop.ts';

const PEER: Address = { ip: '192.0.2.1', port: 4433 };

describe('datagrams in', () => {
  test('go to the context with the time of their batch, and one alarm', () => {
    const { context, port, clock } = joined();
    port.arrive(1);
    clock.us += 50;
    port.arrive(2);
    expect(context.calls).toEqual(['in 1 at 1000', 'in 2 at 1000']);
    expect(clock.delaysUs).toEqual([0]);
    clock.goOff();
    clock.us += 50;
    port.arrive(3);
    expect(context.calls.at(-1)).toBe('in 3 at 1100');
  });

  test('are followed by a flush after 64, without waiting', () => {
    const { context, port, sent } = joined();
    context.outgoing.push([1200]);
    for (let count = 0; count < 63; count++) port.arrive(count);
    expect(sent).toEqual([]);
    port.arrive(63);
    expect(sent).toHaveLength(1);
  });
});

describe('datagrams out', () => {
  test('come after events, and what events cause goes with them', () => {
    const { loop, context, sent } = joined({
      onEvent: () => {
        context.calls.push('event');
        context.outgoing.push([1200]);
      },
    });
    context.events.push({ type: 'accepted', connection: 0 });
    loop.flush();
    expect(context.calls).toEqual(['event', 'prepare', 'prepare']);
    expect(sent).toEqual(['0-1200']);
  });

  test('wait a turn after the end of a handshake, for what the program says from a promise', async () => {
    const { loop, context, clock, sent } = joined({
      onEvent: () => void Promise.resolve().then(() => context.outgoing.push([900])),
    });
    context.outgoing.push([1200]);
    context.events.push({ type: 'connected', connection: 0 } as QuicEvent);
    loop.flush();
    expect([sent, clock.delaysUs.length]).toEqual([[], 1]);
    await Promise.resolve();
    clock.goOff();
    expect(sent).toEqual(['0-1200', '0-900']);
  });

  test('leave a train one by one, the last as short as it is', () => {
    const { loop, context, sent } = joined();
    context.outgoing.push([1200, 1200, 700]);
    loop.flush();
    expect(sent).toEqual(['0-1200', '1200-2400', '2400-3100']);
  });

  test('leave a train with one call of a port that has one, and count as what they are', () => {
    const { loop, context, port, sent } = joined();
    const trains: unknown[] = [];
    port.sendTrain = (_bytes, start, end, segmentBytes, to, _ecn, from, index) =>
      trains.push([start, end, segmentBytes, to, from, index]);
    context.outgoing.push([1200, 1200, 700], [900]);
    for (let count = 0; count < 3; count++) context.outgoing.push(Array<number>(30).fill(1200));
    loop.flush();
    expect(trains[0]).toEqual([0, 3100, 1200, PEER, { ip: '192.0.2.7', port: 7 }, 3]);
    expect([trains.length, sent]).toEqual([3, ['0-900']]);
  });

  test('stop at 64 and go on in the next turn', () => {
    const { loop, context, clock, sent } = joined();
    for (let count = 0; count < 100; count++) context.outgoing.push([1200]);
    loop.flush();
    expect(sent).toHaveLength(64);
    expect(clock.delaysUs.at(-1)).toBe(0);
    clock.goOff();
    expect(sent).toHaveLength(100);
  });

  test('set the alarm to what the context asks for', () => {
    const { loop, context, clock } = joined();
    context.wakeDelayUs = 12_345;
    loop.flush();
    expect(clock.delaysUs.at(-1)).toBe(12_345);
    context.wakeDelayUs = Infinity;
    loop.flush();
    expect(clock.delaysUs.at(-1)).toBe(60_000_000);
  });
});

describe('a handler that throws', () => {
  test('is reported, and the loop goes on', () => {
    const errors: unknown[] = [];
    const heard: number[] = [];
    const { loop, context, sent } = joined({
      onEvent: (event) => {
        heard.push(event.connection);
        if (event.connection === 1) throw new Error('handler');
      },
      onError: (error, event) => errors.push([(error as Error).message, event.connection]),
    });
    for (const connection of [0, 1, 2]) context.events.push({ type: 'accepted', connection });
    context.outgoing.push([1200]);
    loop.flush();
    expect(heard).toEqual([0, 1, 2]);
    expect(errors).toEqual([['handler', 1]]);
    expect(sent).toHaveLength(1);
  });
});

test('a port that throws leaves the loop with its alarm', () => {
  const { loop, context, port, clock } = joined();
  context.wakeDelayUs = 12_345;
  context.outgoing.push([1200]);
  port.send = () => {
    throw new Error('of the port');
  };
  expect(() => loop.flush()).toThrow('of the port');
  expect(clock.delaysUs.at(-1)).toBe(12_345);
});

describe('bounds', () => {
  test('neither direction starves: while both have no end, they take turns of at most 64', () => {
    const { context, port, clock } = joined();
    for (let count = 0; count < 5000; count++) context.outgoing.push([1200]);
    // What an event loop reads from a socket in one turn is its own affair: here 500 datagrams.
    for (let turn = 0; turn < 4; turn++) {
      for (let count = 0; count < 500; count++) port.arrive(1);
      clock.goOff();
    }
    const runs = context.calls.join(' ').match(/(in 1 at \d+ ?)+|(prepare ?)+/g) ?? [];
    const lengths = runs.map((run) => run.match(/in|prepare/g)!.length);
    expect(Math.max(...lengths)).toBe(64);
    const count = (call: string): number => context.calls.filter((one) => one.startsWith(call)).length;
    expect(count('in')).toBe(2000);
    expect(count('prepare')).toBeGreaterThan(1900);
  });

  test('events that breed events leave room for datagrams', () => {
    const { loop, context, sent } = joined({
      onEvent: (event) => context.events.push(event),
    });
    context.events.push({ type: 'wake', connection: 0 });
    context.outgoing.push([1200]);
    loop.flush();
    expect(sent).toHaveLength(1);
  });

  test('flush and wake inside a handler do nothing twice', () => {
    const { loop, context, clock } = joined({
      onEvent: () => {
        loop.flush();
        loop.wake();
      },
    });
    context.events.push({ type: 'accepted', connection: 0 });
    loop.flush();
    expect(context.calls).toEqual(['prepare']);
    expect(clock.delaysUs).toHaveLength(1);
  });

  test('after stop nothing happens', () => {
    const { loop, context, port, clock, sent } = joined({ onEvent: () => loop.stop() });
    context.events.push({ type: 'accepted', connection: 0 }, { type: 'accepted', connection: 1 });
    context.outgoing.push([1200]);
    loop.flush();
    port.arrive(1);
    loop.wake();
    loop.flush();
    expect(sent).toEqual([]);
    expect(context.calls).toEqual([]);
    expect(clock.armed).toBe(false);
  });
});

describe('close', () => {
  test.each(['inside', 'outside'])('%s a handler sends what is due, then ends', (where) => {
    const { loop, context, port, clock, sent } = joined({ onEvent: () => loop.close() });
    if (where === 'inside') {
      context.events.push({ type: 'accepted', connection: 0 }, { type: 'accepted', connection: 1 });
      context.outgoing.push([1200], [1200]);
      loop.flush();
    } else {
      context.outgoing.push([1200], [1200]);
      loop.close();
    }
    expect(sent).toHaveLength(2);
    expect(port.closed).toBe(true);
    expect(clock.armed).toBe(false);
    context.outgoing.push([1200]);
    loop.flush();
    loop.close();
    expect(sent).toHaveLength(2);
  });
});

describe('ports', () => {
  test('that are full get nothing until they are writable, and no sleep is cut short for it', () => {
    const { loop, context, port, clock, sent } = joined();
    port.isWritable = false;
    context.outgoing.push([1200]);
    loop.flush();
    expect([sent, clock.delaysUs.at(-1)]).toEqual([[], 60_000_000]);
    port.isWritable = true;
    port.onWritable();
    expect(clock.delaysUs.at(-1)).toBe(0);
    clock.goOff();
    expect(sent).toHaveLength(1);
  });

  test('that are full get goodbyes all the same', () => {
    const { loop, context, port, sent } = joined();
    port.isWritable = false;
    context.outgoing.push([1200]);
    loop.close();
    expect([sent.length, port.closed]).toEqual([1, true]);
  });

  test('can be exchanged', () => {
    const { loop, context, port, sent } = joined();
    const next = new MemoryPort();
    loop.usePort(next);
    port.arrive(1);
    next.arrive(2);
    context.outgoing.push([1200]);
    loop.flush();
    expect(context.calls.filter((call) => call.startsWith('in'))).toEqual(['in 2 at 1000']);
    expect([sent.length, next.sent.length]).toEqual([0, 1]);
  });

  test('and alarms may let the program end, those exchanged later too', () => {
    const { loop, port, clock } = joined();
    loop.unref();
    const next = new MemoryPort();
    loop.usePort(next);
    expect([port.keepsAlive, next.keepsAlive, clock.keepsAlive]).toEqual([false, false, false]);
    loop.ref();
    expect([next.keepsAlive, clock.keepsAlive]).toEqual([true, true]);
  });

  test('are told where a datagram came in, and where one goes out', () => {
    const { loop, context, port } = joined();
    port.onDatagram(new Uint8Array([1]), PEER, 0, { ip: '192.0.2.7', port: 7 }, 3);
    expect(context.arrivals).toEqual(['192.0.2.7 3']);
    context.outgoing.push([1200]);
    loop.flush();
    expect(port.ways).toEqual(['192.0.2.7 3']);
  });
});

test('hooks see what went in and out, and may cut a sleep short', () => {
  const seen: string[] = [];
  const { loop, context, port, clock } = joined({
    hooks: {
      afterReceive: (datagrams, bytes) => seen.push(`in ${datagrams} ${bytes}`),
      afterSend: (datagrams, bytes) => seen.push(`out ${datagrams} ${bytes}`),
      limitSleep: (nowUs, delayUs) => Math.min(delayUs, nowUs),
    },
    sendBatch: 2,
  });
  port.arrive(1);
  context.outgoing.push([1200, 1200, 100], [1200]);
  loop.flush();
  expect(seen).toEqual(['in 1 1', 'out 3 2500']);
  loop.flush();
  expect(seen.at(-1)).toBe('out 1 1200');
  expect(clock.delaysUs.at(-1)).toBe(1000);
});

test('an unreachable peer is told to the context', () => {
  const { port, context, clock } = joined();
  port.onUnreachable(PEER);
  expect(context.calls).toEqual(['unreachable 192.0.2.1 at 1000']);
  expect(clock.delaysUs.at(-1)).toBe(0);
});

interface Joined {
  readonly loop: QuicLoop;
  readonly context: ScriptedContext;
  readonly port: MemoryPort;
  readonly clock: ManualClock;
  readonly sent: string[];
}

function joined(options: Partial<QuicLoopOptions> = {}): Joined {
  const context = new ScriptedContext();
  const port = new MemoryPort();
  const clock = new ManualClock();
  const loop = new QuicLoop({
    context: context as unknown as QuicHostContext,
    port,
    clock,
    onEvent: () => {},
    ...options,
  });
  return { loop, context, port, clock, sent: port.sent };
}

/** Plays back what it is told to, and writes down how it was called. */
class ScriptedContext {
  readonly calls: string[] = [];
  readonly arrivals: string[] = [];
  readonly events: QuicEvent[] = [];
  /** Sizes of the segments of each train still to send. */
  readonly outgoing: number[][] = [];
  wakeDelayUs = Infinity;

  incomingPacket(
    bytes: Uint8Array,
    _from: Address,
    to: Address,
    interfaceIndex: number,
    _ecn: number,
    nowUs: number,
  ): void {
    this.arrivals.push(`${to.ip} ${interfaceIndex}`);
    this.calls.push(`in ${bytes[0]} at ${nowUs}`);
  }

  prepareNextPacket(out: OutgoingDatagram): number {
    this.calls.push('prepare');
    const sizes = this.outgoing.shift() ?? [0];
    out.length = sizes.reduce((sum, size) => sum + size, 0);
    out.segmentSize = sizes[0] ?? 0;
    out.to = PEER;
    out.from = { ip: '192.0.2.7', port: 7 };
    out.interfaceIndex = 3;
    return out.length;
  }

  nextWakeDelay(_nowUs: number, maxUs: number): number {
    return this.outgoing.length > 0 ? 0 : Math.min(this.wakeDelayUs, maxUs);
  }

  nextEvent(): QuicEvent | undefined {
    return this.events.shift();
  }

  notifyUnreachable(to: Address, nowUs: number): void {
    this.calls.push(`unreachable ${to.ip} at ${nowUs}`);
  }
}

class MemoryPort implements DatagramPort {
  sendTrain?: NonNullable<DatagramPort['sendTrain']>;
  readonly local: Address = { ip: '192.0.2.2', port: 1 };
  readonly sent: string[] = [];
  onDatagram: DatagramPort['onDatagram'] = () => {};
  onUnreachable: DatagramPort['onUnreachable'] = () => {};

  onWritable: () => void = () => {};
  isWritable = true;
  readonly ways: string[] = [];

  send(
    _bytes: Uint8Array,
    start: number,
    end: number,
    _to: Address,
    _ecn: number,
    from?: Address,
    interfaceIndex?: number,
  ): void {
    this.sent.push(`${start}-${end}`);
    this.ways.push(`${from?.ip} ${interfaceIndex}`);
  }

  arrive(value: number): void {
    this.onDatagram(new Uint8Array([value]), PEER, 0);
  }

  closed = false;
  keepsAlive = true;

  ref(): void {
    this.keepsAlive = true;
  }

  unref(): void {
    this.keepsAlive = false;
  }

  close(): void {
    this.closed = true;
  }
}

class ManualClock implements Clock {
  us = 1000;
  armed = false;
  keepsAlive = true;
  readonly delaysUs: number[] = [];
  private task: () => void = () => {};

  nowUs(): number {
    return this.us;
  }

  createAlarm(task: () => void): Alarm {
    this.task = task;
    return {
      set: (delayUs) => {
        this.armed = true;
        this.delaysUs.push(delayUs);
      },
      cancel: () => {
        this.armed = false;
      },
      ref: () => {
        this.keepsAlive = true;
      },
      unref: () => {
        this.keepsAlive = false;
      },
    };
  }

  goOff(): void {
    this.armed = false;
    this.task();
  }
}

test('without onError, what a handler throws is an uncaught exception of the runtime, and the loop goes on', () => {
  const told: string[] = [];
  const { loop, context, sent } = joined({
    onEvent: ({ type }) => {
      told.push(type);
      if (type === 'accepted') throw new Error('mine');
    },
  });
  context.events.push({ type: 'accepted', connection: 0 }, { type: 'confirmed', connection: 0 });
  context.outgoing.push([1200]);
  const faults = uncaught(() => loop.flush());
  expect([told, sent, faults]).toEqual([['accepted', 'confirmed'], ['0-1200'], ['mine']]);
});

/** What microtasks that were queued meanwhile throw: each would end a program that does not listen. */
function uncaught(work: () => void): string[] {
  const queued: (() => void)[] = [];
  const queue = globalThis.queueMicrotask;
  globalThis.queueMicrotask = (task) => void queued.push(task);
  try {
    work();
  } finally {
    globalThis.queueMicrotask = queue;
  }
  return queued.map((task) => {
    try {
      task();
      return 'nothing';
    } catch (error) {
      return (error as Error).message;
    }
  });
}
