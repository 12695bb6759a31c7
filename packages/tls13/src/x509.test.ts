import 'reflect-metadata';
import { describe, expect, jest, test } from '@jest/globals';
import { Extension, KeyUsageFlags } from '@peculiar/x509';
import { fromHex } from '@tsquic/bytes';
import { DerTag, encodeDer } from '@tsquic/bytes/der';
import type { CryptoProvider } from '@tsquic/crypto';
import {
  type Issued,
  issue,
  issueAuthority,
  type IssueOptions,
  makeKeys,
  MID_MS,
  YEAR_MS,
} from '../test/authority.ts';
import { clientOptions, find, Pair, provider } from '../test/handshake-pair.ts';
import { Alert, type CertificateFault } from './index.ts';
import { createCertificateVerifier } from './x509.ts';

// RSA keys are made here, which a busy machine takes seconds for.
jest.setTimeout(60_000);

const HOST = 'www.example.org';
const SERVER_AUTH = '1.3.6.1.5.5.7.3.1';
const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2';

describe('chains', () => {
  test('root, intermediate, leaf', async () => {
    const { root, chain } = await threeTiers();
    expect(judge([root], chain)).toBeUndefined();
  });

  test('intermediates may come in any order, with others between them', async () => {
    const root = await issueAuthority();
    const first = await issueAuthority({ name: 'CN=first', issuer: root });
    const second = await issueAuthority({ name: 'CN=second', issuer: first });
    const other = await issueAuthority({ name: 'CN=other' });
    const leaf = await issue({ issuer: second, dns: [HOST] });
    expect(judge([root], [leaf, other, first, second])).toBeUndefined();
    expect(judge([root], [leaf, root, second, other, first])).toBeUndefined();
  });

  test('a malformed intermediate leads nowhere, and harms nothing', async () => {
    const { root, chain } = await threeTiers();
    expect(judgeBytes([root.der], [chain[0]!.der, Uint8Array.of(1, 2), chain[1]!.der])).toBeUndefined();
  });

  test('a missing intermediate ends in unknown_ca and is named', async () => {
    const { root, chain } = await threeTiers();
    const fault = judge([root], chain.slice(0, 1));
    expect(fault).toMatchObject({ alert: Alert.UnknownCa });
    expect(fault?.message).toContain("the issuer 'CN=intermediate'");
  });

  test('a root of the same name with another key ends in bad_certificate', async () => {
    const { chain } = await threeTiers();
    const impostor = await issueAuthority();
    expect(judge([impostor], chain)).toMatchObject({ alert: Alert.BadCertificate });
  });

  test('of two anchors of one name, the right one is found', async () => {
    const { root, chain } = await threeTiers();
    const impostor = await issueAuthority();
    expect(judge([impostor, root], chain)).toBeUndefined();
  });

  test('a leaf that is an anchor needs no other', async () => {
    const leaf = await issue({ dns: [HOST] });
    expect(judge([leaf], [leaf])).toBeUndefined();
    expect(judge([leaf], [leaf], { host: 'other.example.org' })).toMatchObject({
      alert: Alert.BadCertificate,
    });
    expect(judge([leaf], [leaf], { nowMs: MID_MS + 2 * YEAR_MS })).toMatchObject({
      alert: Alert.CertificateExpired,
    });
  });

  test('a self-signed leaf that is no anchor ends in unknown_ca', async () => {
    const leaf = await issue({ dns: [HOST] });
    const fault = judge([await issueAuthority()], [leaf]);
    expect(fault).toMatchObject({ alert: Alert.UnknownCa });
    expect(fault?.message).toContain('self-signed');
  });

  test('no anchors at all end in unknown_ca', async () => {
    const { chain } = await threeTiers();
    expect(judge([], chain)).toMatchObject({ alert: Alert.UnknownCa });
  });

  test.each<[string, IssueOptions]>([
    // TLS ties the hash to the curve in CertificateVerify alone; certificates do not: RFC 5758 §3.2, RFC 8446 §4.2.3.
    ...(['P-256', 'P-384', 'P-521'] as const).flatMap((namedCurve) =>
      (['SHA-256', 'SHA-384', 'SHA-512'] as const).map((hash): [string, IssueOptions] => [
        `${namedCurve} with ${hash}`,
        { algorithm: { name: 'ECDSA', namedCurve }, signing: { name: 'ECDSA', hash } },
      ]),
    ),
    ['Ed25519', { algorithm: { name: 'Ed25519' }, signing: { name: 'Ed25519' } }],
    [
      'RSA PKCS #1',
      {
        algorithm: rsa('RSASSA-PKCS1-v1_5', 'SHA-256'),
        signing: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' },
      },
    ],
    [
      'RSA PKCS #1 with SHA-512',
      {
        algorithm: rsa('RSASSA-PKCS1-v1_5', 'SHA-512'),
        signing: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-512' },
      },
    ],
    [
      'RSA-PSS',
      { algorithm: rsa('RSA-PSS', 'SHA-256'), signing: { name: 'RSA-PSS', hash: 'SHA-256', saltLength: 32 } },
    ],
  ])('signed by %s', async (_name, { algorithm, signing }) => {
    const root = await issueAuthority({ algorithm: algorithm!, signing: signing! });
    const leaf = await issue({ issuer: root, signing: signing!, dns: [HOST] });
    expect(judge([root], [leaf])).toBeUndefined();
  });

  test.each<[string, object, object, Alert]>([
    [
      'SHA-1',
      rsa('RSASSA-PKCS1-v1_5', 'SHA-1'),
      { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-1' },
      Alert.UnsupportedCertificate,
    ],
  ])('%s is refused', async (_name, algorithm, signing, alert) => {
    const root = await issueAuthority({ algorithm, signing });
    const leaf = await issue({ issuer: root, signing, dns: [HOST] });
    expect(judge([root], [leaf])).toMatchObject({ alert });
  });

  test('a changed signature or content ends in bad_certificate', async () => {
    const root = await issueAuthority();
    const leaf = await issue({ issuer: root, dns: [HOST] });
    for (const back of [1, 12]) {
      const changed = leaf.der.slice();
      changed[changed.length - back]! ^= 1;
      expect(judgeBytes([root.der], [changed])).toMatchObject({ alert: Alert.BadCertificate });
    }
  });

  test.each([[[]], [[new Uint8Array(0)]], [[Uint8Array.of(0x30, 0x80, 0, 0)]]])(
    'nonsense %j ends in bad_certificate',
    (chain) => {
      expect(judgeBytes([], chain)).toMatchObject({ alert: Alert.BadCertificate });
    },
  );

  test('an anchor that is no certificate is refused at once', () => {
    expect(() => createCertificateVerifier({ trustAnchors: [Uint8Array.of(1)] })).toThrow('trust anchor 0');
  });

  test('crossed signatures cost at most a hundred checks', async () => {
    const names = ['CN=a', 'CN=b', 'CN=c', 'CN=d', 'CN=e', 'CN=f', 'CN=g'];
    const keys = await makeKeys();
    const authorities: Issued[] = [];
    for (const name of names) {
      for (const issuerName of names) authorities.push(await issueAuthority({ name, issuerName, keys }));
    }
    const leaf = await issue({ issuer: authorities[0]!, issuerName: 'CN=a', dns: [HOST] });
    let checks = 0;
    const counting: CryptoProvider = {
      ...provider,
      verifySignature: (...args) => {
        checks++;
        return provider.verifySignature(...args);
      },
    };
    const verifier = createCertificateVerifier({ trustAnchors: [(await issueAuthority()).der] });
    const chain = [leaf, ...authorities].map((certificate) => certificate.der);
    expect(verifier.verify(chain, HOST, MID_MS, counting)).toBeDefined();
    // As docs/limits.md has it.
    expect(checks).toBe(64);
  });
});

describe('rules', () => {
  const before = new Date(MID_MS + 1000);
  const after = new Date(MID_MS - 1000);
  const old = new Date(MID_MS - YEAR_MS);

  test.each<[string, Tiers, Alert | undefined, string]>([
    [
      'leaf not valid yet',
      { leaf: { notBefore: before } },
      Alert.CertificateExpired,
      'not valid before 2027-01-01',
    ],
    [
      'leaf expired',
      { leaf: { notBefore: old, notAfter: after } },
      Alert.CertificateExpired,
      "'CN=leaf' expired on 2026-12-31",
    ],
    [
      'intermediate expired',
      { intermediate: { notAfter: after } },
      Alert.CertificateExpired,
      "'CN=intermediate' expired",
    ],
    ['root expired', { root: { notAfter: after } }, Alert.CertificateExpired, "'CN=root' expired"],
    [
      'intermediate is no authority',
      { intermediate: { ca: false } },
      Alert.BadCertificate,
      'not a certificate authority',
    ],
    [
      'intermediate without basicConstraints',
      { intermediate: { noBasicConstraints: true } },
      Alert.BadCertificate,
      'not a certificate authority',
    ],
    ['root without basicConstraints', { root: { noBasicConstraints: true } }, undefined, ''],
    [
      'root that is no authority',
      { root: { ca: false } },
      Alert.BadCertificate,
      'not a certificate authority',
    ],
    [
      'intermediate may not sign',
      { intermediate: { keyUsage: KeyUsageFlags.cRLSign } },
      Alert.BadCertificate,
      'may not sign',
    ],
    [
      'root allows no intermediate',
      { root: { pathLength: 0 } },
      Alert.BadCertificate,
      'allows 0 intermediates',
    ],
    ['root allows one', { root: { pathLength: 1 } }, undefined, ''],
    [
      'leaf may not sign',
      { leaf: { keyUsage: KeyUsageFlags.keyEncipherment } },
      Alert.UnsupportedCertificate,
      'not meant for signatures',
    ],
    ['leaf for servers', { leaf: { purposes: [SERVER_AUTH] } }, undefined, ''],
    ['leaf for anything', { leaf: { purposes: ['2.5.29.37.0'] } }, undefined, ''],
    [
      'leaf for clients',
      { leaf: { purposes: [CLIENT_AUTH] } },
      Alert.UnsupportedCertificate,
      'not meant for TLS servers',
    ],
    [
      'intermediate for clients',
      { intermediate: { purposes: [CLIENT_AUTH] } },
      Alert.UnsupportedCertificate,
      'not meant for TLS servers',
    ],
    [
      'an unknown critical extension',
      { leaf: { more: [unknown(true)] } },
      Alert.UnsupportedCertificate,
      '1.2.3.4',
    ],
    ['an unknown extension', { leaf: { more: [unknown(false)] } }, undefined, ''],
    [
      'an unknown critical extension above',
      { intermediate: { more: [unknown(true)] } },
      Alert.UnsupportedCertificate,
      '1.2.3.4',
    ],
  ])('%s', async (_name, tiers, alert, text) => {
    const { root, chain } = await threeTiers(tiers);
    const fault = judge([root], chain);
    expect(fault?.alert).toBe(alert);
    expect(fault?.message ?? '').toContain(text);
  });

  test('a client is judged for its purpose and without a name', async () => {
    const root = await issueAuthority();
    const [client, server] = await Promise.all(
      [CLIENT_AUTH, SERVER_AUTH].map((purpose) => issue({ issuer: root, purposes: [purpose] })),
    );
    const verifier = createCertificateVerifier({ trustAnchors: [root.der], purpose: 'client' });
    expect(verifier.verify([client!.der], '', MID_MS, provider)).toBeUndefined();
    expect(verifier.verify([server!.der], '', MID_MS, provider)).toMatchObject({
      alert: Alert.UnsupportedCertificate,
    });
  });

  test('a server without a name to compare is refused', async () => {
    const leaf = await issue({ dns: [HOST] });
    expect(judge([leaf], [leaf], { host: '' })).toMatchObject({ alert: Alert.BadCertificate });
  });
});

describe('host names', () => {
  const dns = ['www.example.org', '*.apps.example.org', 'UPPER.example.org', '*.org', 'f*.example.org'];
  const ip = ['192.0.2.1', '2001:db8::1'];

  test.each([
    ['www.example.org', true],
    ['WWW.Example.ORG', true],
    ['www.example.org.', true],
    ['upper.example.org', true],
    ['a.apps.example.org', true],
    ['a.b.apps.example.org', false],
    ['apps.example.org', false],
    ['.apps.example.org', false],
    ['*.apps.example.org', false],
    ['example.org', false],
    ['foo.example.org', false],
    ['www.example.org.evil.test', false],
    ['192.0.2.1', true],
    ['192.0.2.2', false],
    ['2001:db8::1', true],
    ['2001:db8:0:0:0:0:0:1', true],
    ['2001:db8::2', false],
    ['leaf', false],
  ])('%s: %s', async (host, matches) => {
    const leaf = await (sharedLeaf ??= issue({ dns, ip }));
    expect(judge([leaf], [leaf], { host }) === undefined).toBe(matches);
  });

  let sharedLeaf: Promise<Issued> | undefined;

  test('a mismatch names both sides', async () => {
    const leaf = await issue({ dns: ['a.example.org'], ip: ['192.0.2.1'] });
    expect(judge([leaf], [leaf])?.message).toBe(
      `the certificate is for a.example.org, 192.0.2.1, not for ${HOST}`,
    );
    const nameless = await issue();
    expect(judge([nameless], [nameless])?.message).toContain('no host name at all');
  });
});

describe('name constraints', () => {
  const dns = (name: string): Uint8Array => encodeDer(0x82, latin1(name));
  const ip = (hex: string): Uint8Array => encodeDer(0x87, fromHex(hex));
  const email = (name: string): Uint8Array => encodeDer(0x81, latin1(name));

  test.each<[string, Uint8Array[], Uint8Array[], IssueOptions, boolean]>([
    ['within what is permitted', [dns('example.org')], [], { dns: [HOST] }, true],
    ['the permitted name itself', [dns(HOST)], [], { dns: [HOST] }, true],
    ['with a leading dot', [dns('.example.org')], [], { dns: [HOST] }, true],
    ['outside', [dns('example.com')], [], { dns: [HOST] }, false],
    ['a suffix that is no parent', [dns('ple.org')], [], { dns: [HOST] }, false],
    ['one name of two outside', [dns('example.org')], [], { dns: [HOST, 'www.example.com'] }, false],
    ['a wildcard within', [dns('example.org')], [], { dns: [HOST, '*.a.example.org'] }, true],
    ['excluded', [], [dns('www.example.org')], { dns: [HOST] }, false],
    ['something else excluded', [], [dns('ftp.example.org')], { dns: [HOST] }, true],
    [
      'a wildcard that may become what is excluded',
      [],
      [dns('ftp.example.org')],
      { dns: [HOST, '*.example.org'] },
      false,
    ],
    ['permitted and excluded', [dns('example.org')], [dns('www.example.org')], { dns: [HOST] }, false],
    ['no name of the form', [ip('c0000200ffffff00')], [], { dns: [HOST] }, true],
    ['an address within', [ip('c0000200ffffff00')], [], { dns: [HOST], ip: ['192.0.2.9'] }, true],
    ['an address outside', [ip('c0000200ffffff00')], [], { dns: [HOST], ip: ['192.0.3.9'] }, false],
    [
      'an address of another first byte',
      [ip('c0000200ff000000')],
      [],
      { dns: [HOST], ip: ['193.0.2.9'] },
      false,
    ],
    ['an address excluded', [], [ip('c0000200ffffff00')], { dns: [HOST], ip: ['192.0.2.9'] }, false],
    [
      'a form that is not compared',
      [email('example.org')],
      [],
      { dns: [HOST], email: ['a@example.org'] },
      false,
    ],
    ['a form that is not compared and not there', [email('example.org')], [], { dns: [HOST] }, true],
    ['a directory name excluded', [], [directory('CN=Leaf')], { dns: [HOST] }, false],
    ['another directory name excluded', [], [directory('CN=elf')], { dns: [HOST] }, true],
    ['a range that is malformed', [], [ip('c00002')], { dns: [HOST], ip: ['192.0.2.9'] }, false],
    ['a directory name that leaves the intermediate out', [directory('CN=leaf')], [], { dns: [HOST] }, false],
  ])('%s', async (_name, permitted, excluded, options, good) => {
    const constraint = new Extension('2.5.29.30', true, new Uint8Array(nameConstraints(permitted, excluded)));
    const { root, chain } = await threeTiers({ root: { more: [constraint] }, leaf: options });
    const fault = judge([root], chain);
    expect(fault?.alert).toBe(good ? undefined : Alert.BadCertificate);
    if (!good) expect(fault?.message).toContain('may not vouch');
  });
});

test.each<[string, boolean]>([
  ['O=Acme, CN=leaf', true],
  ['CN=leaf, O=Acme', false],
  ['O=Acme', true],
  ['O=Other, CN=leaf', false],
])('a directory constraint of O=Acme and the subject %s: %s', async (name, good) => {
  const constraint = new Extension(
    '2.5.29.30',
    true,
    new Uint8Array(nameConstraints([directory('O=Acme')], [])),
  );
  const { root, chain } = await threeTiers({
    root: { more: [constraint] },
    intermediate: { name: 'O=Acme, CN=intermediate' },
    leaf: { name },
  });
  expect(judge([root], chain) === undefined).toBe(good);
});

test('a handshake with a verifier that approves, and with one that does not', async () => {
  const { root, chain } = await threeTiers({ leaf: { dns: ['server.example'] } });
  const pkcs8 = new Uint8Array(await crypto.subtle.exportKey('pkcs8', chain[0]!.keys.privateKey));
  const identity = {
    chain: chain.map((certificate) => certificate.der),
    signer: provider.createSigner(pkcs8),
  };
  const verifier = createCertificateVerifier({ trustAnchors: [root.der] });
  const client = { ...clientOptions(), verifier, unixTimeMs: () => MID_MS };
  expect(find(new Pair(client, { identity: () => identity }).run().clientEvents, 'complete')).toBeDefined();
  const other = { ...client, serverName: 'other.example' };
  expect(() => new Pair(other, { identity: () => identity }).run()).toThrow('not for other.example');
});

interface Tiers {
  readonly root?: IssueOptions;
  readonly intermediate?: IssueOptions;
  readonly leaf?: IssueOptions;
}

async function threeTiers(options: Tiers = {}): Promise<{ root: Issued; chain: Issued[] }> {
  const root = await issueAuthority(options.root);
  const intermediate = await issueAuthority({
    name: 'CN=intermediate',
    issuer: root,
    ...options.intermediate,
  });
  const leaf = await issue({ issuer: intermediate, dns: [HOST], ...options.leaf });
  return { root, chain: [leaf, intermediate] };
}

function judge(
  anchors: readonly Issued[],
  chain: readonly Issued[],
  { host = HOST, nowMs = MID_MS } = {},
): CertificateFault | undefined {
  const trustAnchors = anchors.map((anchor) => anchor.der);
  const ders = chain.map((certificate) => certificate.der);
  return createCertificateVerifier({ trustAnchors }).verify(ders, host, nowMs, provider);
}

function judgeBytes(
  trustAnchors: readonly Uint8Array[],
  chain: readonly Uint8Array[],
): CertificateFault | undefined {
  return createCertificateVerifier({ trustAnchors }).verify(chain, HOST, MID_MS, provider);
}

function rsa(name: string, hash: string): object {
  return { name, hash, modulusLength: 2048, publicExponent: Uint8Array.of(1, 0, 1) };
}

function unknown(critical: boolean): Extension {
  return new Extension('1.2.3.4', critical, Uint8Array.of(5, 0));
}

function nameConstraints(permitted: readonly Uint8Array[], excluded: readonly Uint8Array[]): Uint8Array {
  const subtrees = (tag: number, bases: readonly Uint8Array[]): Uint8Array[] =>
    bases.length === 0 ? [] : [encodeDer(tag, ...bases.map((base) => encodeDer(DerTag.Sequence, base)))];
  return encodeDer(DerTag.Sequence, ...subtrees(0xa0, permitted), ...subtrees(0xa1, excluded));
}

/** A directoryName of one attribute, CN or O. */
function directory(name: string): Uint8Array {
  const [type, value] = name.split('=');
  const oid = fromHex(type === 'O' ? '060355040a' : '0603550403');
  const attribute = encodeDer(DerTag.Sequence, oid, encodeDer(0x0c, latin1(value!)));
  return encodeDer(0xa4, encodeDer(DerTag.Sequence, encodeDer(DerTag.Set, attribute)));
}

function latin1(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}
