import { expect, test } from '@jest/globals';
import { InterfaceNames } from './interface-names.ts';
import { AF_INET6, SocketAddresses } from './socket-address.ts';

type Listed = ReturnType<ConstructorParameters<typeof InterfaceNames>[0] & {}>;

/** `sockaddr_in6` of fe80::`last` on an interface. */
function linkLocal(last: number, index: number): DataView {
  const view = new DataView(new ArrayBuffer(28));
  view.setUint16(0, AF_INET6, true);
  view.setUint16(2, 4433);
  view.setUint16(8, 0xfe80);
  view.setUint8(23, last);
  view.setUint32(24, index, true);
  return view;
}

const LISTED = { eth0: [{ address: 'fe80::7', scopeid: 2 }], lo: [{ address: '::1', scopeid: 0 }] };
const refuses = (): never => {
  throw new Error('EPERM');
};

test('hosts on the link, however many, make the system list its interfaces once in some seconds', () => {
  let [lists, nowMs] = [0, 0];
  const list = (): Listed => (lists++, LISTED as never);
  const addresses = new SocketAddresses(new InterfaceNames(list, () => nowMs));
  for (let last = 1; last < 250; last++)
    expect(addresses.read(linkLocal(last, 2), 0).ip).toBe(`fe80::${last.toString(16)}%eth0`);
  expect(lists).toBe(1);
  nowMs = 3000;
  addresses.read(linkLocal(250, 2), 0);
  expect(lists).toBe(2);
});

test('an interface that the system does not name is its index', () => {
  for (const list of [refuses, () => LISTED as never]) {
    const addresses = new SocketAddresses(new InterfaceNames(list));
    const first = addresses.read(linkLocal(1, 9), 0);
    const other = addresses.read(linkLocal(2, 9), 0);
    expect([first.ip, other.ip]).toEqual(['fe80::1%9', 'fe80::2%9']);
    expect(addresses.read(linkLocal(2, 9), 0)).toBe(other);
    expect(addresses.read(linkLocal(1, 9), 0)).toBe(first);
  }
});

test('an address that could not be read is not taken for the one before', () => {
  const names = new InterfaceNames();
  names.nameOf = refuses;
  const addresses = new SocketAddresses(names);
  const victim = addresses.read(linkLocal(7, 0), 0);
  for (let tries = 0; tries < 2; tries++) expect(() => addresses.read(linkLocal(9, 2), 0)).toThrow('EPERM');
  expect(addresses.read(linkLocal(7, 0), 0)).toBe(victim);
});

test('names of interfaces have an index, and what has none is 0', () => {
  const names = new InterfaceNames(() => LISTED as never);
  expect(['eth0', '12', 'lo', 'eth1'].map((zone) => names.indexOf(zone))).toEqual([2, 12, 0, 0]);
  expect(new InterfaceNames(refuses).indexOf('eth0')).toBe(0);
});
