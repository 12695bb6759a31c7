import { describe, expect, test } from '@jest/globals';
import { HOSTILE_CHAINS, MESSAGE_BYTES } from '../../test/hostile-chains.ts';
import { MID_MS } from '../../test/authority.ts';
import { provider } from '../../test/handshake-pair.ts';
import { encodeCertificate } from '../message/certificate.ts';
import { readPeerChain } from './peer-chain.ts';
import { TrustAnchors } from './trust-anchors.ts';
import { judgeWithin } from './verifier.ts';
import { Work, WORK_LIMITS } from './work.ts';

/** What a program would notice: its own numbers are three orders below. */
const HONEST = { signatures: 4, comparisons: 1000, elements: 1000, branches: 10 };

describe.each(Object.entries(HOSTILE_CHAINS))('%s', (_name, make) => {
  const { anchors, chain } = make();

  test('fits into a message, and so could come from anybody', () => {
    expect(chain.reduce((sum, der) => sum + der.length + 5, 4)).toBeLessThanOrEqual(MESSAGE_BYTES);
  });

  test.each(['server', 'client'] as const)('costs a bounded amount of work, judged for a %s', (purpose) => {
    const work = new Work();
    let verified = 0;
    const counting = {
      ...provider,
      verifySignature: (...args: Parameters<typeof provider.verifySignature>) => {
        verified++;
        return provider.verifySignature(...args);
      },
    };
    const fault = judgeWithin(work, {
      anchors: new TrustAnchors(anchors),
      purpose,
      chain,
      serverName: purpose === 'server' ? 'www.example.org' : '',
      unixTimeMs: MID_MS - 86_400_000,
      crypto: counting,
    });
    for (const kind of ['signatures', 'comparisons', 'elements', 'branches'] as const) {
      // The unit that broke the budget was counted, and not done.
      const limit = WORK_LIMITS[kind];
      if (fault?.reason !== 'budget') expect(work[kind]).toBeLessThanOrEqual(limit);
    }
    expect(verified).toBeLessThanOrEqual(WORK_LIMITS.signatures);
    expect(fault?.message.length ?? 0).toBeLessThanOrEqual(600);
    // eslint-disable-next-line no-control-regex
    expect(fault?.message ?? '').not.toMatch(/[\u0000-\u001f\u007f]/);
  });
});

test('what is not vouched for costs no comparison of names at all', () => {
  const { anchors, chain } = HOSTILE_CHAINS['the same by a stranger']!();
  const work = new Work();
  const asked = {
    purpose: 'server',
    chain,
    serverName: 'www.example.org',
    unixTimeMs: MID_MS - 86_400_000,
  } as const;
  const fault = judgeWithin(work, { ...asked, anchors: new TrustAnchors(anchors), crypto: provider });
  expect(fault).toMatchObject({ reason: 'issuer' });
  expect(work.comparisons).toBeLessThan(HONEST.comparisons);
});

test('a chain that is too dear is refused for that, in so many words', () => {
  const { anchors, chain } = HOSTILE_CHAINS['DNS names against constraints that all miss']!();
  const asked = {
    purpose: 'server',
    chain,
    serverName: 'www.example.org',
    unixTimeMs: MID_MS - 86_400_000,
  } as const;
  const fault = judgeWithin(new Work(), { ...asked, anchors: new TrustAnchors(anchors), crypto: provider });
  expect(fault).toEqual({
    reason: 'budget',
    alert: 46,
    message: 'judging the certificates would take more than 250000 comparisons of names',
  });
});

test('more than a hundred certificates are refused when the message is read', () => {
  const message = encodeCertificate(
    Array.from({ length: 101 }, () => Uint8Array.of(0x30, 0)),
    new Uint8Array(0),
  );
  expect(() => readPeerChain(message.subarray(4), [])).toThrow('101 certificates');
});
