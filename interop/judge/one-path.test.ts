import { expect, test } from '@jest/globals';
import { encodePcapRecord, pcapFileHeader } from '@tsquic/simulator';
import { ontoOnePath } from './one-path.ts';

const bytes = Uint8Array.of(0x40, 1, 2, 3);

test.each([
  ['IPv4', '127.0.0.1', '127.0.0.2'],
  ['IPv6', '::1', '::2'],
])('all datagrams travel on the path of the first, over %s', (_family, home, away) => {
  const server = { ip: home, port: 443 };
  const fileOf = (...ways: readonly (readonly [ip: string, port: number, isUp: boolean])[]): Buffer =>
    Buffer.concat([
      pcapFileHeader(),
      ...ways.map(([ip, port, up], i) => {
        const client = { ip, port };
        const [from, to] = up ? [client, server] : [server, client];
        return encodePcapRecord({ bytes, from, to, ecn: 0 }, i);
      }),
    ]);
  const moved = fileOf([home, 5001, true], [home, 5001, false], [away, 5002, true], [away, 5002, false]);
  const stayed = fileOf([home, 5001, true], [home, 5001, false], [home, 5001, true], [home, 5001, false]);

  const copy = ontoOnePath(moved, ['client', 'server', 'client', 'server']);
  // Checksums stay what they were: nobody asks for them.
  expect(withoutChecksums(copy, home)).toEqual(withoutChecksums(stayed, home));
  expect(moved).not.toEqual(copy);
});

/** Of four records with one length. */
function withoutChecksums(pcap: Buffer, ip: string): Buffer {
  const copy = Buffer.from(pcap);
  const record = (copy.length - 24) / 4;
  const checksum = ip.includes(':') ? 16 + 40 + 6 : 16 + 10;
  for (let i = 0; i < 4; i++) copy.fill(0, 24 + i * record + checksum, 24 + i * record + checksum + 2);
  return copy;
}
