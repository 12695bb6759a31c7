import type { CertificateVerifier } from '../config.ts';
import type { Side } from '../key-schedule.ts';
import { decodeCertificateVerify } from '../message/certificate-verify.ts';
import { type HandshakeMessage, MessageType } from '../message/handshake-message.ts';
import type { Output } from '../output.ts';
import type { Settings } from '../settings.ts';
import { expectType, type HandshakeState } from '../state.ts';
import type { Transcript } from '../transcript.ts';
import { judgeChain } from './judgement.ts';
import { checkCertificateVerify } from './verify-signature.ts';

/** The fields of both sides' contexts that checking a peer's proof needs. */
interface ProofContext {
  readonly options: {
    readonly verifier?: CertificateVerifier | undefined;
    readonly unixTimeMs: () => number;
  };
  readonly settings: Settings;
  readonly output: Output;
  readonly transcript: Transcript;
}

/** What the peer claims to be. */
export interface PeerClaim {
  readonly side: Side;
  /** The name that the leaf must have; '' for a client. */
  readonly serverName: string;
  /** DER, leaf first. */
  readonly chain: readonly Uint8Array[];
  readonly leaf: Uint8Array;
}

/**
 * Check the peer's CertificateVerify, then judge its chain. RFC 8446 §4.4.3
 *
 * The chain is judged last, so that only a peer that has signed this handshake can make us build a chain.
 */
export function takeProof(
  context: ProofContext,
  message: HandshakeMessage,
  claim: PeerClaim,
  next: () => HandshakeState,
): HandshakeState {
  expectType(message, MessageType.CertificateVerify);
  const { options, settings, output, transcript } = context;
  checkCertificateVerify(settings.crypto, decodeCertificateVerify(message.body), {
    side: claim.side,
    leaf: claim.leaf,
    accepted: settings.signatureSchemes,
    transcriptHash: transcript.digest(),
  });
  transcript.add(message.raw);
  const judge = {
    verifier: options.verifier,
    serverName: claim.serverName,
    unixTimeMs: options.unixTimeMs,
    crypto: settings.crypto,
    output,
  };
  return judgeChain(judge, claim.chain, next());
}
