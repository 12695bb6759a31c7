import { expect, test } from '@jest/globals';
import type { Address } from '@tsquic/quic-core';
import { type EventBase, joinReactor, type ReactorEvent, type ReactorSocket } from './reactor.ts';

const TO: Address = { ip: '192.0.2.9', port: 9 };

test('datagrams that would block leave first and in order, after the write event', () => {
  const { base, socket, port } = joined();
  let writable = 0;
  port.onWritable = () => writable++;
  const bytes = new Uint8Array(1);
  for (let value = 0; value < 5; value++) {
    socket.blocks = value === 2;
    bytes[0] = value;
    port.send(bytes, 0, 1, TO, 2);
  }
  expect([socket.sent, port.isWritable]).toEqual([[0, 1], false]);
  socket.blocks = false;
  base.fire('write');
  expect(socket.sent).toEqual([0, 1, 2, 3, 4]);
  expect(socket.marks).toEqual([2, 2, 2, 2, 2]);
  expect([port.isWritable, writable]).toEqual([true, 1]);
});

test('a turn takes in 64 datagrams, and the rest has to wait for the next', () => {
  const { base, socket, port } = joined();
  socket.waiting = 100;
  let heard = 0;
  port.onDatagram = () => heard++;
  base.fire('read');
  expect(heard).toBe(64);
  base.fire('read');
  expect(heard).toBe(100);
});

test('closing sends what it can and takes the events away', () => {
  const { base, socket, port } = joined();
  socket.blocks = true;
  port.send(new Uint8Array([1]), 0, 1, TO, 0);
  socket.blocks = false;
  port.close();
  port.send(new Uint8Array([2]), 0, 1, TO, 0);
  expect([socket.sent, socket.closed, [...base.added.keys()]]).toEqual([[1], true, []]);
});

test('alarms are timer events', () => {
  const { base, clock } = joined();
  let rang = 0;
  const alarm = clock.createAlarm(() => rang++);
  alarm.set(500);
  expect(base.added.get('timer')).toBe(500);
  base.fire('timer');
  expect(rang).toBe(1);
  alarm.set(1);
  alarm.cancel();
  expect(base.added.has('timer')).toBe(false);
});

function joined(): ReturnType<typeof joinReactor> & { base: ScriptedBase; socket: ScriptedSocket } {
  const base = new ScriptedBase();
  const socket = new ScriptedSocket();
  return { base, socket, ...joinReactor(base, socket) };
}

type Kind = 'read' | 'write' | 'timer';

class ScriptedBase implements EventBase {
  readonly added = new Map<Kind, number>();
  private readonly callbacks = new Map<Kind, () => void>();

  nowUs(): number {
    return 0;
  }
  createReadEvent(_socket: ReactorSocket, callback: () => void): ReactorEvent {
    return this.create('read', callback);
  }
  createWriteEvent(_socket: ReactorSocket, callback: () => void): ReactorEvent {
    return this.create('write', callback);
  }
  createTimerEvent(callback: () => void): ReactorEvent {
    return this.create('timer', callback);
  }

  /** The event becomes active, if anybody waits for it. */
  fire(kind: Kind): void {
    if (!this.added.has(kind)) throw new Error(`nobody waits for ${kind}`);
    if (kind !== 'read') this.added.delete(kind);
    this.callbacks.get(kind)?.();
  }

  private create(kind: Kind, callback: () => void): ReactorEvent {
    this.callbacks.set(kind, callback);
    return {
      add: (delayUs = 0) => void this.added.set(kind, delayUs),
      remove: () => void this.added.delete(kind),
    };
  }
}

class ScriptedSocket implements ReactorSocket {
  readonly local: Address = { ip: '192.0.2.1', port: 1 };
  readonly sent: number[] = [];
  readonly marks: number[] = [];
  blocks = false;
  waiting = 0;
  closed = false;

  receive(): { bytes: Uint8Array; from: Address; ecn: number } | undefined {
    return this.waiting-- > 0 ? { bytes: new Uint8Array(1), from: TO, ecn: 0 } : undefined;
  }
  send(bytes: Uint8Array, start: number, _end: number, _to: Address, ecn: number): boolean {
    if (!this.blocks) this.marks.push(ecn);
    if (!this.blocks) this.sent.push(bytes[start]!);
    return !this.blocks;
  }
  close(): void {
    this.closed = true;
  }
}
