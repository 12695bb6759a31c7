import { generateKeyPairSync } from 'node:crypto';
import { concatBytes, fromHex } from '@tsquic/bytes';
import { encodeDer } from '@tsquic/bytes/der';
import {
  authority,
  build,
  cn,
  dnsName,
  extension,
  nameOf,
  oid,
  P256_KEYS,
  seq,
  spkiOf,
  subjectAltName,
  text,
} from './built-certificate.ts';

/** What a peer's Certificate may weigh. */
export const MESSAGE_BYTES: number = 64 * 1024;

/** A chain that is made to cost, with the anchors it is judged by. */
export interface HostileChain {
  readonly anchors: readonly Uint8Array[];
  readonly chain: readonly Uint8Array[];
}

const HOST = 'www.example.org';
const leafNames = subjectAltName(dnsName(HOST));
/** An authority that the judge trusts, and that signs for the attacker: the worst case. */
const root = build({
  subject: cn('root'),
  issuer: cn('root'),
  extensions: [authority()],
  signer: P256_KEYS.privateKey,
});
const signer = P256_KEYS.privateKey;

/** As many of `make(i)` as fit into `bytes`. */
function fill(bytes: number, make: (index: number) => Uint8Array): Uint8Array[] {
  const made: Uint8Array[] = [];
  for (let left = bytes, i = 0; ; i++) {
    const next = make(i);
    left -= next.length + 5;
    if (left < 0) return made;
    made.push(next);
  }
}

/** Leaf and one authority under the root, both signed, with these extensions. */
function vouchedFor(
  above: readonly Uint8Array[],
  below: readonly Uint8Array[],
  subject = cn('leaf'),
): HostileChain {
  const middle = build({ subject: cn('middle'), extensions: [authority(), ...above], signer });
  const leaf = build({ subject, issuer: cn('middle'), extensions: below, signer });
  return { anchors: [root], chain: [leaf, middle] };
}

/** The same by nobody whom the judge knows. */
function unvouched(chain: HostileChain): HostileChain {
  return {
    ...chain,
    anchors: [build({ subject: cn('other'), issuer: cn('other'), extensions: [authority()], signer })],
  };
}

const HALF = MESSAGE_BYTES / 2 - 1000;
const ALL = MESSAGE_BYTES - 1500;
const constraints = (permitted: readonly Uint8Array[], excluded: readonly Uint8Array[]): Uint8Array =>
  extension(
    '551d1e',
    seq(
      ...(permitted.length > 0 ? [encodeDer(0xa0, ...permitted.map((base) => seq(base)))] : []),
      ...(excluded.length > 0 ? [encodeDer(0xa1, ...excluded.map((base) => seq(base)))] : []),
    ),
    true,
  );
const directory = (index: number, count: number): Uint8Array =>
  encodeDer(
    0xa4,
    nameOf(
      ...Array.from({ length: count }, (_, i) => ['550403', i === count - 1 ? `${index}` : 'a'] as const),
    ),
  );

/** Certificates of 7 names, each signed for each: paths without number, all of them good until they end. */
function mesh(
  names: number,
  keys: (index: number) => ReturnType<typeof generateKeyPairSync> | typeof P256_KEYS,
): Uint8Array[] {
  const made: Uint8Array[] = [];
  for (let subject = 0; subject < names; subject++) {
    for (let issuer = 0; issuer < names; issuer++) {
      if (subject === issuer) continue;
      made.push(
        build({
          subject: cn(`m${subject}`),
          issuer: cn(`m${issuer}`),
          publicKey: spkiOf(keys(subject) as typeof P256_KEYS),
          extensions: [authority()],
          signer: (keys(issuer) as typeof P256_KEYS).privateKey,
        }),
      );
    }
  }
  return made;
}

const meshed = (certificates: readonly Uint8Array[], leafSigner = signer): HostileChain => ({
  anchors: [root],
  chain: [build({ issuer: cn('m0'), extensions: [leafNames], signer: leafSigner }), ...certificates],
});

/** Shapes by name; each is made when asked for. */
export const HOSTILE_CHAINS: Readonly<Record<string, () => HostileChain>> = {
  'DNS names against constraints that all miss': () =>
    vouchedFor(
      [
        constraints(
          [],
          fill(HALF, (i) => dnsName(`x${i}`)),
        ),
      ],
      [subjectAltName(dnsName(HOST), ...fill(HALF, (i) => dnsName(`y${i}`)))],
    ),
  'the same by a stranger': () =>
    unvouched(
      vouchedFor(
        [
          constraints(
            [],
            fill(HALF, (i) => dnsName(`x${i}`)),
          ),
        ],
        [subjectAltName(dnsName(HOST), ...fill(HALF, (i) => dnsName(`y${i}`)))],
      ),
    ),
  'directory names of many parts against constraints of many parts': () =>
    vouchedFor(
      [
        constraints(
          fill(HALF, (i) => directory(i, 20)),
          [],
        ),
      ],
      [subjectAltName(dnsName(HOST), ...fill(HALF, (i) => directory(100_000 + i, 20)))],
    ),
  'long DNS names against long constraints': () =>
    vouchedFor(
      [
        constraints(
          [],
          fill(HALF, (i) => dnsName(`${'a.'.repeat(60)}${i}`)),
        ),
      ],
      [subjectAltName(dnsName(HOST), ...fill(HALF, (i) => dnsName(`${'a.'.repeat(60)}${i}z`)))],
    ),
  'constraints at every level of a path': () => {
    const level = constraints(
      [],
      fill(7000, (i) => dnsName(`x${i}`)),
    );
    const chain = Array.from({ length: 7 }, (_, i) =>
      build({
        subject: cn(`c${i}`),
        issuer: cn(i === 6 ? 'root' : `c${i + 1}`),
        extensions: [authority(), level],
        signer,
      }),
    );
    const names = subjectAltName(dnsName(HOST), ...fill(9000, (i) => dnsName(`y${i}`)));
    return { anchors: [root], chain: [build({ issuer: cn('c0'), extensions: [names], signer }), ...chain] };
  },
  'names of the leaf': () =>
    vouchedFor([], [subjectAltName(dnsName(HOST), ...fill(ALL, (i) => dnsName(`y${i}`)))]),
  'wildcards of the leaf': () =>
    vouchedFor([], [subjectAltName(...fill(ALL, (i) => dnsName(`*.x${i}.org`)), dnsName(HOST))]),
  'relative names of the subject': () =>
    vouchedFor(
      [],
      [leafNames],
      nameOf(...fill(ALL, () => new Uint8Array(7)).map((_, i) => ['550403', `${i % 10}`] as const)),
    ),
  'one relative name of many attributes': () =>
    vouchedFor(
      [constraints([encodeDer(0xa4, cn('leaf'))], [])],
      [leafNames],
      seq(
        encodeDer(
          0x31,
          ...fill(ALL, (i) => seq(oid('550403'), encodeDer(0x0c, text(`${(i * 7919) % 9973}`)))),
        ),
      ),
    ),
  'a subject of 60,000 letters': () => vouchedFor([], [leafNames], cn('"'.repeat(60_000))),
  'a subject of 60,000 spaces': () =>
    vouchedFor([constraints([encodeDer(0xa4, cn('leaf'))], [])], [leafNames], cn(`a${' '.repeat(60_000)}`)),
  extensions: () =>
    vouchedFor(
      [],
      fill(ALL, (i) => extension(`2a03${(i % 128).toString(16).padStart(2, '0')}`, Uint8Array.of(5, 0))),
    ),
  'an extension of empty elements': () =>
    vouchedFor([], [leafNames, extension('551d11', seq(new Uint8Array(ALL - 10).fill(5)))]),
  'elements in elements': () => {
    let nested: Uint8Array = Uint8Array.of(5, 0);
    while (nested.length < 30_000) nested = seq(nested);
    return vouchedFor([], [leafNames, extension('551d20', nested)]);
  },
  'an object identifier of 60,000 bytes': () =>
    vouchedFor([], [seq(encodeDer(6, new Uint8Array(60_000).fill(0x81)), encodeDer(4, Uint8Array.of(5, 0)))]),
  policies: () =>
    vouchedFor(
      [
        extension('551d20', seq(...fill(20_000, (i) => seq(oid(policy(i)))))),
        extension('551d24', seq(encodeDer(0x80, Uint8Array.of(0)))),
      ],
      [leafNames, extension('551d20', seq(...fill(40_000, (i) => seq(oid(policy(i))))))],
    ),
  'policy mappings': () =>
    vouchedFor(
      [
        extension('551d20', seq(seq(oid('551d2000')))),
        extension('551d21', seq(...fill(50_000, (i) => seq(oid(policy(i % 60)), oid(policy(i)))))),
      ],
      [leafNames],
    ),
  'one certificate again and again': () => {
    const middle = build({ subject: cn('m'), issuer: cn('m'), extensions: [authority()], signer });
    return {
      anchors: [root],
      chain: [build({ issuer: cn('m'), extensions: [leafNames], signer }), ...fill(ALL, () => middle)],
    };
  },
  '99 copies of a certificate that leads on': () => {
    const copies = (subject: string, issuer: string): Uint8Array[] =>
      Array.from({ length: 33 }, () =>
        build({ subject: cn(subject), issuer: cn(issuer), extensions: [authority()], signer }),
      );
    return {
      anchors: [root],
      chain: [
        build({ issuer: cn('a'), extensions: [leafNames], signer }),
        ...copies('a', 'b'),
        ...copies('b', 'c'),
        ...copies('c', 'd'),
      ],
    };
  },
  'very many certificates': () => ({ anchors: [root], chain: fill(ALL, () => Uint8Array.of(0x30, 0)) }),
  'crossed signatures': () => meshed(mesh(7, () => P256_KEYS)),
  'crossed signatures of different keys': () => {
    const keys = Array.from({ length: 7 }, () => generateKeyPairSync('ec', { namedCurve: 'P-256' }));
    return meshed(
      mesh(7, (i) => keys[i]!),
      keys[0]!.privateKey,
    );
  },
  'crossed signatures on P-521': () => {
    const keys = generateKeyPairSync('ec', { namedCurve: 'P-521' });
    return meshed(
      mesh(7, () => keys),
      keys.privateKey,
    );
  },
  'anchors and authorities of one name': () => ({
    anchors: Array.from({ length: 90 }, (_, i) =>
      build({
        subject: cn('root'),
        issuer: cn('root'),
        extensions: [authority(), subjectAltName(dnsName(`r${i}`))],
        publicKey: spkiOf(generateKeyPairSync('ec', { namedCurve: 'P-384' })),
      }),
    ),
    chain: [
      build({ issuer: cn('root'), extensions: [leafNames], signer }),
      ...Array.from({ length: 90 }, (_, i) =>
        build({ subject: cn('root'), extensions: [authority(), subjectAltName(dnsName(`c${i}`))], signer }),
      ),
    ],
  }),
  'an RSA key of 16,384 bits with an exponent of as many': () => {
    const number = encodeDer(2, concatBytes(Uint8Array.of(0), new Uint8Array(2048).fill(0xff)));
    const key = seq(
      seq(oid('2a864886f70d010101'), Uint8Array.of(5, 0)),
      encodeDer(3, Uint8Array.of(0), seq(number, number)),
    );
    const middle = build({ subject: cn('m'), publicKey: key, extensions: [authority()], signer });
    return {
      anchors: [root],
      chain: [build({ issuer: cn('m'), extensions: [leafNames], signature: new Uint8Array(2048) }), middle],
    };
  },
  'a signature of 60,000 bytes': () => ({
    anchors: [root],
    chain: [
      build({
        extensions: [leafNames],
        signature: seq(
          encodeDer(2, new Uint8Array(30_000).fill(1)),
          encodeDer(2, new Uint8Array(30_000).fill(1)),
        ),
      }),
    ],
  }),
  'a large leaf that a hundred keys may have signed': () => {
    const names = subjectAltName(dnsName(HOST), ...fill(30_000, (i) => dnsName(`y${i}`)));
    const issuers = Array.from({ length: 95 }, (_, i) =>
      build({ subject: cn('m'), extensions: [authority(), subjectAltName(dnsName(`${i}`))] }),
    );
    return { anchors: [root], chain: [build({ issuer: cn('m'), extensions: [names] }), ...issuers] };
  },
  'a certificate of a thousand dates': () => ({
    anchors: [root],
    chain: [build({ notAfter: encodeDer(0x18, new Uint8Array(60_000).fill(0x30)), extensions: [leafNames] })],
  }),
  'nothing but opening bytes': () => ({ anchors: [root], chain: [new Uint8Array(ALL).fill(0x30)] }),
  'lengths that promise too much': () => ({
    anchors: [root],
    chain: fill(ALL, () => fromHex('3083ffffff3083fffffe')).slice(0, 90),
  }),
};

function policy(index: number): string {
  return `2a03${(index >> 7 === 0 ? '' : ((index >> 7) | 0x80).toString(16)).padStart(index >> 7 === 0 ? 0 : 2, '0')}${(index & 0x7f).toString(16).padStart(2, '0')}`;
}
