import { expect, test } from '@jest/globals';
import type { Address, OutgoingDatagram, QuicHostContext } from '@tsquic/quic-core';
import type { DatagramPort } from './datagram-port.ts';
import {
  type PacketLoop,
  type PacketLoopEvent,
  type PacketLoopOptions,
  startPacketLoop,
} from './packet-loop.ts';

const PEER: Address = { ip: '192.0.2.9', port: 9 };

test('tells its life in order', async () => {
  const { loop, context, ports, told } = await started();
  expect(told).toEqual(['ready 1', 'port-update 1']);
  ports[0]?.onDatagram(new Uint8Array(10), PEER, 0);
  ports[0]?.onDatagram(new Uint8Array(20), PEER, 0);
  context.due = 3;
  await until(() => told.length >= 4);
  expect(told.slice(2, 4)).toEqual(['after-receive 2 30', 'after-send 3 3600']);
  told.length = 0;
  loop.wakeUp();
  loop.wakeUp();
  await until(() => told.includes('wake-up'));
  await pause(5);
  expect(told[0]).toBe('wake-up');
  expect(told.filter((name) => name === 'wake-up')).toHaveLength(1);
  loop.stop();
  await loop.ended;
});

test('goes on with another socket', async () => {
  const { loop, context, ports, told } = await started();
  await loop.rebind();
  expect(told.at(-1)).toBe('port-update 2');
  expect(loop.local.port).toBe(2);
  context.due = 1;
  loop.wakeUp();
  await until(() => ports[1]?.sent === 1);
  expect(ports.map(({ sent, closed }) => [sent, closed])).toEqual([
    [0, true],
    [1, false],
  ]);
  loop.stop();
});

test('a time check shortens a sleep and cannot lengthen it', async () => {
  const checks: number[] = [];
  const { loop } = await started({
    onTimeCheck: (_nowUs, delayUs) => {
      checks.push(delayUs);
      return checks.length < 3 ? 1000 : Infinity;
    },
  });
  await until(() => checks.length >= 3);
  await pause(20);
  expect(checks).toHaveLength(3);
  loop.stop();
});

test("returning 'stop' sends what is due and ends", async () => {
  const { loop, context, ports } = await started({
    onLoopEvent: (event) => (event.type === 'wake-up' ? 'stop' : undefined),
  });
  context.due = 2;
  loop.wakeUp();
  await loop.ended;
  expect(ports[0]).toMatchObject({ sent: 2, closed: true });
  loop.wakeUp();
  loop.stop();
});

test('a callback that throws ends nothing', async () => {
  const errors: unknown[] = [];
  const { loop, context, ports } = await started({
    onLoopEvent: () => {
      throw new Error('callback');
    },
    onError: (error) => errors.push(error),
  });
  context.due = 1;
  loop.wakeUp();
  await until(() => ports[0]?.sent === 1);
  expect(errors.length).toBeGreaterThan(2);
  expect(ports[0]?.sent).toBe(1);
  loop.stop();
});

test('a socket that cannot be had rejects, and a rebind keeps the old one', async () => {
  await expect(started({ openPort: () => Promise.reject(new Error('in use')) })).rejects.toThrow('in use');
  let opened = 0;
  const port = new MemoryPort(1);
  const openPort = (): Promise<DatagramPort> =>
    opened++ === 0 ? Promise.resolve(port) : Promise.reject(new Error('in use'));
  const { loop } = await started({ openPort });
  await expect(loop.rebind()).rejects.toThrow('in use');
  expect([loop.local.port, port.closed]).toEqual([1, false]);
  loop.stop();
});

async function started(options: Partial<PacketLoopOptions> = {}): Promise<{
  readonly loop: PacketLoop;
  readonly context: DueContext;
  readonly ports: MemoryPort[];
  readonly told: string[];
}> {
  const context = new DueContext();
  const ports: MemoryPort[] = [];
  const told: string[] = [];
  const loop = await startPacketLoop({
    context: context as unknown as QuicHostContext,
    openPort: () => {
      const port = new MemoryPort(ports.length + 1);
      ports.push(port);
      return Promise.resolve(port);
    },
    onEvent: () => {},
    onLoopEvent: (event) => void told.push(describe(event)),
    ...options,
  });
  return { loop, context, ports, told };
}

function describe(event: PacketLoopEvent): string {
  if ('local' in event) return `${event.type} ${event.local.port}`;
  return 'bytes' in event ? `${event.type} ${event.datagrams} ${event.bytes}` : event.type;
}

/** Has as many datagrams to send as it is told. */
class DueContext {
  due = 0;
  incomingPacket(): void {}
  notifyUnreachable(): void {}
  nextEvent(): undefined {
    return undefined;
  }
  nextWakeDelay(_nowUs: number, maxUs: number): number {
    return this.due > 0 ? 0 : maxUs;
  }
  prepareNextPacket(out: OutgoingDatagram): number {
    out.length = out.segmentSize = this.due-- > 0 ? 1200 : 0;
    this.due = Math.max(this.due, 0);
    out.to = PEER;
    return out.length;
  }
}

class MemoryPort implements DatagramPort {
  readonly local: Address;
  onDatagram: DatagramPort['onDatagram'] = () => {};
  onUnreachable: DatagramPort['onUnreachable'] = () => {};
  sent = 0;
  closed = false;

  constructor(port: number) {
    this.local = { ip: '192.0.2.1', port };
  }

  send(): void {
    this.sent++;
  }

  close(): void {
    this.closed = true;
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await pause(1);
}

test.each(['onLoopEvent', 'onTimeCheck'] as const)(
  'without onError, what %s throws is an uncaught exception of the runtime, and the loop goes on',
  async (name) => {
    const queued: (() => void)[] = [];
    const queue = globalThis.queueMicrotask;
    globalThis.queueMicrotask = (task) => void queued.push(task);
    try {
      let calls = 0;
      const { loop, context, ports } = await started({
        [name]: () => {
          calls++;
          throw new Error('mine');
        },
      });
      loop.wakeUp();
      context.due = 1;
      await until(() => ports[0]?.sent === 1 && queued.length > 1);
      expect(queued.length).toBe(calls);
      loop.stop();
      await loop.ended;
    } finally {
      globalThis.queueMicrotask = queue;
    }
    for (const task of queued) expect(task).toThrow('mine');
  },
);
