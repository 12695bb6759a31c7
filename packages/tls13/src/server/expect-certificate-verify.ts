import { takeProof } from '../certificate/peer-proof.ts';
import { Level } from '../events.ts';
import type { HandshakeMessage } from '../message/handshake-message.ts';
import { type HandshakeState, MESSAGE_LIMIT } from '../state.ts';
import type { ServerContext } from './context.ts';
import { ExpectFinished } from './expect-finished.ts';
import type { Negotiation } from './flight.ts';

/** The client must send CertificateVerify; then its chain is judged. RFC 8446 §4.4.3 */
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
    const { context, negotiation, chain, leaf } = this;
    const claim = { side: 'client', serverName: '', chain, leaf } as const;
    return takeProof(context, message, claim, () => new ExpectFinished(context, negotiation, chain));
  }
}
