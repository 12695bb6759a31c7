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

test.each<[string, () => readonly Uint8Array[], string]>([
  [
    'throws',
    () => {
      throw new Error('no such file');
    },
    'no such file',
  ],
  ['gives what is no certificate', () => [Uint8Array.of(1, 2)], 'trust anchor 0 is not a certificate'],
])(
  'where the function of the anchors %s, no chain is valid, and the program is told once',
  async (_title, read, text) => {
    const { der } = await issueAuthority();
    const faults: unknown[] = [];
    let reads = 0;
    const verifier = createCertificateVerifier({
      trustAnchors: () => {
        reads++;
        return read();
      },
      onFault: (error) => faults.push((error as Error).message),
    });
    for (let judgements = 0; judgements < 3; judgements++)
      expect(verifier.verify([der], HOST, MID_MS, provider)).toEqual({
        ...{ alert: 80, reason: 'issuer' },
        message: expect.stringContaining(`the trust anchors cannot be read: ${text}`),
      });
    const nobody = createCertificateVerifier({ trustAnchors: [] });
    expect(verifier.fingerprint?.(provider)).toEqual(nobody.fingerprint?.(provider));
    expect([reads, faults]).toEqual([1, [expect.stringContaining(text)]]);
  },
);
