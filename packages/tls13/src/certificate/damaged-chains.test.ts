import { expect, test } from '@jest/globals';
import type { CryptoProvider } from '@tsquic/crypto';
import fc from 'fast-check';
import { encodeDer } from '@tsquic/bytes/der';
import { MID_MS } from '../../test/authority.ts';
import {
  authority,
  build,
  cn,
  dnsName,
  extension,
  nameOf,
  oid,
  seq,
  subjectAltName,
} from '../../test/built-certificate.ts';
import { provider } from '../../test/handshake-pair.ts';
import { TrustAnchors } from './trust-anchors.ts';
import { judgeWithin } from './verifier.ts';
import { Work, WORK_LIMITS } from './work.ts';

const SEED = 5280_6;
const HOST = 'www.example.org';
/** Every signature is good, so that damage is met by all that comes after it. */
const credulous: CryptoProvider = { ...provider, verifySignature: () => true };

const policies = extension('551d20', seq(seq(oid('2a0301')), seq(oid('551d2000'))), true);
const constraints = extension(
  '551d1e',
  seq(
    encodeDer(0xa0, seq(dnsName('example.org')), seq(encodeDer(0xa4, cn('leaf')))),
    encodeDer(0xa1, seq(encodeDer(0x87, Uint8Array.of(10, 0, 0, 0, 255, 0, 0, 0)))),
  ),
  true,
);
const anchor = build({ subject: cn('root'), issuer: cn('root'), extensions: [authority()] });
const CHAIN = [
  build({
    subject: nameOf(['550403', 'leaf'], ['55040a', 'Acme']),
    issuer: cn('middle'),
    extensions: [
      subjectAltName(dnsName(HOST), dnsName('*.example.org')),
      policies,
      extension('551d25', seq(oid('2b06010505070301'))),
      extension('551d0f', encodeDer(3, Uint8Array.of(7, 0x80)), true),
    ],
  }),
  build({
    subject: cn('middle'),
    extensions: [
      authority(0),
      constraints,
      policies,
      extension('551d21', seq(seq(oid('2a0301'), oid('2a0302')))),
      extension('551d24', seq(encodeDer(0x80, Uint8Array.of(1)), encodeDer(0x81, Uint8Array.of(0))), true),
      extension('551d36', encodeDer(2, Uint8Array.of(3)), true),
    ],
  }),
];

/** A damage to one certificate: bytes from `at` on are replaced. */
const damage = fc.record({
  certificate: fc.nat({ max: 1 }),
  at: fc.nat({ max: 700 }),
  removed: fc.nat({ max: 6 }),
  inserted: fc.uint8Array({ maxLength: 6 }),
});

test(`a damaged chain is judged, whatever the damage: nothing is thrown (seed ${SEED})`, () => {
  const anchors = new TrustAnchors([anchor]);
  const verdicts = new Set<string | undefined>();
  const judge = (chain: readonly Uint8Array[]): void => {
    const work = new Work();
    const asked = { purpose: 'server', chain, serverName: HOST, unixTimeMs: MID_MS - 86_400_000 } as const;
    const fault = judgeWithin(work, { ...asked, anchors, crypto: credulous });
    verdicts.add(fault?.reason);
    expect(work.elements).toBeLessThan(WORK_LIMITS.elements / 100);
    expect(fault?.message.length ?? 0).toBeLessThan(600);
  };
  judge(CHAIN);
  expect([...verdicts]).toEqual([undefined]);
  fc.assert(
    fc.property(fc.array(damage, { minLength: 1, maxLength: 3 }), (damages) => {
      const chain = CHAIN.map((der) => Array.from(der));
      for (const { certificate, at, removed, inserted } of damages)
        chain[certificate]!.splice(at, Math.min(removed, inserted.length), ...inserted.subarray(0, removed));
      judge(chain.map((der) => Uint8Array.from(der)));
    }),
    { seed: SEED, numRuns: 4000 },
  );
  // The damage reaches every kind of rule.
  expect(verdicts.size).toBeGreaterThan(5);
});
