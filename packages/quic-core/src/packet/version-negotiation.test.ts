import { describe, expect, test } from '@jest/globals';
import { ByteReader, fromHex } from '@tsquic/bytes';
import { covers } from '@tsquic/testing';
import { Drop } from './drop.ts';
import { createPacketHeader, parseHeader } from './header.ts';
import { decodeVersionNegotiation, encodeVersionNegotiation } from './version-negotiation.ts';
import { PacketType } from '../version/packet-type.ts';
import { VERSIONS } from '../version/versions.ts';

const decode = (packet: Uint8Array): number[] | undefined => {
  const header = createPacketHeader();
  expect(parseHeader(new ByteReader(packet), 8, VERSIONS, header)).toBe(Drop.None);
  expect(header.type).toBe(PacketType.VersionNegotiation);
  return decodeVersionNegotiation(packet, header);
};

describe('Version Negotiation', () => {
  test('is a long header of version 0, the IDs and a list', () => {
    covers('rfc9000-17.2.1-3', 'rfc9000-17.2.1-2');
    const packet = encodeVersionNegotiation(fromHex('d1d2'), fromHex('5152535455'), [1, 0x0a0a0a0a], 0x2a);
    expect(packet).toEqual(fromHex('ea 00000000 02d1d2 055152535455 00000001 0a0a0a0a'));
    expect(decode(packet)).toEqual([1, 0x0a0a0a0a]);
  });

  test('takes IDs of any length that an invariant header can carry', () => {
    const packet = encodeVersionNegotiation(
      new Uint8Array(255),
      new Uint8Array(255).fill(7),
      [0xffff_ffff],
      0xff,
    );
    expect(packet[0]).toBe(0xff);
    expect(decode(packet)).toEqual([0xffff_ffff]);
  });

  test.each(['', '000001', '0000000100'])('a list of "%s" is none', (list) => {
    expect(decode(fromHex(`80000000000000${list}`))).toBeUndefined();
  });
});
