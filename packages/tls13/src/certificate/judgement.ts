import type { CryptoProvider } from '@tsquic/crypto';
import { Alert, TlsAlert } from '../alerts.ts';
import type { CertificateFault, CertificateVerifier } from '../config.ts';
import { bytesFromLatin1 } from '../extension/latin1.ts';
import type { Output } from '../output.ts';
import { AwaitVerdict, type HandshakeState } from '../state.ts';

/** Who judges a chain, and by what. */
export interface Judge {
  readonly verifier: CertificateVerifier | undefined;
  readonly serverName: string;
  readonly unixTimeMs: () => number;
  readonly crypto: CryptoProvider;
  readonly output: Output;
}

/**
 * `next` when the chain (DER, leaf first) is good. Without a verifier the program is asked by an event, and
 * the state returned waits for its verdict.
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

/** An alert number from outside as an exception; a number TLS does not know becomes certificate_unknown. */
export function alertOfFault(fault: CertificateFault): TlsAlert {
  const known = Object.values(Alert).find((alert) => alert === fault.alert);
  return new TlsAlert(known ?? Alert.CertificateUnknown, fault.message);
}

/**
 * Accepts every chain without a look. The peer still proves that it holds the leaf's key, but anybody can
 * make such a leaf: use it in tests, and where the program compares the leaf with one it knows.
 */
export const skipCertificateCheck: CertificateVerifier = {
  verify: () => undefined,
  fingerprint: () => bytesFromLatin1('nothing is checked'),
};
