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
 * Queue a session ticket when we have a key to seal it and the client can use one. RFC 8446 §4.6.1
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

/** The client's certificates end what they vouch for, too; the time of the first handshake stays. */
function withClient(
  { authenticatedAtMs, expiresAtMs }: Authentication,
  peerCertificates: readonly Uint8Array[],
  nowMs: number,
): Authentication {
  const client = authenticate([peerCertificates], nowMs);
  return { authenticatedAtMs, expiresAtMs: Math.min(expiresAtMs, client.expiresAtMs) };
}

/** A client must not keep a ticket longer than we honour it. */
function lifetimeOf({ expiresAtMs }: Authentication, nowMs: number): number {
  return Math.min(TICKET_LIFETIME_SECONDS, Math.floor((expiresAtMs - nowMs) / 1000));
}

/**
 * Whether a ticket can stand for such a client: its chain has to fit in, and there must be somebody to judge it again
 * at once when the ticket comes back, which a program that is asked by an event is not.
 */
function isKept(options: TlsServerOptions, peerCertificates: readonly Uint8Array[]): boolean {
  if (peerCertificates.length === 0) return true;
  const length = peerCertificates.reduce((sum, certificate) => sum + certificate.length, 0);
  return options.verifier !== undefined && length <= MAX_KEPT_CHAIN_BYTES;
}
