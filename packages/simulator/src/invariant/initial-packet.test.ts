import { describe, expect, test } from '@jest/globals';
import { initialPacket } from './initial-packet.ts';

const V1 = [0, 0, 0, 1];
const V2 = [0x6b, 0x33, 0x43, 0xcf];
/** Connection IDs of two and three bytes, and a token of so many. */
const rest = (tokenLength: number): number[] => [2, 9, 9, 3, 8, 8, 8, tokenLength];

describe('an Initial packet as it can be read without keys', () => {
  // RFC 9000 §17.2.2 and RFC 9369 §3.2: type 0 in version 1, type 1 in version 2.
  test.each([
    ['version 1', 0xc0, V1],
    ['version 1 without the QUIC bit', 0x8f, V1],
    ['version 2', 0xd0, V2],
    ['version 2 without the QUIC bit', 0x93, V2],
  ])('%s', (_name, first, version) => {
    expect(initialPacket(Uint8Array.from([first, ...version, ...rest(5)]))).toEqual({ tokenLength: 5 });
    expect(initialPacket(Uint8Array.from([first, ...version, ...rest(0)]))).toEqual({ tokenLength: 0 });
  });

  test.each([
    ['0-RTT of version 1', 0xd0, V1],
    ['Retry of version 2', 0xc0, V2],
    ['0-RTT of version 2', 0xe0, V2],
    ['Handshake of version 2', 0xf0, V2],
    ['another version', 0xc0, [0, 0, 0, 2]],
    ['a short header', 0x40, V1],
    ['nothing', 0, []],
  ])('none: %s', (_name, first, version) => {
    expect(initialPacket(Uint8Array.from([first, ...version, ...rest(5)]))).toBeUndefined();
  });
});
