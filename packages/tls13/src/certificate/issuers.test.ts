import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { encodeDer } from '@tsquic/bytes/der';
import { createNobleProvider } from '@tsquic/crypto/noble';
import { MID_MS } from '../../test/authority.ts';
import {
  authority,
  build,
  cn,
  dnsName,
  extension,
  type KeyPair,
  nameOf,
  oid,
  type Parts,
  P256_KEYS,
  seq,
  spkiOf,
  subjectAltName,
  text,
  utcTime,
} from '../../test/built-certificate.ts';
import { provider } from '../../test/handshake-pair.ts';
import { Alert, type CertificateFault } from '../index.ts';
import { createCertificateVerifier } from '../x509.ts';
import { TrustAnchors } from './trust-anchors.ts';
import { judgeWithin } from './verifier.ts';
import { Work } from './work.ts';

const HOST = 'www.example.org';
const NOW_MS = MID_MS - 86_400_000;
const names = subjectAltName(dnsName(HOST));
const signer = P256_KEYS.privateKey;
const number = (tag: number, value: number): Uint8Array => encodeDer(tag, Uint8Array.of(value));

/** Root, authority, leaf, with what a test adds to each. */
function judge(
  root: Parts = {},
  middle: Parts = {},
  leaf: Parts = {},
  host = HOST,
): CertificateFault | undefined {
  const anchor = build({
    subject: cn('root'),
    issuer: cn('root'),
    signer,
    extensions: [authority()],
    ...root,
  });
  const chain = [
    build({ issuer: cn('middle'), signer, extensions: [names], ...leaf }),
    build({ subject: cn('middle'), signer, extensions: [authority()], ...middle }),
  ];
  return createCertificateVerifier({ trustAnchors: [anchor] }).verify(chain, host, NOW_MS, provider);
}

test('two authorities that vouch for each other are no path, and each is tried once', () => {
  const vouch = (subject: string, issuer: string): Uint8Array =>
    build({ subject: cn(subject), issuer: cn(issuer), signer, extensions: [authority()] });
  const leaf = build({ issuer: cn('a'), signer, extensions: [names] });
  const work = new Work();
  const fault = judgeWithin(work, {
    ...{ purpose: 'server', chain: [leaf, vouch('a', 'b'), vouch('b', 'a')], serverName: HOST },
    ...{ unixTimeMs: NOW_MS, crypto: provider, anchors: new TrustAnchors([vouch('root', 'root')]) },
  });
  expect(fault).toMatchObject({ reason: 'issuer', alert: Alert.UnknownCa });
  // RFC 5280 §6.1: no certificate appears in a path more than once.
  expect([work.branches, work.signatures]).toEqual([2, 2]);
});

describe('an authority with a key for RSASSA-PSS alone', () => {
  const restricted = (hash: string | undefined, saltLength?: number): KeyPair =>
    generateKeyPairSync('rsa-pss', {
      modulusLength: 2048,
      ...(hash === undefined ? {} : { hashAlgorithm: hash, mgf1HashAlgorithm: hash }),
      ...(saltLength === undefined ? {} : { saltLength }),
    } as never) as unknown as KeyPair;

  test.each<[string, KeyPair, Parts['algorithm'], boolean]>([
    ['without parameters', restricted(undefined), 'pss-sha256', true],
    ['without parameters, SHA-384', restricted(undefined), 'pss-sha384', true],
    ['for SHA-256', restricted('sha256', 32), 'pss-sha256', true],
    ['for SHA-256 and shorter salts', restricted('sha256', 20), 'pss-sha256', true],
  ])('%s', (_name, keys, algorithm, good) => {
    for (const crypto of [provider, createNobleProvider({ random: () => {} })]) {
      const root = build({
        subject: cn('root'),
        issuer: cn('root'),
        publicKey: spkiOf(keys),
        extensions: [authority()],
      });
      const leaf = build({ signer: keys.privateKey, algorithm: algorithm!, extensions: [names] });
      const fault = createCertificateVerifier({ trustAnchors: [root] }).verify([leaf], HOST, NOW_MS, crypto);
      expect(fault === undefined).toBe(good);
    }
  });

  test.each([
    [0, 'rsa-pss'],
    [20, 'rsa-pss'],
    [222, 'rsa-pss'],
    [222, 'rsa'],
  ] as const)('signs with a salt of %d bytes as key of kind %s, and no other', (saltLength, kind) => {
    const keys = generateKeyPairSync(kind as 'rsa', { modulusLength: 2048 });
    const root = build({
      subject: cn('root'),
      issuer: cn('root'),
      publicKey: spkiOf(keys),
      extensions: [authority()],
    });
    const parts = { signer: keys.privateKey, algorithm: 'pss-sha256', extensions: [names] } as const;
    const signed = build({ ...parts, saltLength });
    const other = build({ ...parts, saltLength: 40 });
    // The signature is of one salt, the certificate names another.
    const mixed = build({ ...parts, saltLength: 41, signature: other.slice(-256) });
    for (const crypto of [provider, createNobleProvider({ random: () => {} })]) {
      const verifier = createCertificateVerifier({ trustAnchors: [root] });
      expect(verifier.verify([signed], HOST, NOW_MS, crypto)).toBeUndefined();
      expect(verifier.verify([other], HOST, NOW_MS, crypto)).toBeUndefined();
      expect(verifier.verify([mixed], HOST, NOW_MS, crypto)).toMatchObject({ reason: 'signature' });
    }
  });

  test('for SHA-384 does not sign with SHA-256: RFC 4055 §3.3', () => {
    // The same numbers, as a key that is for SHA-384 and as one that is not restricted.
    const keys = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const encoded = new Uint8Array(keys.publicKey.export({ type: 'pkcs1', format: 'der' }));
    const key = (algorithm: Uint8Array): Uint8Array =>
      seq(algorithm, encodeDer(3, Uint8Array.of(0), encoded));
    const pssId = '2a864886f70d01010a';
    const sha384 = seq(oid('608648016503040202'), Uint8Array.of(5, 0));
    const parameters = seq(
      encodeDer(0xa0, sha384),
      encodeDer(0xa1, seq(oid('2a864886f70d010108'), sha384)),
      encodeDer(0xa2, number(2, 48)),
    );
    const outcome = (publicKey: Uint8Array, algorithm: 'pss-sha256' | 'pss-sha384'): boolean => {
      const root = build({ subject: cn('root'), issuer: cn('root'), publicKey, extensions: [authority()] });
      const leaf = build({ signer: keys.privateKey, algorithm, extensions: [names] });
      return (
        createCertificateVerifier({ trustAnchors: [root] }).verify([leaf], HOST, NOW_MS, provider) ===
        undefined
      );
    };
    expect(outcome(key(seq(oid(pssId))), 'pss-sha256')).toBe(true);
    expect(outcome(key(seq(oid(pssId), parameters)), 'pss-sha384')).toBe(true);
    expect(outcome(key(seq(oid(pssId), parameters)), 'pss-sha256')).toBe(false);
  });
});

describe('policies, RFC 5280 §6.1', () => {
  const [a, b, any] = ['2a0301', '2a0302', '551d2000'];
  const policies = (...list: string[]): Uint8Array =>
    extension('551d20', seq(...list.map((id) => seq(oid(id)))), true);
  const mapping = (from: string, to: string): Uint8Array =>
    extension('551d21', seq(seq(oid(from), oid(to))), true);
  const constraints = (...fields: Uint8Array[]): Uint8Array => extension('551d24', seq(...fields), true);
  const explicit = constraints(number(0x80, 0));
  const inhibitAny = extension('551d36', number(2, 0), true);

  test.each<[string, Uint8Array[], Uint8Array[], boolean]>([
    ['named, and demanded by nobody', [policies(a)], [policies(b)], true],
    ['named in one certificate alone', [policies(a)], [], true],
    ['demanded, and there', [policies(a), explicit], [policies(a)], true],
    ['demanded, and there beside others', [policies(a, b), explicit], [policies(b)], true],
    ['demanded, and another', [policies(a), explicit], [policies(b)], false],
    ['demanded, and none in the leaf', [policies(a), explicit], [], false],
    ['demanded, and none above', [explicit], [policies(a)], false],
    [
      'demanded one certificate later, which is the leaf',
      [constraints(number(0x80, 1))],
      [policies(a)],
      false,
    ],
    ['demanded later than the path goes', [constraints(number(0x80, 5))], [], true],
    ['demanded by the leaf itself', [], [explicit], false],
    ['demanded by the leaf itself, and there', [policies(a)], [policies(a), explicit], true],
    ['any above', [policies(any), explicit], [policies(a)], true],
    ['any in the leaf', [policies(a), explicit], [policies(any)], true],
    ['any in the leaf, inhibited above', [policies(a), explicit, inhibitAny], [policies(any)], false],
    ['mapped', [policies(a), mapping(a, b), explicit], [policies(b)], true],
    ['mapped, and the old one named', [policies(a), mapping(a, b), explicit], [policies(a)], false],
    ['any, mapped', [policies(any), mapping(a, b), explicit], [policies(b)], true],
    [
      'mapped where mapping is inhibited',
      [policies(a), mapping(a, b), constraints(number(0x80, 0), number(0x81, 0))],
      [policies(b)],
      true,
    ],
  ])('%s', (_name, above, below, good) => {
    const fault = judge({}, { extensions: [authority(), ...above] }, { extensions: [names, ...below] });
    expect(fault?.message ?? '').toEqual(good ? '' : expect.stringContaining('certificate policy'));
  });

  test('mapping is inhibited by an issuer above the one that maps', () => {
    const anchor = build({ subject: cn('root'), issuer: cn('root'), signer, extensions: [authority()] });
    const top = [authority(), policies(a), constraints(number(0x80, 0), number(0x81, 0))];
    const verify = (extensions: Uint8Array[]): CertificateFault | undefined =>
      createCertificateVerifier({ trustAnchors: [anchor] }).verify(
        [
          build({ issuer: cn('lower'), signer, extensions: [names, policies(b)] }),
          build({
            subject: cn('lower'),
            issuer: cn('upper'),
            signer,
            extensions: [authority(), policies(a), mapping(a, b)],
          }),
          build({ subject: cn('upper'), signer, extensions }),
        ],
        HOST,
        NOW_MS,
        provider,
      );
    expect(verify([authority(), policies(a), explicit])).toBeUndefined();
    expect(verify(top)).toMatchObject({ alert: Alert.BadCertificate });
  });

  test.each<[string, Uint8Array]>([
    ['certificatePolicies without a policy', extension('551d20', seq())],
    ['a policy twice', policies(a, a)],
    ['policyConstraints without a constraint', extension('551d24', seq())],
    ['a constraint below zero', extension('551d24', seq(number(0x80, 0xff)))],
    ['a mapping to any policy', mapping(a, any)],
    ['inhibitAnyPolicy that is no number', extension('551d36', Uint8Array.of(5, 0))],
  ])('%s is malformed', (_name, bad) => {
    expect(judge({}, { extensions: [authority(), bad] })?.message).toContain('malformed');
  });

  test('a critical qualifier that nobody knows is not understood', () => {
    const qualified = (id: string): Uint8Array =>
      extension('551d20', seq(seq(oid(a), seq(seq(oid(id), Uint8Array.of(5, 0))))), true);
    expect(judge({}, { extensions: [authority(), qualified('2b06010505070201')] })).toBeUndefined();
    expect(judge({}, { extensions: [authority(), qualified('2a0309')] })).toMatchObject({
      alert: Alert.UnsupportedCertificate,
    });
  });
});

describe('name constraints fail closed, RFC 5280 §4.2.1.10', () => {
  const constrain = (...fields: Uint8Array[]): Uint8Array => extension('551d1e', seq(...fields), true);
  const subtree = (...fields: Uint8Array[]): Uint8Array => encodeDer(0xa0, seq(...fields));
  test.each<[string, Uint8Array]>([
    ['none at all', constrain()],
    ['an empty list of permitted ones', constrain(encodeDer(0xa0))],
    ['an empty list of excluded ones', constrain(encodeDer(0xa1))],
    ['an empty subtree', constrain(subtree())],
    ['bounds', constrain(subtree(dnsName('example.org'), number(0x80, 1)))],
    [
      'excluded before permitted',
      constrain(encodeDer(0xa1, seq(dnsName('x.org'))), subtree(dnsName('example.org'))),
    ],
    ['a third list', constrain(subtree(dnsName('example.org')), encodeDer(0xa2, seq(dnsName('x.org'))))],
    ['a form that does not exist', constrain(subtree(encodeDer(0x89, text('x'))))],
    ['bytes behind', extension('551d1e', new Uint8Array([...seq(subtree(dnsName('example.org'))), 0]), true)],
    ['a wildcard', constrain(subtree(dnsName('*.example.org')))],
    ['a space', constrain(encodeDer(0xa1, seq(dnsName('ftp.example.com '))))],
    ['letters beyond ASCII', constrain(encodeDer(0xa1, seq(dnsName('\u00e9.example.com'))))],
    ['no host name', constrain(encodeDer(0xa1, seq(dnsName('..'))))],
  ])('%s', (_name, constraint) => {
    expect(judge({}, { extensions: [authority(), constraint] })).toMatchObject({
      alert: Alert.BadCertificate,
    });
    expect(judge({ extensions: [authority(), constraint] })).toMatchObject({ alert: Alert.BadCertificate });
  });

  test.each<[string, string, boolean]>([
    ['a mask with a hole', 'c0000200ff00ff00', false],
    ['a whole mask', 'c0000200ffffff00', true],
    ['a range of 5 bytes', 'c000020000', false],
  ])('%s', (_name, hex, good) => {
    const range = constrain(subtree(encodeDer(0x87, new Uint8Array(Buffer.from(hex, 'hex')))));
    const address = encodeDer(0x87, Uint8Array.of(192, 0, 2, 1));
    const leaf = { extensions: [subjectAltName(dnsName(HOST), address)] };
    expect(judge({}, { extensions: [authority(), range] }, leaf) === undefined).toBe(good);
  });

  test('an address of mail in the subject is constrained as one in subjectAltName', () => {
    const constraint = constrain(subtree(encodeDer(0x81, text('example.org'))));
    const subject = nameOf(['550403', 'leaf'], ['2a864886f70d010901', 'a@example.com', 0x16]);
    const above = { extensions: [authority(), constraint] };
    expect(judge({}, above)).toBeUndefined();
    expect(judge({}, above, { subject })).toMatchObject({ alert: Alert.BadCertificate });
  });

  test('a name that could not have been compared is not permitted', () => {
    const excluded = constrain(encodeDer(0xa1, seq(dnsName('example.com'))));
    const odd = (name: string): Parts => ({ extensions: [subjectAltName(dnsName(HOST), dnsName(name))] });
    expect(judge({}, { extensions: [authority(), excluded] }, odd('ftp.example.net'))).toBeUndefined();
    for (const name of ['example.com\0', 'example.com.', 'ex\u00e4mple.com', 'f*.example.com', ''])
      expect(judge({}, { extensions: [authority(), excluded] }, odd(name))).toMatchObject({
        alert: Alert.BadCertificate,
      });
  });
});

describe('form', () => {
  test.each([
    '261301000000Z',
    '260001000000Z',
    '260230000000Z',
    '260132000000Z',
    '260100000000Z',
    '260101240000Z',
    '260101006000Z',
    '260101000060Z',
    '2601010000Z',
    '260101000000+0000',
    '26010100000 Z',
    '',
  ])('the date %j is malformed', (date) => {
    expect(judge({}, {}, { notBefore: utcTime(date) })).toMatchObject({ reason: 'form' });
    expect(judge({}, { notAfter: utcTime(date) })).toMatchObject({ reason: 'form' });
  });

  test('dates of any century, and a leap day', () => {
    const long = (value: string): Uint8Array => encodeDer(0x18, text(value));
    expect(
      judge({}, {}, { notBefore: utcTime('240229000000Z'), notAfter: long('99991231235959Z') }),
    ).toBeUndefined();
    expect(judge({}, {}, { notAfter: long('20260101000000Z') })).toMatchObject({ reason: 'time' });
    expect(judge({}, {}, { notBefore: utcTime('500101000000Z') })).toBeUndefined();
  });

  test.each<[string, Parts]>([
    ['extensions in version 1', { version: 0 }],
    ['a version that is to come', { version: 3 }],
    ['an empty list of extensions', { extensions: [] }],
    ['an extension twice', { extensions: [names, names] }],
    ['no name in subjectAltName', { extensions: [subjectAltName()] }],
    ['no purpose in extKeyUsage', { extensions: [names, extension('551d25', seq())] }],
    ['an empty keyUsage', { extensions: [names, extension('551d0f', number(3, 0))] }],
    ['a BOOLEAN that is not DER', { extensions: [names, extension('551d13', seq(number(1, 1)))] }],
  ])('%s is malformed', (_name, leaf) => {
    expect(judge({}, {}, leaf)).toMatchObject({ alert: Alert.BadCertificate, reason: 'form' });
  });
});

describe('sentences for people', () => {
  test('an address as a DNS name', () => {
    const fault = judge({}, {}, { extensions: [subjectAltName(dnsName('127.0.0.1'))] }, '127.0.0.1');
    expect(fault?.message).toBe(
      'the certificate has 127.0.0.1 as a DNS name, where an address does not count: it must be made anew with IP:127.0.0.1',
    );
  });

  test('names that print alike and differ in their string types', () => {
    const fault = judge({ subject: cn('root', 0x13) });
    expect(fault).toMatchObject({ reason: 'issuer' });
    expect(fault?.message).toContain('reads the same and is encoded otherwise');
  });

  test('a missing intermediate', () => {
    const anchor = build({ subject: cn('root'), issuer: cn('root'), signer, extensions: [authority()] });
    const leaf = build({ issuer: cn('middle'), signer, extensions: [names] });
    const fault = createCertificateVerifier({ trustAnchors: [anchor] }).verify(
      [leaf],
      HOST,
      NOW_MS,
      provider,
    );
    expect(fault?.message).toBe(
      "the issuer 'CN=middle' of the certificate of 'CN=leaf' was not sent and is not among the 1 trusted ones: the chain may lack this intermediate, or its root is not trusted here",
    );
  });

  test('a chain of more than ten', () => {
    const anchor = build({ subject: cn('root'), issuer: cn('root'), signer, extensions: [authority()] });
    const chainOf = (length: number): Uint8Array[] => [
      build({ issuer: cn('c1'), signer, extensions: [names] }),
      ...Array.from({ length }, (_, i) =>
        build({
          subject: cn(`c${i + 1}`),
          issuer: cn(i + 1 === length ? 'root' : `c${i + 2}`),
          signer,
          extensions: [authority()],
        }),
      ),
    ];
    const verifier = createCertificateVerifier({ trustAnchors: [anchor] });
    expect(verifier.verify(chainOf(9), HOST, NOW_MS, provider)).toBeUndefined();
    expect(verifier.verify(chainOf(10), HOST, NOW_MS, provider)?.message).toBe(
      "the chain of 'CN=leaf' has more than 10 certificates below a trusted one",
    );
  });

  test('a subject of 30,000 letters, and one that steers the terminal', () => {
    const long = judge({}, {}, { subject: cn('x'.repeat(30_000)), notAfter: utcTime('260201000000Z') });
    expect(long?.message.length).toBeLessThan(300);
    const steering = judge({}, {}, { subject: cn('a\u001b[2Jb\r\nc'), notAfter: utcTime('260201000000Z') });
    expect(steering?.message).toContain(String.raw`'CN=a\u{1b}[2Jb\u{d}\u{a}c'`);
    const host = judge({}, {}, { extensions: [subjectAltName(dnsName(`a\u0007${'y'.repeat(9000)}`))] });
    expect(host?.message.length).toBeLessThan(300);
    expect(host?.message).toContain(String.raw`a\u{7}yyy`);
  });
});
