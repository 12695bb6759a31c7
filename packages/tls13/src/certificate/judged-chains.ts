import type { CryptoProvider } from '@tsquic/crypto';
import { sameBytes } from './outline.ts';
import type { ParsedCertificate } from './parsed-certificate.ts';

/** Chains that are remembered, and bytes of the largest of them. Only valid ones are, so that no stranger fills this. */
const MOST_CHAINS = 32;
const LARGEST_CHAIN = 16_384;

/** A chain that was found valid, with all that this depended on besides its verifier. */
interface JudgedChain {
  readonly chain: readonly Uint8Array[];
  readonly serverName: string;
  readonly crypto: CryptoProvider;
  /** The time in which every certificate of the path is valid, both ends included. */
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
}

/**
 * The chains that a verifier has found valid, those used last: the same bytes, for the same name, checked by the same
 * cryptography, are valid for as long as each certificate of their path is. Faults are not remembered. RFC 5280 §6.1
 */
export class JudgedChains {
  private readonly judged: JudgedChain[] = [];

  has(chain: readonly Uint8Array[], serverName: string, unixTimeMs: number, crypto: CryptoProvider): boolean {
    const { judged } = this;
    const at = judged.findIndex(
      (one) => one.crypto === crypto && one.serverName === serverName && areSame(one.chain, chain),
    );
    const found = judged[at];
    if (found === undefined) return false;
    judged.splice(at, 1);
    // A path that has expired may be replaced by another one, which has to be found.
    if (!(unixTimeMs >= found.notBeforeMs && unixTimeMs <= found.notAfterMs)) return false;
    judged.push(found);
    return true;
  }

  /** @param path - the certificates that make the chain valid, the anchor included. */
  add(
    chain: readonly Uint8Array[],
    serverName: string,
    crypto: CryptoProvider,
    path: readonly ParsedCertificate[],
  ): void {
    const bytes = chain.reduce((sum, der) => sum + der.length, 0);
    if (bytes > LARGEST_CHAIN) return;
    let [notBeforeMs, notAfterMs] = [-Infinity, Infinity];
    for (const certificate of path) {
      notBeforeMs = Math.max(notBeforeMs, certificate.notBeforeMs);
      notAfterMs = Math.min(notAfterMs, certificate.notAfterMs);
    }
    // Copies, because a part of a message would keep all of it.
    const copies = chain.map((der) => der.slice());
    this.judged.push({ chain: copies, serverName, crypto, notBeforeMs, notAfterMs });
    if (this.judged.length > MOST_CHAINS) this.judged.shift();
  }
}

function areSame(a: readonly Uint8Array[], b: readonly Uint8Array[]): boolean {
  return a.length === b.length && a.every((der, at) => sameBytes(der, b[at]!));
}
