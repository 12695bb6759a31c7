import { describe, expect, test } from '@jest/globals';
import { createNodeProvider } from '@tsquic/crypto/node';
import { createPair, createTestIdentity } from '@tsquic/simulator';
import { generateKeyPairSync } from 'node:crypto';
import { createQuicContext, QuicUsageError, type QuicContextOptions } from '../src/index.ts';

const crypto = createNodeProvider();
const identity = createTestIdentity(crypto);
const otherKey = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'der' });
const address = { ip: '192.0.2.1', port: 4433 };

describe('a context refuses', () => {
  test.each<[string, Partial<QuicContextOptions>, string]>([
    [
      'a key of another pair',
      { identity: { ...identity, signer: crypto.createSigner(otherKey) } },
      'not the key of the certificate',
    ],
    ['a chain of nothing', { identity: { ...identity, chain: [] } }, 'no certificate'],
    ['a protocol without a name', { alpn: [''] }, '1 to 255 bytes'],
    ['a protocol of 256 bytes', { alpn: ['x'.repeat(256)] }, '1 to 255 bytes'],
    ['no protocol', { alpn: [] }, 'alpn is empty'],
    ['no group', { groups: [] }, 'groups is empty'],
    ['no suite', { cipherSuites: [] }, 'cipherSuites is empty'],
    ['a key for tickets of 15 bytes', { ticketKey: new Uint8Array(15) }, 'ticketKey'],
  ])('%s', (_name, options, message) => {
    const create = (): unknown => createQuicContext({ crypto, alpn: ['test'], ...options });
    expect(create).toThrow(QuicUsageError);
    expect(create).toThrow(message);
  });

  test.each(['b\u00fccher.example', 'a b', 'a..b', '*.example.org'])(
    'to connect to the name %j',
    (serverName) => {
      const context = createQuicContext({ crypto, alpn: ['test'], dangerouslySkipCertificateCheck: true });
      const connect = (): unknown => context.createConnection({ to: address, serverName }, 0);
      expect(connect).toThrow(QuicUsageError);
      expect(connect).toThrow('neither a host name');
      // The context is as it was.
      expect(context.createConnection({ to: address, serverName: 'server.test' }, 0)).toBeDefined();
    },
  );

  test.each([[['']], [['x'.repeat(256)]]])('to connect with the protocols %j', (alpn) => {
    const context = createQuicContext({ crypto, alpn: ['test'], dangerouslySkipCertificateCheck: true });
    expect(() => context.createConnection({ to: address, serverName: 'server.test', alpn }, 0)).toThrow(
      QuicUsageError,
    );
  });

  test('keys of a wrong length to rotate to', () => {
    const context = createQuicContext({ crypto, alpn: ['test'], identity });
    expect(() => context.rotateKeys({ ticketKey: new Uint8Array(3) })).toThrow(QuicUsageError);
    expect(() => context.rotateKeys({ tokenKey: new Uint8Array(17) })).toThrow(QuicUsageError);
    expect(() => context.rotateKeys({ resetKey: new Uint8Array(16) })).toThrow(QuicUsageError);
    expect(() => context.rotateKeys()).not.toThrow();
  });
});

test.each(['other', '', 'x'.repeat(300)])(
  'a program that chooses %j, which nobody offered, ends that handshake',
  (chosen) => {
    const pair = createPair({
      createCrypto: (random) => createNodeProvider({ random }),
      seed: 1,
      server: { alpn: () => chosen },
    });
    const connection = pair.connect();
    pair.run(() => connection.closeReason !== undefined, 5_000_000);
    expect(connection.closeReason).toMatchObject({ kind: 'transport', code: 0x178, remote: true });
  },
);
