import { Alert, TlsAlert } from '../alerts.ts';
import { readPeerChain } from '../certificate/peer-chain.ts';
import { certificatePublicKey } from '../certificate/public-key.ts';
import { Level } from '../events.ts';
import { type HandshakeMessage, MessageType } from '../message/handshake-message.ts';
import { expectType, type HandshakeState, MESSAGE_LIMIT } from '../state.ts';
import type { ServerContext } from './context.ts';
import { ExpectCertificateVerify } from './expect-certificate-verify.ts';
import { ExpectFinished } from './expect-finished.ts';
import type { Negotiation } from './flight.ts';

/** The client was asked for a certificate and must send its chain, which may be empty. RFC 8446 §4.4.2 */
export class ExpectCertificate implements HandshakeState {
  readonly level: Level = Level.Handshake;
  readonly messageLimit: number = MESSAGE_LIMIT;
  private readonly context: ServerContext;
  private readonly negotiation: Negotiation;

  constructor(context: ServerContext, negotiation: Negotiation) {
    this.context = context;
    this.negotiation = negotiation;
  }

  onMessage(message: HandshakeMessage): HandshakeState {
    expectType(message, MessageType.Certificate);
    // The CertificateRequest has no extension that an entry could answer.
    const chain = readPeerChain(message.body, []);
    this.context.transcript.add(message.raw);
    const leaf = chain[0];
    if (leaf === undefined) {
      if (this.context.options.clientCertificate === 'require') {
        throw new TlsAlert(Alert.CertificateRequired, 'the client has no certificate');
      }
      return new ExpectFinished(this.context, this.negotiation);
    }
    certificatePublicKey(leaf);
    return new ExpectCertificateVerify(this.context, this.negotiation, chain, leaf);
  }
}
