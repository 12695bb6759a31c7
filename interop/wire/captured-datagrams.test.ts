import { expect, test } from '@jest/globals';
import { encodePcapRecord, pcapFileHeader } from '@tsquic/simulator';
import { capturedDatagrams } from './captured-datagrams.ts';

test.each(['127.0.0.1', '::1'])('datagrams of either side, over %s', (ip) => {
  const client = { ip, port: 50_000 };
  const server = { ip, port: 443 };
  const ecn = 0;
  const file = Buffer.concat([
    pcapFileHeader(),
    encodePcapRecord({ bytes: Uint8Array.of(1, 2), from: client, to: server, ecn }, 1_500_000),
    encodePcapRecord({ bytes: Uint8Array.of(3), from: server, to: client, ecn }, 2_000_001),
  ]);
  const place = { clientHost: ip, clientPort: 50_000 };
  expect(capturedDatagrams(file)).toEqual([
    { atUs: 1_500_000, sender: 'client', ...place, bytes: Buffer.of(1, 2) },
    { atUs: 2_000_001, sender: 'server', ...place, bytes: Buffer.of(3) },
  ]);
});
