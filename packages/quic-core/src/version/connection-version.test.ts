import { expect, test } from '@jest/globals';
import { ConnectionVersion } from './connection-version.ts';
import { PacketType } from './packet-type.ts';
import { VERSION_1, VERSION_2 } from './versions.ts';

const LONG_TYPES = ['Initial', 'ZeroRtt', 'Handshake', 'Retry'] as const;

/** Types that are accepted in this version. */
function accepted(connection: ConnectionVersion, version: number): string[] {
  return LONG_TYPES.filter((name) => connection.accepts({ type: PacketType[name], version }));
}

test('before the sides agree, everything is of the original version', () => {
  const connection = new ConnectionVersion(VERSION_1);
  expect(accepted(connection, VERSION_1.id)).toEqual(LONG_TYPES);
  expect(accepted(connection, VERSION_2.id)).toEqual([]);
});

test('afterwards Handshake packets are of the new one, 0-RTT and Retry stay in the old one, and Initial packets may be either', () => {
  const connection = new ConnectionVersion(VERSION_1);
  connection.current = VERSION_2;
  expect(connection.original).toBe(VERSION_1);
  expect(accepted(connection, VERSION_1.id)).toEqual(['Initial', 'ZeroRtt', 'Retry']);
  expect(accepted(connection, VERSION_2.id)).toEqual(['Initial', 'Handshake']);
  expect(accepted(connection, 0x0a0a_0a0a)).toEqual([]);
});

test('until a client knows the choice of its server, what may answer it is of any version that it offered', () => {
  const connection = new ConnectionVersion(VERSION_1, true, [VERSION_1, VERSION_2]);
  expect(accepted(connection, VERSION_2.id)).toEqual(['Initial', 'Handshake']);
  connection.onHeard(VERSION_1.id);
  expect(accepted(connection, VERSION_2.id)).toEqual(['Initial', 'Handshake']);
  connection.onHeard(VERSION_2.id);
  expect(connection.current).toBe(VERSION_2);
  expect(accepted(connection, VERSION_2.id)).toEqual(['Initial', 'Handshake']);
  expect(accepted(connection, VERSION_1.id)).toEqual(['ZeroRtt', 'Retry']);
});

test('handshake data in the original version settles it', () => {
  const connection = new ConnectionVersion(VERSION_2, true, [VERSION_1, VERSION_2]);
  connection.settle();
  expect(accepted(connection, VERSION_1.id)).toEqual([]);
  connection.onHeard(VERSION_1.id);
  expect(connection.current).toBe(VERSION_2);
});
