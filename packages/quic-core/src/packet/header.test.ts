import { describe, expect, test } from '@jest/globals';
import { ByteReader, fromHex } from '@tsquic/bytes';
import fc from 'fast-check';
import { covers } from '@tsquic/testing';
import { Drop, dropName } from './drop.ts';
import { createPacketHeader, parseHeader } from './header.ts';
import { PacketType } from '../version/packet-type.ts';
import { VERSIONS } from '../version/versions.ts';

const SEED = 9000_17;
const LOCAL_ID_LENGTH = 8;

function parse(bytes: Uint8Array) {
  const header = createPacketHeader();
  const reader = new ByteReader(bytes);
  const drop = parseHeader(reader, LOCAL_ID_LENGTH, VERSIONS, header);
  return { drop, header, position: reader.position };
}

/** A long header with these parts; `rest` follows the IDs. */
function long(first: number, version: string, dcid: number, scid: number, rest: string): Uint8Array {
  const length = (n: number): string => n.toString(16).padStart(2, '0');
  const hex =
    length(first) + version + length(dcid) + 'dd'.repeat(dcid) + length(scid) + 'cc'.repeat(scid) + rest;
  return fromHex(hex);
}

describe('long headers', () => {
  test.each([
    ['Initial', 0xc0, PacketType.Initial, '03aabbcc 05 0102030405', 3],
    ['Initial without token', 0xcf, PacketType.Initial, '00 4005 0102030405', 0],
    ['0-RTT', 0xd0, PacketType.ZeroRtt, '05 0102030405', 0],
    ['Handshake', 0xe3, PacketType.Handshake, '05 0102030405', 0],
  ])('%s: every part is found, and what is coalesced behind', (_name, first, type, rest, tokenLength) => {
    const bytes = long(first, '00000001', 20, 3, `${rest}eeee`);
    const { drop, header, position } = parse(bytes);
    expect(drop).toBe(Drop.None);
    expect(header).toMatchObject({
      type,
      version: 1,
      headerAt: 0,
      dcidAt: 6,
      dcidLength: 20,
      scidLength: 3,
      tokenLength,
    });
    expect(bytes.subarray(header.scidAt, header.scidAt + 3)).toEqual(fromHex('cccccc'));
    expect(bytes.subarray(header.tokenAt, header.tokenAt + tokenLength)).toEqual(
      fromHex('aabbcc').subarray(0, tokenLength),
    );
    expect(bytes[header.numberAt]).toBe(1);
    expect([header.packetEnd - header.numberAt, bytes.length - header.packetEnd]).toEqual([5, 2]);
    expect(position).toBe(header.packetEnd);
  });

  test('Retry: everything up to the tag is token, whatever the unused bits say', () => {
    for (const first of [0xf0, 0xff]) {
      const { drop, header } = parse(long(first, '00000001', 0, 8, `aabb${'99'.repeat(16)}`));
      expect(drop).toBe(Drop.None);
      expect(header).toMatchObject({ type: PacketType.Retry, tokenLength: 2, packetEnd: 33 });
    }
  });

  test('a token of one byte is enough for a Retry', () => {
    const { drop, header } = parse(long(0xf0, '00000001', 0, 8, `aa${'99'.repeat(16)}`));
    expect([drop, header.tokenLength]).toEqual([Drop.None, 1]);
  });

  test('a Retry without a token is dropped', () => {
    covers('rfc9000-17.2.5.2-4');
    expect(parse(long(0xf0, '00000001', 0, 8, '99'.repeat(16))).drop).toBe(Drop.Truncated);
    expect(parse(long(0xf0, '00000001', 0, 8, '99'.repeat(15))).drop).toBe(Drop.Truncated);
  });

  test.each([0x80, 0xcf, 0xff, 0xbf])(
    'version 0 is Version Negotiation, whatever else the first byte (%i) says',
    (first) => {
      covers('rfc9000-17.2.1-1');
      const { drop, header } = parse(long(first, '00000000', 8, 0, '00000001'));
      expect(drop).toBe(Drop.None);
      expect(header).toMatchObject({ type: PacketType.VersionNegotiation, numberAt: 15, packetEnd: 19 });
    },
  );

  test('without the fixed bit it is no packet', () => {
    covers('rfc9000-17.2-1');
    expect(parse(long(0x80, '00000001', 8, 8, '00 05 0102030405')).drop).toBe(Drop.FixedBitClear);
  });

  test.each([
    [21, 8],
    [8, 21],
    [255, 0],
  ])('IDs of %d and %d bytes are too long for version 1', (dcid, scid) => {
    covers('rfc9000-17.2-3', 'rfc9000-17.2-6');
    expect(parse(long(0xe0, '00000001', dcid, scid, '0401020304')).drop).toBe(Drop.ConnectionIdTooLong);
  });

  test('of other versions, IDs of any length are read', () => {
    covers('rfc9000-17.2-4', 'rfc9000-17.2-7');
    const { drop, header } = parse(long(0x80, '0a1a2a3a', 255, 200, ''));
    expect(drop).toBe(Drop.UnknownVersion);
    expect(header).toMatchObject({
      version: 0x0a1a2a3a,
      dcidAt: 6,
      dcidLength: 255,
      scidAt: 262,
      scidLength: 200,
    });
  });

  test('no strict prefix of a packet is a packet', () => {
    const whole = long(0xc0, '00000001', 8, 8, '02aabb 4006 010203040506');
    expect(parse(whole).drop).toBe(Drop.None);
    for (let length = 1; length < whole.length; length++)
      expect(parse(whole.subarray(0, length)).drop).toBe(Drop.Truncated);
  });
});

describe('short headers', () => {
  test('are a destination ID, and the packet to the end', () => {
    const { drop, header } = parse(fromHex(`43${'ab'.repeat(8)}0102030405`));
    expect(drop).toBe(Drop.None);
    expect(header).toMatchObject({
      type: PacketType.OneRtt,
      version: 0,
      dcidAt: 1,
      dcidLength: 8,
      scidLength: 0,
      numberAt: 9,
      packetEnd: 14,
    });
  });

  test('without the fixed bit it is no packet', () => {
    covers('rfc9000-17.3.1-1');
    expect(parse(fromHex(`03${'ab'.repeat(8)}0102030405`)).drop).toBe(Drop.FixedBitClear);
  });

  test.each([1, 8])('%d bytes hold no destination ID', (length) => {
    expect(parse(new Uint8Array(length).fill(0x40)).drop).toBe(Drop.Truncated);
  });
});

test('noise never throws, and what is accepted lies within the datagram', () => {
  const firsts = fc.constantFrom(0x40, 0x43, 0xc0, 0xd1, 0xe2, 0xf3, 0x80, 0x00);
  const versions = fc.constantFrom([0, 0, 0, 1], [0, 0, 0, 0], [0x6b, 0x33, 0x43, 0xcf]);
  fc.assert(
    fc.property(firsts, versions, fc.uint8Array({ maxLength: 80 }), (first, version, noise) => {
      const bytes = Uint8Array.from([
        first,
        ...version,
        ...noise.map((byte, i) => (i % 9 === 0 ? byte % 24 : byte)),
      ]);
      const { drop, header } = parse(bytes);
      if (drop !== Drop.None) return;
      expect(header.packetEnd).toBeLessThanOrEqual(bytes.length);
      expect(header.numberAt).toBeLessThanOrEqual(header.packetEnd);
      for (const [at, length] of [
        [header.dcidAt, header.dcidLength],
        [header.scidAt, header.scidLength],
        [header.tokenAt, header.tokenLength],
      ] as const)
        expect(at + length).toBeLessThanOrEqual(header.packetEnd);
    }),
    { seed: SEED, numRuns: 3000 },
  );
});

test('every drop code has a name', () => {
  for (const [name, code] of Object.entries(Drop)) expect(dropName(code)).toBe(name);
});
