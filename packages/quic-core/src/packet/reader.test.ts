import { describe, expect, test } from '@jest/globals';
import { concatBytes, fromHex } from '@tsquic/bytes';
import { covers } from '@tsquic/testing';
import { Drop } from './drop.ts';
import { PacketReader } from './reader.ts';
import { PacketType } from '../version/packet-type.ts';
import { VERSIONS } from '../version/versions.ts';

const ID = 'a1a2a3a4a5a6a7a8';
const OTHER_ID = 'a1a2a3a4a5a6a7a9';

const initial = (id = ID): Uint8Array => fromHex(`c0000000010${id.length / 2}${id}00004006010203040506`);
const handshake = (id = ID): Uint8Array => fromHex(`e0000000010${id.length / 2}${id}0006010203040506`);
const oneRtt = (id = ID): Uint8Array => fromHex(`40${id}0102030405`);

/** Types of the packets found, and why the walk ended. */
function walk(...parts: readonly Uint8Array[]): { types: number[]; drop: Drop } {
  const bytes = concatBytes(...parts);
  const reader = new PacketReader(8, VERSIONS);
  // What lies behind the datagram in its buffer must not matter.
  reader.reset(concatBytes(bytes, initial()), bytes.length);
  const types: number[] = [];
  while (reader.next()) types.push(reader.header.type);
  return { types, drop: reader.drop };
}

describe('coalesced packets', () => {
  test('are found one by one', () => {
    covers('rfc9000-12.2-1');
    expect(walk(initial(), handshake(), oneRtt())).toEqual({
      types: [PacketType.Initial, PacketType.Handshake, PacketType.OneRtt],
      drop: Drop.None,
    });
  });

  test('a 1-RTT packet takes the rest', () => {
    expect(walk(oneRtt(), initial())).toEqual({ types: [PacketType.OneRtt], drop: Drop.None });
  });

  test('packets for another ID than the first are ignored', () => {
    covers('rfc9000-12.2-5');
    expect(walk(initial(), handshake(OTHER_ID))).toEqual({
      types: [PacketType.Initial],
      drop: Drop.ForeignConnectionId,
    });
    expect(walk(initial(), oneRtt(OTHER_ID))).toEqual({
      types: [PacketType.Initial],
      drop: Drop.ForeignConnectionId,
    });
    expect(walk(initial(), handshake('a1a2'))).toEqual({
      types: [PacketType.Initial],
      drop: Drop.ForeignConnectionId,
    });
  });

  test.each([
    ['zeros', '00000000', Drop.Truncated],
    ['many zeros', '00'.repeat(30), Drop.FixedBitClear],
    ['half a header', 'c00000000108', Drop.Truncated],
    ['another version', 'c0ff0000010000', Drop.UnknownVersion],
  ])('trailing %s end the walk and harm nothing', (_name, hex, drop) => {
    expect(walk(initial(), fromHex(hex))).toEqual({ types: [PacketType.Initial], drop });
  });

  test('a packet of length 0 does not stop the walk', () => {
    const empty = fromHex(`e00000000108${ID}0000`);
    expect(walk(empty, empty, handshake()).types).toHaveLength(3);
  });
});
