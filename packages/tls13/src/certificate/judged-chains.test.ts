import { beforeAll, expect, test } from '@jest/globals';
import { issue, issueAuthority, type Issued, MID_MS, YEAR_MS } from '../../test/authority.ts';
import { provider } from '../../test/handshake-pair.ts';
import type { CertificateVerifier } from '../index.ts';
import { createCertificateVerifier } from '../x509.ts';

const HOST = 'www.example.org';
const DAY_MS = 86_400_000;
let root: Issued;
let middle: Issued;
let leaf: Issued;
let chain: Uint8Array[];

beforeAll(async () => {
  root = await issueAuthority();
  // The chain is valid for as long as the certificate in the middle, which ends first.
  const notAfter = new Date(MID_MS + 10 * DAY_MS);
  middle = await issueAuthority({ name: 'CN=middle', issuer: root, notAfter });
  leaf = await issue({ issuer: middle, dns: [HOST, 'other.example.org'] });
  chain = [leaf.der, middle.der];
});

/** The signatures that each judgement checks. */
function counting(): { crypto: typeof provider; count: () => number } {
  let count = 0;
  const verifySignature: typeof provider.verifySignature = (...args) => {
    count++;
    return provider.verifySignature(...args);
  };
  const taken = (): number => {
    const now = count;
    count = 0;
    return now;
  };
  return { crypto: { ...provider, verifySignature }, count: taken };
}

function createVerifier(anchor = root.der): CertificateVerifier {
  return createCertificateVerifier({ trustAnchors: [anchor] });
}

test('the same chain for the same name is judged once', () => {
  const { crypto, count } = counting();
  const verifier = createVerifier();
  const copies = chain.map((der) => der.slice());
  expect(verifier.verify(copies, HOST, MID_MS, crypto)).toBeUndefined();
  expect(count()).toBe(2);
  // What is remembered is no view of what came.
  copies.forEach((der) => der.fill(0));
  expect(verifier.verify(chain, HOST, MID_MS + DAY_MS, crypto)).toBeUndefined();
  expect(count()).toBe(0);
});

test('another name, another byte, another order, another verifier and another provider are judged anew', () => {
  const { crypto, count } = counting();
  const verifier = createVerifier();
  const judge = (certificates: readonly Uint8Array[], name = HOST): string | undefined =>
    verifier.verify(certificates, name, MID_MS, crypto)?.reason;
  expect([judge(chain), count()]).toEqual([undefined, 2]);
  expect([judge(chain, 'other.example.org'), count()]).toEqual([undefined, 2]);
  expect(judge(chain, 'wrong.example.org')).toBe('name');
  const damaged = leaf.der.slice();
  damaged[damaged.length - 1]! ^= 1;
  expect([judge([damaged, middle.der]), count()]).toEqual(['signature', 1]);
  expect(judge([leaf.der])).toBe('issuer');
  expect(judge([middle.der, leaf.der])).toBe('purpose');
  expect([judge([...chain, root.der]), count()]).toEqual([undefined, 2]);
  expect(createVerifier(leaf.der).verify(chain, HOST, MID_MS, crypto)).toBeUndefined();
  expect(createVerifier(damaged).verify(chain, HOST, MID_MS, crypto)?.reason).toBe('issuer');
  const other = counting();
  expect(verifier.verify(chain, HOST, MID_MS, other.crypto)).toBeUndefined();
  expect(other.count()).toBe(2);
});

test('a chain is valid no longer than each certificate of its path, nor before', () => {
  const { crypto, count } = counting();
  const verifier = createVerifier();
  const at = (timeMs: number): string | undefined => verifier.verify(chain, HOST, timeMs, crypto)?.reason;
  expect([at(MID_MS), count()]).toEqual([undefined, 2]);
  expect([at(MID_MS + 10 * DAY_MS), count()]).toEqual([undefined, 0]);
  expect(at(MID_MS + 10 * DAY_MS + 1000)).toBe('time');
  // The clock was set back, and the chain has to be judged again.
  count();
  expect([at(MID_MS), count()]).toEqual([undefined, 2]);
  expect(at(MID_MS - YEAR_MS - 1)).toBe('time');
  expect(at(Number.NaN)).not.toBe('time');
});

test('faults are not remembered, and of valid chains only so many as are used', () => {
  const { crypto, count } = counting();
  const verifier = createVerifier();
  const judge = (der: Uint8Array, name: string): string | undefined =>
    verifier.verify([der, middle.der], name, MID_MS, crypto)?.reason;
  const damaged = leaf.der.slice();
  damaged[damaged.length - 1]! ^= 1;
  judge(damaged, HOST);
  expect([count(), judge(damaged, HOST), count()]).toEqual([1, 'signature', 1]);
  judge(leaf.der, HOST);
  // More bytes than are kept of one chain.
  const long = Array.from({ length: 5 }, () => new Uint8Array(4000));
  const padded = [leaf.der, middle.der, ...long];
  verifier.verify(padded, HOST, MID_MS, crypto);
  count();
  expect([verifier.verify(padded, HOST, MID_MS, crypto), count()]).toEqual([undefined, 2]);
  expect([judge(leaf.der, HOST), count()]).toEqual([undefined, 0]);
  for (let i = 0; i < 40; i++)
    verifier.verify([leaf.der, middle.der, Uint8Array.of(i)], HOST, MID_MS, crypto);
  count();
  expect([judge(leaf.der, HOST), count()]).toEqual([undefined, 2]);
});
