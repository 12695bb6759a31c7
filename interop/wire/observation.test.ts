import { describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { observe, type WireDatagram } from './observation.ts';

const vectors = JSON.parse(
  readFileSync(new URL('../../packages/crypto/vectors/rfc9001.json', import.meta.url), 'utf8'),
) as Record<'clientInitial' | 'serverInitial' | 'retry', { readonly packet: string }>;

function datagram(sender: 'client' | 'server', hex: string): WireDatagram {
  return { atUs: 0, sender, clientHost: '127.0.0.1', clientPort: 50_000, bytes: Buffer.from(hex, 'hex') };
}

const clientInitial = datagram('client', vectors.clientInitial.packet);
const serverInitial = datagram('server', vectors.serverInitial.packet);

describe('what the wire tells without secrets', () => {
  test('the Initials of RFC 9001 A.2 and A.3: one handshake, TLS_AES_128_GCM_SHA256', () => {
    const seen = observe([clientInitial, serverInitial]);
    expect(seen).toMatchObject({
      clientVersions: [1],
      serverVersions: [1],
      handshakes: 1,
      retries: 0,
      offeredSuites: [0x1301, 0x1302],
      chosenSuite: 0x1301,
    });
  });

  test('the Retry of RFC 9001 A.4 is counted, and is no handshake', () => {
    const seen = observe([clientInitial, datagram('server', vectors.retry.packet)]);
    expect(seen).toMatchObject({ retries: 1, handshakes: 0, chosenSuite: undefined });
  });

  test('a server Initial changed in one bit opens nothing', () => {
    const changed = Buffer.from(serverInitial.bytes);
    changed.writeUInt8(changed.readUInt8(60) ^ 1, 60);
    const seen = observe([clientInitial, { ...serverInitial, bytes: changed }]);
    expect(seen.chosenSuite).toBeUndefined();
  });

  test('a Version Negotiation packet gives its list', () => {
    const packet = '80000000000002aabb1a2a3a4a00000001';
    expect(observe([datagram('server', packet)]).versionNegotiations).toEqual([[0x1a2a3a4a, 1]]);
  });

  test('short headers are counted by direction', () => {
    const seen = observe([datagram('client', '40'), datagram('client', '41'), datagram('server', '42')]);
    expect([seen.clientShortHeaders, seen.serverShortHeaders]).toEqual([2, 1]);
  });

  test('every truncation of a datagram is read without failing', () => {
    for (let length = 0; length < 80; length++) {
      const bytes = clientInitial.bytes.subarray(0, length);
      expect(() => observe([{ ...clientInitial, bytes }])).not.toThrow();
    }
  });
});
