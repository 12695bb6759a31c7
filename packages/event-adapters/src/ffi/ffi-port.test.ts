import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { covers } from '@tsquic/testing';
import { type Received, ScriptedSystem } from '../../test/scripted-system.ts';
import { FfiPort } from './ffi-port.ts';

const TO = { ip: '127.0.0.1', port: 9 };
const PEER_NAME = Uint8Array.of(2, 0, 0, 9, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0);
const [EAGAIN, EBADF, EINVAL, EMSGSIZE, ENOBUFS, EIO, ECONNREFUSED] = [11, 9, 22, 90, 105, 5, 111];
let system = new ScriptedSystem();
beforeEach(() => {
  system = new ScriptedSystem();
});

function open(connect?: typeof TO): FfiPort {
  const buffers = { receiveBufferBytes: 1000, sendBufferBytes: 1000 };
  return new FfiPort(system, { local: { ip: '127.0.0.1', port: 0 }, connect, ...buffers });
}

function send(port: FfiPort, ...values: number[]): void {
  const buffer = new Uint8Array(1);
  for (const value of values) {
    buffer[0] = value;
    port.send(buffer, 0, 1, TO, 0);
  }
}

/** Datagrams 0, 1 and so on, of 1200 bytes, the last of 100. */
function train(count: number): Uint8Array {
  return Uint8Array.from({ length: 1200 * (count - 1) + 100 }, (_, i) => Math.floor(i / 1200));
}

function sendTrain(port: FfiPort, count: number): void {
  const bytes = train(count);
  port.sendTrain(bytes, 0, bytes.length, 1200, TO, 2);
}

const lengths = (): number[] => system.sent.map(({ bytes }) => bytes.length);
const firsts = (): number[] => system.sent.map(({ bytes }) => bytes[0]!);
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** `cmsghdr` with a u16 or i32. */
function control(level: number, type: number, length: number, value: number): number[] {
  const data = [value & 255, value >> 8, 0, 0, 0, 0, 0, 0];
  return [length, 0, 0, 0, 0, 0, 0, 0, level, 0, 0, 0, type, 0, 0, 0, ...data];
}

describe('trains', () => {
  test('leave with one call, which says how to cut them and how to mark them', () => {
    sendTrain(open(), 3);
    expect(lengths()).toEqual([2500]);
    expect([...system.sent[0]!.control]).toEqual([...control(17, 103, 18, 1200), ...control(0, 1, 20, 2)]);
    expect([...system.sent[0]!.name]).toEqual([...PEER_NAME]);
  });

  test('have 64 datagrams at most, and 65507 bytes', () => {
    const port = open();
    const small = new Uint8Array(70 * 100);
    port.sendTrain(small, 0, small.length, 100, TO, 0);
    const large = new Uint8Array(45 * 1472);
    port.sendTrain(large, 0, large.length, 1472, TO, 0);
    expect(lengths()).toEqual([6400, 600, 44 * 1472, 1472]);
    // What is left of one is a single datagram.
    expect(system.sent[3]!.control).toHaveLength(0);
  });

  test.each([
    ['a path too narrow for its datagrams', EMSGSIZE],
    ['a system that knows no trains', EINVAL],
    ['a device that makes no checksums', EIO],
  ])('go one by one over %s, and from then on', (_title, errno) => {
    const port = open();
    system.sendErrors.push(errno);
    sendTrain(port, 3);
    expect(lengths()).toEqual([1200, 1200, 100]);
    expect(firsts()).toEqual([0, 1, 2]);
    sendTrain(port, 2);
    expect(lengths().slice(3)).toEqual([1200, 100]);
    const elsewhere = { ip: '127.0.0.2', port: 9 };
    port.sendTrain(train(3), 0, 2500, 1200, elsewhere, 0);
    expect(lengths().at(-1)).toBe(2500);
  });

  test('arrive as the datagrams that they are made of', () => {
    const port = open();
    const heard: unknown[] = [];
    port.onDatagram = (bytes, from, ecn) => heard.push([bytes.length, bytes[0], from, ecn]);
    const marks = Uint8Array.from([...control(17, 104, 20, 1200), ...control(0, 1, 17, 2)]);
    system.arrivals.push({ bytes: train(3), name: PEER_NAME, control: marks });
    system.onPoll(system.handle, 0, 1);
    expect(heard).toEqual([
      [1200, 0, TO, 2],
      [1200, 1, TO, 2],
      [100, 2, TO, 2],
    ]);
  });
});

describe('a full system', () => {
  test('gets what waits in order when it has room, and the port says so', () => {
    const port = open();
    let writable = 0;
    port.onWritable = () => writable++;
    system.sendError = EAGAIN;
    send(port, 1, 2);
    expect([port.isWritable, system.log.at(-1)]).toEqual([false, 'poll-start 3']);
    sendTrain(port, 2);
    system.sendError = 0;
    send(port, 5);
    expect(system.sent).toEqual([]);
    system.onPoll(system.handle, 0, 2);
    expect(firsts()).toEqual([1, 2, 0, 1, 5]);
    expect([port.isWritable, writable, system.log.at(-1)]).toEqual([true, 1, 'poll-start 1']);
    send(port, 6);
    expect(firsts().at(-1)).toBe(6);
  });

  test('that is full again keeps the order', () => {
    const port = open();
    system.sendErrors.push(EAGAIN, 0, EAGAIN);
    send(port, 1, 2, 3);
    system.onPoll(system.handle, 0, 2);
    expect([firsts(), port.isWritable]).toEqual([[1], false]);
    system.onPoll(system.handle, 0, 2);
    expect([firsts(), port.isWritable]).toEqual([[1, 2, 3], true]);
  });

  test('takes what waits before close, and the handle is closed before the socket', () => {
    const port = open();
    system.sendErrors.push(EAGAIN, EAGAIN);
    send(port, 1);
    port.close();
    expect(system.log).not.toContain('close 5');
    system.onPoll(system.handle, 0, 2);
    expect(firsts()).toEqual([1]);
    expect(system.log.slice(-2)).toEqual(['poll-close', 'close 5']);
  });
});

test.each([ENOBUFS, EMSGSIZE, EINVAL, EBADF])('a datagram that the system refuses (%i) is lost', (errno) => {
  const port = open();
  system.sendErrors.push(errno);
  send(port, 1, 2);
  expect([firsts(), port.isWritable]).toEqual([[2], true]);
});

describe('ICMP', () => {
  test('makes the next call of a connected socket fail, which is made again', async () => {
    const port = open(TO);
    const heard: unknown[] = [];
    port.onUnreachable = (to) => heard.push(to);
    system.sendErrors.push(ECONNREFUSED);
    send(port, 1);
    expect([firsts(), heard]).toEqual([[1], []]);
    await turn();
    expect(heard).toEqual([TO]);
  });

  test('stops the watching, which goes on once the error is read', async () => {
    covers('rfc9000-14.2.1-1');
    const port = open(TO);
    const heard: unknown[] = [];
    port.onUnreachable = (to) => heard.push(to);
    system.arrivals.push({ errno: ECONNREFUSED });
    system.onPoll(system.handle, -9, 0);
    expect(system.log.at(-1)).toBe('poll-start 1');
    await turn();
    expect(heard).toEqual([TO]);
  });

  test('of an unconnected socket is nobody’s', async () => {
    const port = open();
    let count = 0;
    port.onUnreachable = () => count++;
    system.arrivals.push({ errno: ECONNREFUSED }, { bytes: Uint8Array.of(1), name: PEER_NAME });
    port.onDatagram = () => (count += 10);
    system.onPoll(system.handle, 0, 1);
    await turn();
    expect(count).toBe(10);
  });
});

test('a socket that was closed by somebody else is not watched any more', () => {
  open();
  system.arrivals.push(...Array.from({ length: 300 }, () => ({ errno: EBADF })));
  system.onPoll(system.handle, 0, 1);
  expect(system.log.at(-1)).toBe('poll-stop');
  system.onPoll(system.handle, -9, 0);
  expect(system.log.at(-1)).toBe('poll-stop');
});

test('a socket whose errors are between datagrams is watched on', () => {
  const port = open();
  let count = 0;
  port.onDatagram = () => count++;
  const one: Received = { bytes: Uint8Array.of(1), name: PEER_NAME };
  system.arrivals.push(...Array.from({ length: 20 }, () => [{ errno: EIO }, one]).flat());
  system.onPoll(system.handle, 0, 1);
  expect([count, system.log.includes('poll-stop')]).toEqual([20, false]);
});

test('a turn reads a bounded number of datagrams', () => {
  const port = open();
  let count = 0;
  port.onDatagram = () => count++;
  const one: Received = { bytes: Uint8Array.of(1), name: PEER_NAME };
  system.arrivals.push(...Array.from({ length: 400 }, () => one));
  system.onPoll(system.handle, 0, 1);
  expect(count).toBe(256);
  system.onPoll(system.handle, 0, 1);
  expect(count).toBe(400);
});

test('what waits when a port closes leaves, though an ICMP message comes first', () => {
  const port = open();
  system.sendError = EAGAIN;
  send(port, 1);
  port.close();
  system.arrivals.push({ errno: ECONNREFUSED });
  system.onPoll(system.handle, -ECONNREFUSED, 0);
  expect(system.arrivals).toEqual([]);
  system.sendError = 0;
  system.onPoll(system.handle, 0, 2);
  expect([firsts(), system.log.at(-1)]).toEqual([[1], 'close 5']);
});

describe('a callback of native code', () => {
  const uncaught: unknown[] = [];
  const original = globalThis.setImmediate;
  afterEach(() => {
    globalThis.setImmediate = original;
    uncaught.length = 0;
  });

  test('throws nothing: what a handler throws comes in a turn of its own', () => {
    const port = open();
    const fault = new Error('of the program');
    port.onDatagram = () => {
      throw fault;
    };
    const later: (() => void)[] = [];
    globalThis.setImmediate = ((task: () => void) => later.push(task)) as never;
    system.arrivals.push({ bytes: Uint8Array.of(1), name: PEER_NAME });
    expect(() => system.onPoll(system.handle, 0, 1)).not.toThrow();
    // The second one lets jobs of promises run that began here.
    expect(later).toHaveLength(2);
    expect(later[0]).toThrow(fault);
    expect(later[1]).not.toThrow();
  });

  test('passes on the rest of a train whose first datagram a handler fails at', () => {
    const port = open();
    const heard: number[] = [];
    port.onDatagram = (bytes) => {
      heard.push(bytes[0]!);
      if (heard.length === 1) throw new Error('of the program');
    };
    const later: (() => void)[] = [];
    globalThis.setImmediate = ((task: () => void) => later.push(task)) as never;
    const marks = Uint8Array.from(control(17, 104, 20, 1200));
    system.arrivals.push({ bytes: train(3), name: PEER_NAME, control: marks });
    system.onPoll(system.handle, 0, 1);
    expect(heard).toEqual([0, 1, 2]);
    expect(later[0]).toThrow('of the program');
  });

  test('finds the memory of its handle until libuv has let go of it', () => {
    const port = open();
    let count = 0;
    port.onDatagram = () => count++;
    port.close();
    system.arrivals.push({ bytes: Uint8Array.of(1), name: PEER_NAME });
    system.onPoll(system.handle, 0, 1);
    system.onClosed(system.handle);
    system.onPoll(system.handle, 0, 1);
    expect(count).toBe(0);
  });
});

test('a closed port touches no socket, which may have its number by now', () => {
  const port = open();
  port.onDatagram = () => port.close();
  const heard: unknown[] = [];
  system.arrivals.push({
    bytes: train(3),
    name: PEER_NAME,
    control: Uint8Array.from(control(17, 104, 20, 1200)),
  });
  system.onPoll(system.handle, 0, 1);
  port.onDatagram = (bytes) => heard.push(bytes);
  const calls = system.log.length;
  send(port, 1);
  sendTrain(port, 3);
  port.ref();
  port.unref();
  port.close();
  expect([system.sent, heard, system.log.length]).toEqual([[], [], calls]);
  expect(system.log.filter((call) => call === 'close 5')).toHaveLength(1);
});

test('memory that was transferred away is not read', () => {
  const port = open();
  const bytes = new Uint8Array(10);
  port.send(bytes, 0, 10, TO, 0);
  structuredClone(bytes.buffer, { transfer: [bytes.buffer] });
  port.send(bytes, 0, 10, TO, 0);
  expect(lengths()).toEqual([10]);
});

test('a connected socket sends to its peer alone, without naming it', () => {
  const port = open(TO);
  port.send(Uint8Array.of(1), 0, 1, { ip: '127.0.0.1', port: 10 }, 0);
  port.send(Uint8Array.of(2), 0, 1, { ...TO }, 0);
  expect(system.sent.map(({ bytes, name }) => [bytes[0], name.length])).toEqual([[2, 0]]);
});

test('addresses that a socket cannot reach are lost, and leave the next datagram alone', () => {
  const port = open();
  for (const to of [{ ip: '::1', port: 9 }, { ip: '127.0.0.1', port: 0 }, { ip: 'localhost', port: 9 }, TO])
    port.send(Uint8Array.of(1), 0, 1, to, 0);
  expect(system.sent.map(({ name }) => [...name])).toEqual([[...PEER_NAME]]);
});

test.each([
  ['socket', 24, 'EMFILE'],
  ['bind', 98, 'EADDRINUSE'],
  ['connect', 101, 'ENETUNREACH'],
  ['setsockopt', 92, 'ENOPROTOOPT'],
])('%s: its error is told, and no socket is left', (call, errno, code) => {
  system.failures[call] = errno;
  expect(() => open(TO)).toThrow(expect.objectContaining({ code, errno: -errno, syscall: call }) as never);
  expect(system.log.includes('close 5')).toBe(call !== 'socket');
});
