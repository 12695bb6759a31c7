import { Buffer } from 'node:buffer';
import type { CertificateVerifier } from '@tsquic/tls13';
import type { Certificates } from './options.ts';

/**
 * Verifiers by the authorities that they trust, so that these are read once, and so that a verifier sees the chains again that
 * it remembers. Authorities are compared by what they are, not by the object that holds them.
 */
export class KnownVerifiers {
  private readonly entries: Entry[] = [];

  find(ca: Certificates): CertificateVerifier | undefined {
    const list = listOf(ca);
    return this.entries.find((entry) => isSameList(entry.authorities, list))?.verifier;
  }

  /** Remember a verifier; the one that was added first is forgotten when there are too many. */
  add(ca: Certificates, verifier: CertificateVerifier): CertificateVerifier {
    const authorities = listOf(ca).map((item) => (typeof item === 'string' ? item : item.slice()));
    this.entries.push({ authorities, verifier });
    if (this.entries.length > MOST) this.entries.shift();
    return verifier;
  }
}

interface Entry {
  readonly authorities: readonly (string | Uint8Array)[];
  readonly verifier: CertificateVerifier;
}

function listOf(ca: Certificates): readonly (string | Uint8Array)[] {
  return typeof ca === 'string' || ca instanceof Uint8Array ? [ca] : ca;
}

function isSameList(
  known: readonly (string | Uint8Array)[],
  given: readonly (string | Uint8Array)[],
): boolean {
  return known.length === given.length && known.every((item, index) => isSame(item, given[index]!));
}

function isSame(known: string | Uint8Array, given: string | Uint8Array): boolean {
  if (typeof known === 'string' || typeof given === 'string') return known === given;
  return Buffer.compare(known, given) === 0;
}

const MOST = 8;
