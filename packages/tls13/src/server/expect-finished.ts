import { equalBytes } from '@tsquic/bytes';
import { groupName } from '@tsquic/crypto';
import { Alert, TlsAlert } from '../alerts.ts';
import { Level } from '../events.ts';
import { Exporter, finishedMac } from '../key-schedule.ts';
import { decodeFinished } from '../message/finished.ts';
import { type HandshakeMessage, MessageType } from '../message/handshake-message.ts';
import { expectType, type HandshakeState, MESSAGE_LIMIT } from '../state.ts';
import { Connected } from './connected.ts';
import type { ServerContext } from './context.ts';
import type { Negotiation } from './flight.ts';
import { sendTicket } from './ticket.ts';

/** The client must send Finished, which completes the handshake. RFC 8446 §4.4.4 */
export class ExpectFinished implements HandshakeState {
  readonly level: Level = Level.Handshake;
  readonly messageLimit: number = MESSAGE_LIMIT;
  private readonly context: ServerContext;
  private readonly negotiation: Negotiation;
  private readonly peerCertificates: readonly Uint8Array[];

  constructor(
    context: ServerContext,
    negotiation: Negotiation,
    peerCertificates: readonly Uint8Array[] = [],
  ) {
    this.context = context;
    this.negotiation = negotiation;
    this.peerCertificates = peerCertificates;
  }

  onMessage(message: HandshakeMessage): HandshakeState {
    expectType(message, MessageType.Finished);
    const { settings, output, transcript } = this.context;
    const { suite, offer, clientHandshakeSecret } = this.negotiation;
    const verifyData = decodeFinished(message.body, suite.hashLength);
    const expected = finishedMac(settings.crypto, suite.hash, clientHandshakeSecret, transcript.digest());
    if (!equalBytes(verifyData, expected)) {
      throw new TlsAlert(Alert.DecryptError, "the client's Finished does not fit the handshake");
    }
    transcript.add(message.raw);
    output.keys(Level.Application, 'read', suite, this.negotiation.clientApplicationSecret);
    sendTicket(this.context, this.negotiation, this.peerCertificates);
    output.push({
      type: 'complete',
      alpn: this.negotiation.alpn,
      serverName: offer.serverName,
      cipherSuite: suite.name,
      group: groupName(this.negotiation.group),
      resumed: this.negotiation.resumed !== undefined,
      earlyDataAccepted: this.negotiation.earlyDataAccepted,
      peerCertificates: this.peerCertificates,
    });
    return new Connected(new Exporter(settings.crypto, suite.hash, this.negotiation.exporterMaster));
  }
}
