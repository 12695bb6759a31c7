import { expect, test } from '@jest/globals';
import { encodePcapRecord } from './pcap-record.ts';

test('a record over IPv6 has the checksum of UDP that IPv6 demands, and ECT(0) in its traffic class', () => {
  const record = encodePcapRecord(
    {
      bytes: Uint8Array.of(0x01, 0x02, 0x03),
      from: { ip: '::1', port: 5001 },
      to: { ip: 'fd00::2', port: 443 },
      ecn: 2,
    },
    1_500_000,
  );
  // By hand: 0001 + fd00 + 0002 (addresses) + 0011 + 000b (protocol, length) + 1389 + 01bb + 000b (UDP) + 0102 + 0300 (data)
  // = 11670, folded 1671, complement e98e.
  const words = [
    '00000001 0007a120 00000033 00000033',
    '60200000 000b 11 40 00000000000000000000000000000001 fd000000000000000000000000000002',
    '1389 01bb 000b e98e 010203',
  ];
  expect(Buffer.from(record).toString('hex')).toBe(words.join('').replaceAll(' ', ''));
});

test('an address that is none is refused', () => {
  const at = { ip: 'localhost', port: 1 };
  expect(() => encodePcapRecord({ bytes: new Uint8Array(1), from: at, to: at, ecn: 0 }, 0)).toThrow(
    'localhost is no IP address',
  );
});
