import { Level } from '../events.ts';
import { encodeEarlyDataLimit } from '../extension/early-data.ts';
import { resumptionPsk } from '../key-schedule.ts';
import { encodeNewSessionTicket } from '../message/new-session-ticket.ts';
import type { TlsServerOptions } from '../config.ts';
import { type Authentication, authenticate } from '../resumption/authentication.ts';
import { recordJudgement } from '../resumption/judgement.ts';
import { encodeTicketState, MAX_KEPT_CHAIN_BYTES } from '../resumption/ticket-state.ts';
import type { ServerContext } from './context.ts';
import type { Negotiation } from './flight.ts';
import { asksCertificate, TICKET_LIFETIME_SECONDS } from './resume.ts';

/**
 * Queue a session ticket if there is a key to seal it and the client can use one. RFC 8446 §4.6.1
 *
 * @param peerCertificates - the client's chain, of this handshake or of the one that it resumed.
 */
export function sendTicket(
  { options, settings, output, transcript }: ServerContext,
  negotiation: Negotiation,
  peerCertificates: readonly Uint8Array[],
): void {
  const { offer, suite, schedule, alpn } = negotiation;
  const authentication = withClient(negotiation.authentication, peerCertificates, options.unixTimeMs());
  const lifetimeSeconds = lifetimeOf(authentication, options.unixTimeMs());
  if (options.tickets === undefined || !offer.resumes || lifetimeSeconds <= 0) return;
  if (!isKept(options, peerCertificates)) return;
  const random = new Uint8Array(4);
  settings.crypto.random(random);
  const ageAdd = new DataView(random.buffer).getUint32(0);
  const nonce = Uint8Array.of(0);
  const earlyData = options.earlyData === true;
  const master = schedule.resumptionMaster(transcript.digest());
  const psk = resumptionPsk(settings.crypto, suite.hash, master, nonce);
  const state = encodeTicketState({
    ...authentication,
    suite: suite.id,
    psk,
    judgement: asksCertificate(options)
      ? recordJudgement(options.verifier, settings.crypto, psk)
      : new Uint8Array(0),
    peerCertificates,
    issuedAtMs: options.unixTimeMs(),
    ageAdd,
    serverName: offer.serverName,
    certificate: negotiation.certificate,
    alpn,
    earlyData,
    earlyDataContext: options.earlyDataContext ?? new Uint8Array(0),
  });
  const message = encodeNewSessionTicket({
    lifetimeSeconds,
    ageAdd,
    nonce,
    ticket: options.tickets.seal(state),
    extensions: earlyData ? [encodeEarlyDataLimit()] : [],
  });
  output.send(Level.Application, message);
}

/**
 * The time of the first handshake stays, but the session also ends when one of the client's certificates
 * expires.
 */
function withClient(
  { authenticatedAtMs, expiresAtMs }: Authentication,
  peerCertificates: readonly Uint8Array[],
  nowMs: number,
): Authentication {
  const client = authenticate([peerCertificates], nowMs);
  return { authenticatedAtMs, expiresAtMs: Math.min(expiresAtMs, client.expiresAtMs) };
}

/** A client must not keep a ticket longer than the server accepts it. */
function lifetimeOf({ expiresAtMs }: Authentication, nowMs: number): number {
  return Math.min(TICKET_LIFETIME_SECONDS, Math.floor((expiresAtMs - nowMs) / 1000));
}

/**
 * Whether a client gets a ticket: its chain has to fit into it, and a verifier must be able to judge the
 * chain again at once when the ticket comes back, which is not so when an event asks the program.
 */
function isKept(options: TlsServerOptions, peerCertificates: readonly Uint8Array[]): boolean {
  if (peerCertificates.length === 0) return true;
  const length = peerCertificates.reduce((sum, certificate) => sum + certificate.length, 0);
  return options.verifier !== undefined && length <= MAX_KEPT_CHAIN_BYTES;
}
