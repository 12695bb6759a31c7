import { Alert, TlsAlert } from '../alerts.ts';
import { Level } from '../events.ts';
import { decodeEarlyDataLimit, QUIC_EARLY_DATA_LIMIT } from '../extension/early-data.ts';
import { type Extension, ExtensionType, findExtension } from '../extension/extension.ts';
import { checkPlacement } from '../extension/placement.ts';
import { type Exporter, resumptionPsk } from '../key-schedule.ts';
import { type HandshakeMessage, MessageType } from '../message/handshake-message.ts';
import { decodeNewSessionTicket } from '../message/new-session-ticket.ts';
import { type Authentication, isAuthentic } from '../resumption/authentication.ts';
import { recordJudgement } from '../resumption/judgement.ts';
import { encodeSession, type Session } from '../resumption/session.ts';
import { expectType, type HandshakeState, TICKET_LIMIT } from '../state.ts';
import type { ClientContext } from './context.ts';
import type { Negotiation } from './negotiation.ts';

/** The handshake is complete, and only session tickets may still come. RFC 8446 §4.6, RFC 9001 §4.4, §6 */
export class Connected implements HandshakeState {
  readonly level: Level = Level.Application;
  readonly messageLimit: number = TICKET_LIMIT;
  readonly exporter: Exporter;
  private readonly context: Omit<ClientContext, 'transcript'>;
  private readonly session: SessionFacts;
  private readonly proof: ClientProof;
  private readonly resumptionMaster: Uint8Array;

  constructor(
    context: ClientContext,
    negotiation: Negotiation,
    proof: ClientProof,
    resumptionMaster: Uint8Array,
    exporter: Exporter,
  ) {
    // Only what tickets need is kept, because this state lives as long as the connection.
    const { options, settings, output } = context;
    const { suite, alpn, serverParameters } = negotiation;
    this.context = { options, settings, output };
    this.session = { suite, alpn, serverParameters };
    const { authenticatedAtMs, expiresAtMs, shownCertificate } = proof;
    this.proof = { authenticatedAtMs, expiresAtMs, shownCertificate };
    this.resumptionMaster = resumptionMaster;
    this.exporter = exporter;
  }

  onMessage(message: HandshakeMessage): HandshakeState {
    if (message.type === MessageType.CertificateRequest) {
      throw new TlsAlert(
        Alert.UnexpectedMessage,
        'the server asks for a certificate after the handshake',
        true,
      );
    }
    expectType(message, MessageType.NewSessionTicket);
    this.onTicket(message.body);
    return this;
  }

  private onTicket(body: Uint8Array): void {
    const ticket = decodeNewSessionTicket(body);
    checkPlacement('NewSessionTicket', ticket.extensions, undefined);
    const earlyData = permitsEarlyData(ticket.extensions);
    if (ticket.lifetimeSeconds > MAX_LIFETIME_SECONDS) {
      throw new TlsAlert(Alert.IllegalParameter, 'the session ticket lives longer than seven days');
    }
    const { options, settings, output } = this.context;
    if (ticket.lifetimeSeconds === 0 || !isAuthentic(this.proof, options.unixTimeMs())) return;
    const { suite, alpn, serverParameters } = this.session;
    const psk = resumptionPsk(settings.crypto, suite.hash, this.resumptionMaster, ticket.nonce);
    const session = encodeSession({
      ...this.proof,
      suite: suite.id,
      psk,
      judgement: recordJudgement(options.verifier, settings.crypto, psk),
      ticket: ticket.ticket,
      receivedAtMs: options.unixTimeMs(),
      lifetimeSeconds: ticket.lifetimeSeconds,
      ageAdd: ticket.ageAdd,
      serverName: options.serverName,
      alpn,
      earlyData,
      transportParameters: serverParameters,
    });
    output.push({ type: 'ticket', session });
  }
}

/** What was proved in the handshake with certificates, which may be an earlier one that is resumed. */
export type ClientProof = Authentication & Pick<Session, 'shownCertificate'>;

/** What a session stores of its handshake. */
type SessionFacts = Pick<Negotiation, 'suite' | 'alpn' | 'serverParameters'>;

/** Whether max_early_data_size has the only value that allows 0-RTT in QUIC, RFC 9001 §4.6.1. */
function permitsEarlyData(extensions: readonly Extension[]): boolean {
  const data = findExtension(extensions, ExtensionType.EarlyData);
  if (data === undefined) return false;
  if (decodeEarlyDataLimit(data) !== QUIC_EARLY_DATA_LIMIT) {
    throw new TlsAlert(Alert.IllegalParameter, 'max_early_data_size is not 0xffffffff', true);
  }
  return true;
}

const MAX_LIFETIME_SECONDS = 7 * 86_400;
