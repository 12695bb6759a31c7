import { describe, expect, test } from '@jest/globals';
import type { Address } from '@tsquic/quic-core';
import type { DatagramPort } from './datagram-port.ts';
import { openNodePort } from './node-port.ts';
import { portPromises } from './port-compliance.ts';
import { createPortSet } from './port-set.ts';

const A: Address = { ip: '192.0.2.1', port: 1 };
const B: Address = { ip: '192.0.2.2', port: 2 };
const SIX: Address = { ip: '2001:db8::1', port: 3 };
const NOBODY: Address = { ip: '', port: 0 };

describe('a port set', () => {
  const openSet = async (): Promise<DatagramPort> =>
    createPortSet([
      { port: await openNodePort({ ip: '127.0.0.1' }) },
      { port: await openNodePort({ ip: '::1' }) },
    ]);

  test.each(portPromises.map(({ name, check }) => [name, check] as const))('%s', async (_name, check) => {
    await expect(check(openSet)).resolves.toBeUndefined();
  });

  test.each([
    { title: 'its local address', to: '198.51.100.1', from: B, index: 0, by: 'B' },
    { title: 'its local address, whatever the interface', to: '198.51.100.1', from: A, index: 8, by: 'A' },
    { title: 'its interface', to: '198.51.100.1', from: NOBODY, index: 8, by: 'B' },
    { title: 'its family', to: '2001:db8::9', from: NOBODY, index: 0, by: 'SIX' },
    { title: 'its family before its interface', to: '2001:db8::9', from: NOBODY, index: 8, by: 'SIX' },
    { title: 'nothing', to: '198.51.100.1', from: NOBODY, index: 0, by: 'A' },
  ])('what goes out takes the socket of $title', ({ to, from, index, by }) => {
    const sent: string[] = [];
    const set = createPortSet([
      { port: memoryPort(A, () => sent.push('A')), interfaceIndex: 7 },
      { port: memoryPort(B, () => sent.push('B')), interfaceIndex: 8 },
      { port: memoryPort(SIX, () => sent.push('SIX')), interfaceIndex: 7 },
    ]);
    set.send(new Uint8Array(1), 0, 1, { ip: to, port: 9 }, 0, from, index);
    expect(sent).toEqual([by]);
  });

  test('without a socket of the family the datagram is lost', () => {
    const sent: string[] = [];
    const set = createPortSet([{ port: memoryPort(A, () => sent.push('A')) }]);
    set.send(new Uint8Array(1), 0, 1, { ip: '2001:db8::9', port: 9 }, 0);
    expect(sent).toEqual([]);
  });

  test('what comes in tells its socket', () => {
    const members = [memoryPort(A), memoryPort(B)];
    const set = createPortSet(members.map((port) => ({ port })));
    const heard: unknown[] = [];
    set.onDatagram = (_bytes, from, ecn, to, index) => heard.push([from, ecn, to, index]);
    members[1]?.onDatagram(new Uint8Array(1), SIX, 3);
    expect(heard).toEqual([[SIX, 3, B, 2]]);
  });

  test('a train goes whole to a socket that takes it, and in parts to another', () => {
    const sent: unknown[] = [];
    const whole = memoryPort(A);
    whole.sendTrain = (_bytes, start, end, segmentBytes, _to, _ecn, from) =>
      sent.push([start, end, segmentBytes, from]);
    const parts = memoryPort(B);
    parts.send = (_bytes, start, end, _to, _ecn, from) => sent.push([start, end, from]);
    const set = createPortSet([whole, parts].map((port) => ({ port })));
    const to = { ip: '198.51.100.1', port: 9 };
    for (const from of [A, B]) set.sendTrain?.(new Uint8Array(25), 0, 25, 10, to, 0, from);
    expect(sent).toEqual([
      [0, 25, 10, A],
      [0, 10, B],
      [10, 20, B],
      [20, 25, B],
    ]);
  });

  test('the address that a socket tells counts more than its own', () => {
    const member = memoryPort(A);
    const set = createPortSet([{ port: member }]);
    const heard: unknown[] = [];
    set.onDatagram = (_bytes, _from, _ecn, to) => heard.push(to);
    member.onDatagram(new Uint8Array(1), SIX, 0, B);
    expect(heard).toEqual([B]);
  });

  test('its kind is that of its first socket', () => {
    const first: DatagramPort = { ...memoryPort(A), kind: 'ffi' };
    expect(createPortSet([{ port: first }, { port: memoryPort(B) }]).kind).toBe('ffi');
    expect(createPortSet([{ port: memoryPort(B) }]).kind).toBe('other');
  });

  test('of nobody is refused', () => {
    expect(() => createPortSet([])).toThrow(RangeError);
  });
});

function memoryPort(local: Address, send: () => void = () => {}): DatagramPort {
  return { local, onDatagram: () => {}, onUnreachable: () => {}, send, close: () => {} };
}
