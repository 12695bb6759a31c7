import { Alert, TlsAlert } from '../alerts.ts';
import { readPeerChain } from '../certificate/peer-chain.ts';
import { certificatePublicKey } from '../certificate/public-key.ts';
import { Level } from '../events.ts';
import { ExtensionType, findExtension } from '../extension/extension.ts';
import { checkPlacement } from '../extension/placement.ts';
import { decodeSignatureAlgorithms } from '../extension/signature-algorithms.ts';
import { checkUnused } from '../extension/unused.ts';
import { decodeCertificateRequest } from '../message/certificate-request.ts';
import { type HandshakeMessage, MessageType } from '../message/handshake-message.ts';
import { expectType, type HandshakeState, MESSAGE_LIMIT } from '../state.ts';
import type { ClientContext } from './context.ts';
import { ExpectCertificateVerify } from './expect-certificate-verify.ts';
import type { CertificateDemand, Negotiation } from './negotiation.ts';

/** The server must send its chain; a CertificateRequest may come before it. RFC 8446 §4.3.2, §4.4.2 */
export class ExpectCertificate implements HandshakeState {
  readonly level: Level = Level.Handshake;
  readonly messageLimit: number = MESSAGE_LIMIT;
  private readonly context: ClientContext;
  private readonly negotiation: Negotiation;
  private readonly demand: CertificateDemand | undefined;

  constructor(context: ClientContext, negotiation: Negotiation, demand: CertificateDemand | undefined) {
    this.context = context;
    this.negotiation = negotiation;
    this.demand = demand;
  }

  onMessage(message: HandshakeMessage): HandshakeState {
    if (message.type === MessageType.CertificateRequest && this.demand === undefined)
      return this.onRequest(message);
    expectType(message, MessageType.Certificate);
    const chain = readPeerChain(message.body, this.negotiation.offeredTypes);
    const leaf = chain[0];
    if (leaf === undefined) throw new TlsAlert(Alert.DecodeError, 'the server sent no certificate');
    certificatePublicKey(leaf);
    this.context.transcript.add(message.raw);
    return new ExpectCertificateVerify(this.context, this.negotiation, this.demand, chain, leaf);
  }

  private onRequest(message: HandshakeMessage): HandshakeState {
    const request = decodeCertificateRequest(message.body);
    checkPlacement('CertificateRequest', request.extensions, undefined);
    checkUnused(request.extensions);
    if (request.context.length > 0) {
      throw new TlsAlert(Alert.IllegalParameter, 'CertificateRequest of the handshake has a context');
    }
    const schemes = findExtension(request.extensions, ExtensionType.SignatureAlgorithms);
    if (schemes === undefined) {
      throw new TlsAlert(Alert.MissingExtension, 'CertificateRequest has no signature_algorithms');
    }
    this.context.transcript.add(message.raw);
    const demand = { signatureSchemes: decodeSignatureAlgorithms(schemes) };
    return new ExpectCertificate(this.context, this.negotiation, demand);
  }
}
