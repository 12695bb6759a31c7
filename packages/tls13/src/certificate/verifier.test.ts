import { expect, test } from '@jest/globals';
import { issue, issueAuthority, MID_MS } from '../../test/authority.ts';
import { provider } from '../../test/handshake-pair.ts';
import { createCertificateVerifier } from '../x509.ts';

const HOST = 'www.example.org';

test('anchors that a function gives are read once, when the first chain is judged', async () => {
  const root = await issueAuthority();
  const { der } = await issue({ issuer: root, dns: [HOST] });
  let reads = 0;
  const verifier = createCertificateVerifier({
    trustAnchors: () => {
      reads++;
      return [root.der];
    },
  });
  expect(reads).toBe(0);
  expect(verifier.verify([der], HOST, MID_MS, provider)).toBeUndefined();
  expect(verifier.verify([der], 'wrong.example.org', MID_MS, provider)?.reason).toBe('name');
  const given = createCertificateVerifier({ trustAnchors: [root.der] });
  expect(verifier.fingerprint?.(provider)).toEqual(given.fingerprint?.(provider));
  expect(reads).toBe(1);
});

test('an anchor of a function that is no certificate is told when a chain is judged', () => {
  const verifier = createCertificateVerifier({ trustAnchors: () => [Uint8Array.of(1, 2)] });
  expect(() => verifier.verify([], HOST, MID_MS, provider)).toThrow('trust anchor 0 is not a certificate');
});
