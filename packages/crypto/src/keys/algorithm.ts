import type { HashName } from '../provider.ts';
import type { DerReader } from '@tsquic/bytes/der';
import { DerError, DerTag } from '@tsquic/bytes/der';

/** Curves that ECDSA keys use in TLS 1.3. */
export type CurveName = 'P-256' | 'P-384' | 'P-521';

/** The restrictions that an `RSASSA-PSS` key has for its signatures, RFC 4055 §3.1. */
export interface PssRestriction {
  readonly hash: HashName;
  readonly saltLength: number;
}

/** The AlgorithmIdentifier of a key: its kind, and what it may sign. */
export type KeyAlgorithm =
  | { readonly kind: 'ecdsa'; readonly curve: CurveName }
  | { readonly kind: 'ed25519' }
  | { readonly kind: 'rsa' }
  | { readonly kind: 'rsa-pss'; readonly restriction: PssRestriction | undefined };

/** Bytes of one coordinate, and of a private key, of each curve. */
export const COORDINATE_LENGTH: Readonly<Record<CurveName, number>> = {
  'P-256': 32,
  'P-384': 48,
  'P-521': 66,
};

/** Read an AlgorithmIdentifier. Throws a DerError for any other algorithm. RFC 5480, RFC 8410, RFC 4055 */
export function readKeyAlgorithm(reader: DerReader): KeyAlgorithm {
  const sequence = reader.enter(DerTag.Sequence);
  const algorithm = readByIdentifier(sequence.identifier(), sequence);
  sequence.finish();
  return algorithm;
}

function readByIdentifier(identifier: string, parameters: DerReader): KeyAlgorithm {
  switch (identifier) {
    case EC_PUBLIC_KEY: {
      const curve = CURVES[parameters.identifier()];
      if (curve === undefined) throw new DerError('unsupported elliptic curve');
      return { kind: 'ecdsa', curve };
    }
    case ED25519:
      return { kind: 'ed25519' };
    case RSA_ENCRYPTION:
      parameters.null();
      return { kind: 'rsa' };
    case RSASSA_PSS:
      return {
        kind: 'rsa-pss',
        restriction: parameters.isAtEnd ? undefined : readPssRestriction(parameters),
      };
    default:
      throw new DerError('unsupported key algorithm');
  }
}

/** RSASSA-PSS-params. Fields that are left out mean SHA-1, which is not supported. */
function readPssRestriction(reader: DerReader): PssRestriction {
  const sequence = reader.enter(DerTag.Sequence);
  const hash = readHashAlgorithm(sequence.enter(CONTEXT_0));
  const mask = sequence.enter(CONTEXT_1);
  const maskSequence = mask.enter(DerTag.Sequence);
  mask.finish();
  if (maskSequence.identifier() !== MGF1) throw new DerError('unsupported mask generation function');
  if (readHashAlgorithm(maskSequence) !== hash) throw new DerError('RSASSA-PSS key with two hashes');
  const saltLength =
    sequence.nextTag === CONTEXT_2 ? readSmallInteger(sequence.enter(CONTEXT_2)) : DEFAULT_SALT_LENGTH;
  if (sequence.nextTag === CONTEXT_3 && readSmallInteger(sequence.enter(CONTEXT_3)) !== 1) {
    throw new DerError('unsupported RSASSA-PSS trailer');
  }
  sequence.finish();
  return { hash, saltLength };
}

function readHashAlgorithm(reader: DerReader): HashName {
  const sequence = reader.enter(DerTag.Sequence);
  reader.finish();
  const hash = HASHES[sequence.identifier()];
  if (hash === undefined) throw new DerError('unsupported hash');
  if (!sequence.isAtEnd) sequence.null();
  sequence.finish();
  return hash;
}

/** The single INTEGER of a field: a salt length or a trailer. */
function readSmallInteger(reader: DerReader): number {
  const value = reader.unsigned();
  reader.finish();
  if (value > MAX_SALT_LENGTH) throw new DerError('RSASSA-PSS parameter too large');
  return value;
}

const EC_PUBLIC_KEY = '2a8648ce3d0201';
const ED25519 = '2b6570';
const RSA_ENCRYPTION = '2a864886f70d010101';
const MGF1 = '2a864886f70d010108';
const RSASSA_PSS = '2a864886f70d01010a';

const CURVES: Readonly<Record<string, CurveName>> = {
  '2a8648ce3d030107': 'P-256',
  '2b81040022': 'P-384',
  '2b81040023': 'P-521',
};

const HASHES: Readonly<Record<string, HashName>> = {
  '608648016503040201': 'sha256',
  '608648016503040202': 'sha384',
  '608648016503040203': 'sha512',
};

const CONTEXT_0 = 0xa0;
const CONTEXT_1 = 0xa1;
const CONTEXT_2 = 0xa2;
const CONTEXT_3 = 0xa3;
const DEFAULT_SALT_LENGTH = 20;
/** The longest salt, in bytes, that a key may ask for; usual salts have the length of a hash. */
const MAX_SALT_LENGTH = 255;
