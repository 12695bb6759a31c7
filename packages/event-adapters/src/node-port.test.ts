import { createSocket, type Socket } from 'node:dgram';
import { EventEmitter } from 'node:events';
import { describe, expect, test } from '@jest/globals';
import { covers } from '@tsquic/testing';
import type { DatagramPort } from './datagram-port.ts';
import { NodePort, openNodePort } from './node-port.ts';
import { nodeClock } from './node-clock.ts';
import { portPromises } from './port-compliance.ts';

for (const ip of ['127.0.0.1', '::1']) {
  describe(`node port on ${ip}`, () => {
    test.each(portPromises.map(({ name, check }) => [name, check] as const))('%s', async (_name, check) => {
      await expect(check(() => openNodePort({ ip }), nodeClock)).resolves.toBeUndefined();
    });
  });
}

describe('a connected node port', () => {
  test('exchanges datagrams with its peer', async () => {
    const server = await openNodePort({ ip: '127.0.0.1' });
    const client = await openNodePort({ connect: server.local });
    server.onDatagram = (bytes, from) => server.send(bytes, 0, bytes.length, from, 0);
    const echoed = nextDatagram(client);
    client.send(new Uint8Array([1, 2, 3]), 0, 3, server.local, 0);
    expect(await echoed).toEqual(new Uint8Array([1, 2, 3]));
    expect(client.local.ip).toBe('127.0.0.1');
    client.close();
    server.close();
  });

  test.each([1, 2, 3])('tells that nobody listens, after %i datagrams at once', async (count) => {
    const nobody = await closedPort();
    const client = await openNodePort({ connect: nobody });
    const unreachable = new Promise((resolve) => (client.onUnreachable = resolve));
    for (let sent = 0; sent < count; sent++) client.send(new Uint8Array(1200), 0, 1200, nobody, 0);
    expect(await unreachable).toMatchObject({ ip: '127.0.0.1' });
    client.close();
  });
});

test.each(['127.0.0.1', '::1', '0:0:0:0:0:0:0:1'])(
  'a connected node port sends nothing to its peer %s that is for somebody else',
  async (ip) => {
    const [peer, other] = [await openNodePort({ ip }), await openNodePort({ ip })];
    const told = { ip, port: peer.local.port };
    const client = await openNodePort({ connect: told });
    const heard: number[] = [];
    other.onDatagram = () => heard.push(-1);
    const last = new Promise<void>((resolve) => {
      peer.onDatagram = (bytes) => {
        heard.push(bytes[0]!);
        if (bytes[0] === 5) resolve();
      };
    });
    const sends = [other.local, { ip: '192.0.2.1', port: told.port }, told, peer.local, told];
    sends.forEach((to, index) => client.send(Uint8Array.of(index + 1), 0, 1, to, 0));
    await last;
    expect(heard).toEqual([3, 4, 5]);
    for (const port of [client, peer, other]) port.close();
  },
);

test('an ICMP message of a narrow path fails a call and nothing else; one of a closed port is of the peer', () => {
  covers('rfc9000-14.2.1-1', 'rfc9000-14.2.1-4', 'rfc9000-14.2.1-6');
  const peer = { ip: '127.0.0.1', port: 9 };
  const remoteAddress = (): object => ({ address: peer.ip, port: peer.port, family: 'IPv4' });
  const socket = Object.assign(new ScriptedSocket(), { remoteAddress });
  const port = new NodePort(socket as unknown as Socket, peer);
  const heard: unknown[] = [];
  port.onUnreachable = (to) => heard.push(to);
  port.onDatagram = (...datagram) => heard.push(datagram);
  socket.emit('error', Object.assign(new Error('send EMSGSIZE'), { code: 'EMSGSIZE' }));
  expect(heard).toEqual([]);
  expect(port.isWritable).toBe(true);
  socket.emit('error', Object.assign(new Error('recv ECONNREFUSED'), { code: 'ECONNREFUSED' }));
  expect(heard).toEqual([peer]);
  // The system has matched it against the addresses of a connected socket. Of another one nobody knows whom it is about.
  const open = new ScriptedSocket();
  const unconnected = new NodePort(open as unknown as Socket, undefined);
  unconnected.onUnreachable = (to) => heard.push(to);
  open.emit('error', Object.assign(new Error('recv ECONNREFUSED'), { code: 'ECONNREFUSED' }));
  expect(heard).toEqual([peer]);
});

test('an address in use rejects with the reason', async () => {
  const first = await openNodePort({ ip: '127.0.0.1' });
  await expect(openNodePort({ ip: '127.0.0.1', port: first.local.port })).rejects.toMatchObject({
    code: 'EADDRINUSE',
  });
  first.close();
});

test('a datagram to an address that cannot be is lost, not thrown', async () => {
  const port = await openNodePort({ ip: '127.0.0.1' });
  for (const to of [
    { ip: '::1', port: 9 },
    { ip: '127.0.0.1', port: 0 },
  ]) {
    expect(() => port.send(new Uint8Array(10), 0, 10, to, 0)).not.toThrow();
  }
  port.close();
});

describe('when the system takes no more', () => {
  test('nothing is lost, the port says so, and tells when all has left', () => {
    const { socket, port, send } = scripted();
    let writable = 0;
    port.onWritable = () => writable++;
    socket.blocks = true;
    // A turn until the port can know, and the train that may be under way then.
    for (let value = 0; value < 32 + 45; value++) send(value);
    expect(port.isWritable).toBe(false);
    expect([socket.left, socket.waiting.length, writable]).toEqual([[], 77, 0]);
    socket.drain();
    expect(socket.left).toEqual(Array.from({ length: 77 }, (_, value) => value));
    expect([port.isWritable, writable]).toEqual([true, 1]);
  });

  test('what waits is bounded: more is lost', () => {
    const { socket, send } = scripted();
    socket.blocks = true;
    for (let value = 0; value < 250; value++) send(value);
    expect(socket.waiting.length).toBeLessThanOrEqual(128);
    socket.drain();
    expect(socket.left).toEqual(Array.from({ length: socket.left.length }, (_, value) => value));
  });

  test('close waits until what was sent has left, and not for ever', async () => {
    const { socket, port, send } = scripted();
    socket.blocks = true;
    send(1);
    port.close();
    expect(socket.closed).toBe(false);
    socket.drain();
    while (!socket.closed) await pause(1);
    expect([socket.left, socket.closed]).toEqual([[1], true]);

    const stuck = scripted();
    stuck.socket.blocks = true;
    stuck.send(1);
    stuck.port.close();
    while (!stuck.socket.closed) await pause(1);
    expect(stuck.socket.waiting).toHaveLength(1);
  });
});

test('the buffers of the socket are as large as asked for, where the system lets them', async () => {
  const port = await openNodePort({ ip: '127.0.0.1', receiveBufferBytes: 50_000, sendBufferBytes: 60_000 });
  const { socket } = port as unknown as { socket: Socket };
  // Linux doubles what it is asked for.
  expect([1, 2]).toContain(Math.round(socket.getRecvBufferSize() / 50_000));
  expect([1, 2]).toContain(Math.round(socket.getSendBufferSize() / 60_000));
  port.close();
});

/** Plays a socket whose system buffer is full while `blocks` is set. */
class ScriptedSocket extends EventEmitter {
  readonly left: number[] = [];
  readonly waiting: { bytes: Uint8Array; done: ((error: Error | null) => void) | undefined }[] = [];
  blocks = false;
  closed = false;

  address(): { address: string; port: number } {
    return { address: '127.0.0.1', port: 7 };
  }
  getSendQueueCount(): number {
    return this.waiting.length;
  }
  send(
    bytes: Uint8Array,
    _start: number,
    _length: number,
    _port: number,
    _ip: string,
    done?: (error: Error | null) => void,
  ): void {
    this.waiting.push({ bytes, done });
    if (!this.blocks) this.drain();
  }
  /** Reads the bytes only now, as the system does. */
  drain(): void {
    for (const { bytes, done } of this.waiting.splice(0)) {
      this.left.push(bytes[0]!);
      done?.(null);
    }
  }
  close(): void {
    this.closed = true;
  }
}

function scripted(): { socket: ScriptedSocket; port: NodePort; send: (value: number) => void } {
  const socket = new ScriptedSocket();
  const port = new NodePort(socket as unknown as Socket, undefined);
  const buffer = new Uint8Array(1);
  const send = (value: number): void => {
    buffer[0] = value;
    port.send(buffer, 0, 1, { ip: '127.0.0.1', port: 9 });
  };
  return { socket, port, send };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function nextDatagram(port: DatagramPort): Promise<Uint8Array> {
  return new Promise((resolve) => (port.onDatagram = (bytes) => resolve(bytes.slice())));
}

/** A loopback port that was free a moment ago. */
async function closedPort(): Promise<{ ip: string; port: number }> {
  const socket = createSocket('udp4');
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  const { port } = socket.address();
  await new Promise<void>((resolve) => socket.close(resolve));
  return { ip: '127.0.0.1', port };
}
