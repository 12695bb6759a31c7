import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { openDenoPort } from './deno-port.ts';

/** Plays Deno: sends end when the test says so. The real one is checked by `pnpm ports`. */
class ScriptedSocket {
  readonly addr = { transport: 'udp', hostname: '127.0.0.1', port: 7 };
  readonly begun: number[] = [];
  endSend: (error?: Error) => void = () => {};
  closed = false;

  send(bytes: Uint8Array): Promise<number> {
    this.begun.push(bytes[0]!);
    return new Promise((resolve, reject) => {
      this.endSend = (error) => (error === undefined ? resolve(bytes.length) : reject(error));
    });
  }

  receive(): Promise<never> {
    return new Promise(() => {});
  }

  close(): void {
    this.closed = true;
  }
}

const TO = { ip: '127.0.0.1', port: 9 };
let socket = new ScriptedSocket();

beforeEach(() => {
  socket = new ScriptedSocket();
  Object.assign(globalThis, { Deno: { listenDatagram: () => socket } });
});
afterEach(() => {
  Reflect.deleteProperty(globalThis, 'Deno');
});

test('one send at a time, whatever became of the last', async () => {
  const port = await openDenoPort();
  for (let value = 0; value < 3; value++) port.send(new Uint8Array([value]), 0, 1, TO, 0);
  expect(socket.begun).toEqual([0]);
  socket.endSend();
  await pause();
  expect(socket.begun).toEqual([0, 1]);
  socket.endSend(new Error('nobody listens'));
  await pause();
  expect(socket.begun).toEqual([0, 1, 2]);
});

test('is not writable while more than a batch waits', async () => {
  const port = await openDenoPort();
  let writable = 0;
  port.onWritable = () => writable++;
  for (let value = 0; value < 65; value++) port.send(new Uint8Array([value]), 0, 1, TO, 0);
  expect(port.isWritable).toBe(false);
  socket.endSend();
  await pause();
  expect([port.isWritable, writable]).toEqual([true, 1]);
});

test('close waits for what was sent', async () => {
  const port = await openDenoPort();
  for (let value = 0; value < 2; value++) port.send(new Uint8Array([value]), 0, 1, TO, 0);
  port.close();
  expect(socket.closed).toBe(false);
  socket.endSend();
  await pause();
  socket.endSend();
  await pause();
  expect([socket.begun, socket.closed]).toEqual([[0, 1], true]);
});

test('elsewhere it says what to use', async () => {
  Reflect.deleteProperty(globalThis, 'Deno');
  await expect(openDenoPort()).rejects.toThrow('openNodePort');
});

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
