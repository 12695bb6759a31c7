import type { KeyObject } from 'node:crypto';
import { createPublicKey } from 'node:crypto';
import { toHex } from '@tsquic/bytes';
import { type PublicKey, readPublicKey } from '../keys/public-key.ts';
import { wrapRsaPublicKey } from '../keys/rsa-wrapping.ts';
import { asBuffer } from './bytes.ts';

/** Keys that are kept, and bytes of the longest of them: peers choose what comes here. RSA of 4096 bits takes 550 bytes. */
const MOST_KEYS = 64;
const LONGEST = 600;

/** A public key as read, and as the library has it. */
export interface ReadyKey {
  readonly parsed: PublicKey;
  readonly key: KeyObject;
}

/**
 * Public keys by their SubjectPublicKeyInfo, those used last: to read one of ECDSA takes the library longer than to check a
 * signature by it. Only the bytes of the key decide what it is, so that it does not matter who sent them.
 */
export class PublicKeys {
  private readonly kept = new Map<string, ReadyKey>();

  /** Throws an error for a key that is malformed or not supported. */
  get(spki: Uint8Array): ReadyKey {
    if (spki.length > LONGEST) return readyKey(spki);
    const name = toHex(spki);
    const ready = this.kept.get(name) ?? readyKey(spki.slice());
    // A Map keeps the order in which its entries were made: what was used last is the last.
    this.kept.delete(name);
    this.kept.set(name, ready);
    if (this.kept.size > MOST_KEYS) this.kept.delete(this.kept.keys().next().value!);
    return ready;
  }
}

function readyKey(spki: Uint8Array): ReadyKey {
  const parsed = readPublicKey(spki);
  // Some runtimes do not support RSASSA-PSS keys; all support RSA keys that sign with PSS.
  const der = parsed.kind === 'rsa-pss' ? wrapRsaPublicKey(parsed.encoded) : spki;
  return { parsed, key: createPublicKey({ key: asBuffer(der), format: 'der', type: 'spki' }) };
}
