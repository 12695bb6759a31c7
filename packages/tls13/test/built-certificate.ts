import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { fromHex } from '@tsquic/bytes';
import { encodeDer } from '@tsquic/bytes/der';

/** A pair of keys of node:crypto. */
export interface KeyPair {
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

/** What a certificate is built of; every part is DER that the test may have made wrongly on purpose. */
export interface Parts {
  readonly subject?: Uint8Array;
  readonly issuer?: Uint8Array;
  readonly notBefore?: Uint8Array;
  readonly notAfter?: Uint8Array;
  readonly version?: number;
  readonly extensions?: readonly Uint8Array[];
  /** issuerUniqueID and subjectUniqueID, DER; none by default. */
  readonly uniqueIds?: Uint8Array;
  /** SubjectPublicKeyInfo; a P-256 key's by default. */
  readonly publicKey?: Uint8Array;
  /** Without one, the signature is zeros. */
  readonly signer?: KeyObject;
  readonly algorithm?: 'ecdsa-sha256' | 'ecdsa-sha384' | 'ecdsa-sha512' | 'pss-sha256' | 'pss-sha384';
  /** Of PSS, where it is not the hash's length. */
  readonly saltLength?: number;
  readonly signature?: Uint8Array;
}

export const seq = (...contents: readonly Uint8Array[]): Uint8Array => encodeDer(0x30, ...contents);
export const text = (value: string): Uint8Array => new Uint8Array(Buffer.from(value, 'latin1'));
export const oid = (content: string): Uint8Array => encodeDer(0x06, fromHex(content));
export const P256_KEYS: KeyPair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
export const spkiOf = ({ publicKey }: KeyPair): Uint8Array =>
  new Uint8Array(publicKey.export({ type: 'spki', format: 'der' }));

const ALGORITHMS = {
  'ecdsa-sha256': '300a06082a8648ce3d040302',
  'ecdsa-sha384': '300a06082a8648ce3d040303',
  'ecdsa-sha512': '300a06082a8648ce3d040304',
  'pss-sha256':
    '304106092a864886f70d01010a3034a00f300d06096086480165030402010500a11c301a06092a864886f70d010108300d06096086480165030402010500a203020120',
  'pss-sha384':
    '304106092a864886f70d01010a3034a00f300d06096086480165030402020500a11c301a06092a864886f70d010108300d06096086480165030402020500a203020130',
} as const;

/** A Name of relative names, each a list of [attribute type, value, tag of the string]. */
export function nameOf(...attributes: readonly (readonly [string, string, number?])[]): Uint8Array {
  return seq(
    ...attributes.map(([type, value, tag = 0x0c]) =>
      encodeDer(0x31, seq(oid(type), encodeDer(tag, text(value)))),
    ),
  );
}

export const cn = (value: string, tag = 0x0c): Uint8Array => nameOf(['550403', value, tag]);
export const utcTime = (value: string): Uint8Array => encodeDer(0x17, text(value));

export function extension(type: string, value: Uint8Array, critical = false): Uint8Array {
  return seq(oid(type), ...(critical ? [encodeDer(1, Uint8Array.of(0xff))] : []), encodeDer(4, value));
}

export const authority = (pathLength?: number): Uint8Array =>
  extension(
    '551d13',
    seq(
      encodeDer(1, Uint8Array.of(0xff)),
      ...(pathLength === undefined ? [] : [encodeDer(2, Uint8Array.of(pathLength))]),
    ),
    true,
  );
export const subjectAltName = (...names: readonly Uint8Array[]): Uint8Array =>
  extension('551d11', seq(...names));
export const dnsName = (name: string): Uint8Array => encodeDer(0x82, text(name));

/** DER of a certificate. */
export function build(parts: Parts): Uint8Array {
  const algorithm = algorithmOf(parts);
  const signed = seq(
    encodeDer(0xa0, encodeDer(2, Uint8Array.of(parts.version ?? 2))),
    encodeDer(2, Uint8Array.of(1)),
    algorithm,
    parts.issuer ?? cn('root'),
    seq(parts.notBefore ?? utcTime('260101000000Z'), parts.notAfter ?? utcTime('280101000000Z')),
    parts.subject ?? cn('leaf'),
    parts.publicKey ?? spkiOf(P256_KEYS),
    parts.uniqueIds ?? new Uint8Array(0),
    ...(parts.extensions === undefined ? [] : [encodeDer(0xa3, seq(...parts.extensions))]),
  );
  const signature =
    parts.signature ?? (parts.signer === undefined ? fromHex('3006020101020101') : signWith(parts, signed));
  return seq(signed, algorithm, encodeDer(3, Uint8Array.of(0), signature));
}

/** A salt length below 128 takes the place of the last byte; a longer one needs one byte more all the way up. */
function algorithmOf({ algorithm = 'ecdsa-sha256', saltLength }: Parts): Uint8Array {
  const usual = fromHex(ALGORITHMS[algorithm]);
  if (saltLength === undefined) return usual;
  const length = saltLength < 128 ? Uint8Array.of(saltLength) : Uint8Array.of(saltLength >> 8, saltLength);
  const head = usual.subarray(15, usual.length - 5);
  return seq(oid('2a864886f70d01010a'), seq(head, encodeDer(0xa2, encodeDer(2, length))));
}

function signWith({ signer, saltLength, algorithm = 'ecdsa-sha256' }: Parts, signed: Uint8Array): Uint8Array {
  const hash = algorithm.split('-')[1]!;
  const key = algorithm.startsWith('pss')
    ? { key: signer!, padding: 6, saltLength: saltLength ?? Number(hash.slice(3)) / 8 }
    : signer!;
  return new Uint8Array(sign(hash, signed, key));
}
