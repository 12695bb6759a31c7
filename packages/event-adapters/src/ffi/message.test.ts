import { expect, test } from '@jest/globals';
import { ScriptedSystem } from '../../test/scripted-system.ts';
import { Message, NAME_AT } from './message.ts';
import { AF_INET, AF_INET6, SocketAddresses, writeSocketAddress } from './socket-address.ts';

const CONTROL_AT = 104;

/** Bytes of little-endian numbers: [size, value] each. */
function laidOut(...fields: (readonly [number, number])[]): number[] {
  return fields.flatMap(([size, value]) =>
    Array.from({ length: size }, (_, i) => Math.floor(value / 256 ** i) % 256),
  );
}

function controlOf(message: Message): number[] {
  const length = message.view.getUint32(40, true);
  return [...new Uint8Array(message.view.buffer, CONTROL_AT, length)];
}

test('control data of IPv4 and IPv6 lie as Linux has them', () => {
  const message = new Message(new ScriptedSystem());
  message.writeControl(AF_INET, 1350, 2, Uint8Array.of(192, 0, 2, 1));
  const ipv4 = [
    ...laidOut([8, 18], [4, 17], [4, 103], [2, 1350], [6, 0], [8, 20], [4, 0], [4, 1], [4, 2], [4, 0]),
    ...laidOut([8, 28], [4, 0], [4, 8], [4, 0], [1, 192], [1, 0], [1, 2], [1, 1], [4, 0], [4, 0]),
  ];
  expect(controlOf(message)).toEqual(ipv4);
  const ip = Uint8Array.from({ length: 16 }, (_, i) => i + 1);
  message.writeControl(AF_INET6, 0, 1, ip);
  const ipv6 = [...laidOut([8, 20], [4, 41], [4, 67], [4, 1], [4, 0], [8, 36], [4, 41], [4, 50]), ...ip];
  expect(controlOf(message).slice(0, 56)).toEqual(ipv6);
  // The interface, and what fills up eight bytes.
  expect(controlOf(message).slice(56, 60)).toEqual([0, 0, 0, 0]);
  message.writeControl(AF_INET, 0, 0, new Uint8Array(0));
  expect(controlOf(message)).toEqual([]);
});

test.each([
  [
    'a train',
    [
      [8, 20],
      [4, 17],
      [4, 104],
      [4, 1400],
      [4, 0],
    ],
    { segmentBytes: 1400 },
  ],
  [
    'a mark over IPv4',
    [
      [8, 17],
      [4, 0],
      [4, 1],
      [8, 0xff],
    ],
    { ecn: 3 },
  ],
  [
    'a mark over IPv6',
    [
      [8, 20],
      [4, 41],
      [4, 67],
      [8, 1],
    ],
    { ecn: 1 },
  ],
  [
    'an address of IPv4',
    [
      [8, 28],
      [4, 0],
      [4, 8],
      [4, 2],
      [4, 0],
      [4, 0x01020304],
      [4, 0],
    ],
    { to: [4, 3, 2, 1] },
  ],
  [
    'something else',
    [
      [8, 20],
      [4, 1],
      [4, 29],
      [8, 5],
    ],
    {},
  ],
  [
    'a length that is none',
    [
      [8, 3],
      [4, 17],
      [4, 104],
      [8, 5],
    ],
    {},
  ],
] as const)('what is received: %s', (_title, fields, told) => {
  const message = new Message(new ScriptedSystem());
  const bytes = laidOut(...fields);
  new Uint8Array(message.view.buffer).set(bytes, CONTROL_AT);
  message.view.setUint32(40, bytes.length, true);
  const { segmentBytes, ecn, to } = message.readControl();
  expect({ segmentBytes, ecn, to: [...to] }).toEqual({ segmentBytes: 0, ecn: 0, to: [], ...told });
});

test.each([
  ['192.0.2.9', AF_INET, [2, 0, 0x11, 0x51, 192, 0, 2, 9]],
  [
    '2001:db8::1',
    AF_INET6,
    [10, 0, 0x11, 0x51, 0, 0, 0, 0, 0x20, 1, 0xd, 0xb8, ...Array<number>(11).fill(0), 1, 0, 0, 0, 0],
  ],
  [
    'fe80::1%7',
    AF_INET6,
    [10, 0, 0x11, 0x51, 0, 0, 0, 0, 0xfe, 0x80, ...Array<number>(13).fill(0), 1, 7, 0, 0, 0],
  ],
  [
    '::ffff:192.0.2.9',
    AF_INET6,
    [10, 0, 0x11, 0x51, 0, 0, 0, 0, ...Array<number>(10).fill(0), 255, 255, 192, 0, 2, 9, 0, 0, 0, 0],
  ],
] as const)('the address %s is written and read', (ip, family, expected) => {
  const { view } = new Message(new ScriptedSystem());
  const address = { ip, port: 4433 };
  expect(writeSocketAddress(view, NAME_AT, address, family)).toBe(family === AF_INET ? 16 : 28);
  expect([...new Uint8Array(view.buffer, NAME_AT, expected.length)]).toEqual(expected);
  const addresses = new SocketAddresses();
  const read = addresses.read(view, NAME_AT);
  expect(read).toEqual(address);
  expect(addresses.read(view, NAME_AT)).toBe(read);
});

test('an address is one object, also when others come in between', () => {
  const { view } = new Message(new ScriptedSystem());
  const addresses = new SocketAddresses();
  const read = (ip: string): unknown => {
    writeSocketAddress(view, NAME_AT, { ip, port: 1 }, ip.includes(':') ? AF_INET6 : AF_INET);
    return addresses.read(view, NAME_AT);
  };
  const [first, other] = [read('192.0.2.1'), read('::1')];
  expect(read('192.0.2.1')).toBe(first);
  expect(read('::1')).toBe(other);
  expect(addresses.of(Uint8Array.of(192, 0, 2, 1), 5)).toEqual({ ip: '192.0.2.1', port: 5 });
  expect(addresses.of(Uint8Array.of(192, 0, 2, 1), 5)).toBe(addresses.of(Uint8Array.of(192, 0, 2, 1), 5));
});
