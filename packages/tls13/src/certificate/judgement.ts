import { bytesFromLatin1 } from '@tsquic/bytes';
import type { CryptoProvider } from '@tsquic/crypto';
import { Alert, TlsAlert } from '../alerts.ts';
import type { CertificateFault, CertificateVerifier } from '../config.ts';
import type { Output } from '../output.ts';
import { AwaitVerdict, type HandshakeState } from '../state.ts';

/** What a chain is judged with. */
export interface Judge {
  readonly verifier: CertificateVerifier | undefined;
  readonly serverName: string;
  readonly unixTimeMs: () => number;
  readonly crypto: CryptoProvider;
  readonly output: Output;
}

/**
 * Returns `next` when the chain (DER, leaf first) is valid. Without a verifier, an event asks the program,
 * and the returned state waits for its verdict.
 */
export function judgeChain(judge: Judge, chain: readonly Uint8Array[], next: HandshakeState): HandshakeState {
  const { verifier, serverName } = judge;
  if (verifier === undefined) {
    judge.output.push({ type: 'certificate', chain, serverName });
    return new AwaitVerdict(next);
  }
  const fault = verifier.verify(chain, serverName, judge.unixTimeMs(), judge.crypto);
  if (fault !== undefined) throw alertOfFault(fault);
  return next;
}

/**
 * The exception for a fault with an alert number from outside; an unknown number becomes certificate_unknown.
 */
export function alertOfFault(fault: CertificateFault): TlsAlert {
  const known = Object.values(Alert).find((alert) => alert === fault.alert);
  return new TlsAlert(known ?? Alert.CertificateUnknown, fault.message);
}

/**
 * Accepts every chain. The peer still proves that it holds the leaf's key, but any attacker can make a leaf
 * of its own: use this in tests, and when the program compares the leaf with a known one.
 */
export const skipCertificateCheck: CertificateVerifier = {
  verify: () => undefined,
  fingerprint: () => bytesFromLatin1('nothing is checked'),
};
