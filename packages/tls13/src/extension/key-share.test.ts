import { expect, test } from '@jest/globals';
import { fromHex } from '@tsquic/bytes';
import { Alert } from '../alerts.ts';
import { decodeSelectedGroup, decodeServerShare } from './key-share.ts';

// RFC 8446 §4.2.8: KeyShareHelloRetryRequest is one NamedGroup, KeyShareServerHello one KeyShareEntry.
test('the key_share of a HelloRetryRequest is a group of two bytes', () => {
  expect(decodeSelectedGroup(fromHex('001d'))).toBe(0x1d);
  expect(decodeSelectedGroup(fromHex('0117'))).toBe(0x117);
});

test.each(['', '00', '001d00', '0002001d'])('a selected group of the bytes %j is a decode_error', (hex) => {
  expect(() => decodeSelectedGroup(fromHex(hex))).toThrow(
    expect.objectContaining({ alert: Alert.DecodeError }),
  );
});

test('the key_share of a ServerHello is one entry and nothing after it', () => {
  expect(decodeServerShare(fromHex('001d0001aa'))).toEqual({ group: 0x1d, keyExchange: Uint8Array.of(0xaa) });
  expect(() => decodeServerShare(fromHex('001d0001aa00'))).toThrow(
    expect.objectContaining({ alert: Alert.DecodeError }),
  );
});
