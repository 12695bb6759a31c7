import { describe, expect, test } from '@jest/globals';
import { Failure } from './failure.ts';
import { progressLine } from './progress.ts';
import { formatBytes } from './quantities.ts';
import { summaryLine, summaryObject, type Summary } from './summary.ts';

const SUMMARY: Summary = {
  bytes: 25_000_000,
  seconds: 0.5,
  handshakeMs: 12.3456,
  lostPackets: 1,
  packets: 20_000,
  quicVersion: 1,
  cipherSuite: 'TLS_AES_128_GCM_SHA256',
  alpn: 'hq-interop',
  earlyData: 'none',
  paths: [],
  wanted: 1,
  files: [{ url: 'https://x/a', bytes: 25_000_000, sha256: '' }],
  failures: [],
};

describe('the summary', () => {
  test.each([
    [{}, '1 file, 25.0 MB in 0.500 s: 400.0 Mbit/s; handshake 12.3 ms in QUIC version 1; 1 packet lost'],
    [
      { wanted: 3 },
      '1 of 3 files, 25.0 MB in 0.500 s: 400.0 Mbit/s; handshake 12.3 ms in QUIC version 1; 1 packet lost',
    ],
    [
      { wanted: 0, files: [], lostPackets: 0 },
      'connected; handshake 12.3 ms in QUIC version 1; 0 packets lost',
    ],
    [
      {
        paths: [
          { pathId: 0, local: '192.0.2.1', bytesReceived: 14_000_000 },
          { pathId: 1, local: '192.0.2.2', bytesReceived: 11_000_000 },
        ],
      },
      '1 file, 25.0 MB in 0.500 s: 400.0 Mbit/s; handshake 12.3 ms in QUIC version 1; 1 packet lost; 2 paths: 192.0.2.1 14.0 MB, 192.0.2.2 11.0 MB',
    ],
  ])('with %j is one line', (change, line) => {
    expect(summaryLine({ ...SUMMARY, ...change })).toBe(line);
  });

  test('is an object for programs', () => {
    expect(summaryObject({ ...SUMMARY, failures: [new Failure('ERR_X', 'why')] })).toMatchObject({
      bytes: 25_000_000,
      seconds: 0.5,
      mbps: 400,
      handshakeMs: 12.346,
      lostPackets: 1,
      quicVersion: 1,
      files: [{ url: 'https://x/a', bytes: 25_000_000 }],
      errors: [{ code: 'ERR_X', message: 'why' }],
    });
  });
});

test.each([
  [0, '0 bytes'],
  [999, '999 bytes'],
  [1000, '1.0 kB'],
  [20_000_000, '20.0 MB'],
  [5e12, '5.0 TB'],
  [5e15, '5000.0 TB'],
])('%i bytes are written as %s', (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text);
});

test('the bar counts files', () => {
  expect(progressLine(5, 10, 1_000_000, 1)).toBe(
    `[${'='.repeat(15)}${' '.repeat(15)}] 5/10 files  1.0 MB  8.0 Mbit/s`,
  );
  expect(progressLine(0, 1, 0, 0)).toBe(`[=${' '.repeat(29)}] 0/1 files  0 bytes  0.0 Mbit/s`);
});
