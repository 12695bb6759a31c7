import { judgeChain } from '../certificate/judgement.ts';
import { checkCertificateVerify } from '../certificate/verify-signature.ts';
import { Level } from '../events.ts';
import { decodeCertificateVerify } from '../message/certificate-verify.ts';
import { type HandshakeMessage, MessageType } from '../message/handshake-message.ts';
import { expectType, type HandshakeState, MESSAGE_LIMIT } from '../state.ts';
import type { ServerContext } from './context.ts';
import { ExpectFinished } from './expect-finished.ts';
import type { Negotiation } from './flight.ts';

/** The client must prove that it holds the leaf's key; then its chain is judged. RFC 8446 §4.4.3 */
export class ExpectCertificateVerify implements HandshakeState {
  readonly level: Level = Level.Handshake;
  readonly messageLimit: number = MESSAGE_LIMIT;
  private readonly context: ServerContext;
  private readonly negotiation: Negotiation;
  private readonly chain: readonly Uint8Array[];
  private readonly leaf: Uint8Array;

  constructor(
    context: ServerContext,
    negotiation: Negotiation,
    chain: readonly Uint8Array[],
    leaf: Uint8Array,
  ) {
    this.context = context;
    this.negotiation = negotiation;
    this.chain = chain;
    this.leaf = leaf;
  }

  onMessage(message: HandshakeMessage): HandshakeState {
    expectType(message, MessageType.CertificateVerify);
    const { options, settings, output, transcript } = this.context;
    checkCertificateVerify(settings.crypto, decodeCertificateVerify(message.body), {
      side: 'client',
      leaf: this.leaf,
      accepted: settings.signatureSchemes,
      transcriptHash: transcript.digest(),
    });
    transcript.add(message.raw);
    const judge = {
      verifier: options.verifier,
      serverName: '',
      unixTimeMs: options.unixTimeMs,
      crypto: settings.crypto,
      output,
    };
    return judgeChain(judge, this.chain, new ExpectFinished(this.context, this.negotiation));
  }
}
