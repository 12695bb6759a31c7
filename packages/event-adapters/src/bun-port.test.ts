import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { openBunPort } from './bun-port.ts';

/** Plays Bun: a socket that takes so many datagrams at a time. The real one is checked by `pnpm ports`. */
class ScriptedSocket {
  readonly hostname = '127.0.0.1';
  readonly port = 7;
  readonly taken: number[] = [];
  readonly calls: number[] = [];
  takesAtOnce = Infinity;
  isConnected = false;
  closed = false;

  sendMany(packets: readonly (Uint8Array | number | string)[]): number {
    const step = this.isConnected ? 1 : 3;
    const count = Math.min(packets.length / step, this.takesAtOnce);
    this.calls.push(packets.length / step);
    for (let index = 0; index < count; index++) this.taken.push((packets[index * step] as Uint8Array)[0]!);
    return count;
  }

  close(): void {
    this.closed = true;
  }
}

const TO = { ip: '127.0.0.1', port: 9 };
let socket = new ScriptedSocket();
let drain = (): void => {};
let fail = (_error: unknown): void => {};
const REFUSED = Object.assign(new Error('refused'), { code: 'ECONNREFUSED' });

beforeEach(() => {
  socket = new ScriptedSocket();
  const udpSocket = (options: {
    connect?: object;
    socket: { drain: () => void; error: (error: unknown) => void };
  }): Promise<ScriptedSocket> => {
    ({ drain, error: fail } = options.socket);
    socket.isConnected = options.connect !== undefined;
    return Promise.resolve(socket);
  };
  Object.assign(globalThis, { Bun: { udpSocket } });
});
afterEach(() => {
  Reflect.deleteProperty(globalThis, 'Bun');
});

test('the datagrams of a turn leave with one call', async () => {
  const port = await openBunPort();
  for (let value = 0; value < 5; value++) port.send(new Uint8Array([value]), 0, 1, TO, 0);
  expect(socket.calls).toEqual([]);
  await Promise.resolve();
  expect(socket.calls).toEqual([5]);
  expect(socket.taken).toEqual([0, 1, 2, 3, 4]);
});

test('what a full socket refuses goes first when it drains', async () => {
  const port = await openBunPort();
  let writable = 0;
  port.onWritable = () => writable++;
  socket.takesAtOnce = 2;
  for (let value = 0; value < 4; value++) port.send(new Uint8Array([value]), 0, 1, TO, 0);
  await Promise.resolve();
  expect([socket.taken, port.isWritable]).toEqual([[0, 1], false]);
  port.send(new Uint8Array([4]), 0, 1, TO, 0);
  await Promise.resolve();
  expect(socket.taken).toEqual([0, 1]);
  socket.takesAtOnce = Infinity;
  drain();
  expect(socket.taken).toEqual([0, 1, 2, 3, 4]);
  expect([port.isWritable, writable]).toEqual([true, 1]);
});

test.each([
  { title: 'while there is one address', to: [9, 9], told: [9] },
  { title: 'but not when it could be either of two', to: [9, 10], told: [] },
  { title: 'but not before anything was sent', to: [], told: [] },
])('a refusal is told, $title', async ({ to, told }) => {
  const port = await openBunPort();
  const heard: number[] = [];
  port.onUnreachable = (remote) => heard.push(remote.port);
  for (const number of to) port.send(new Uint8Array(1), 0, 1, { ...TO, port: number }, 0);
  fail(REFUSED);
  fail(new Error('something else'));
  expect(heard).toEqual(told);
});

test('a connected port sends to its peer, and tells that nobody listens there', async () => {
  const port = await openBunPort({ connect: TO });
  const heard: unknown[] = [];
  port.onUnreachable = (remote) => heard.push(remote);
  for (let value = 0; value < 3; value++) port.send(new Uint8Array([value]), 0, 1, TO, 0);
  await Promise.resolve();
  expect([socket.calls, socket.taken]).toEqual([[3], [0, 1, 2]]);
  fail(REFUSED);
  expect(heard).toEqual([TO]);
});

test('close sends what waits', async () => {
  const port = await openBunPort();
  port.send(new Uint8Array([1]), 0, 1, TO, 0);
  port.close();
  expect([socket.taken, socket.closed]).toEqual([[1], true]);
});

test('elsewhere it says what to use', async () => {
  Reflect.deleteProperty(globalThis, 'Bun');
  await expect(openBunPort()).rejects.toThrow('openNodePort');
});
