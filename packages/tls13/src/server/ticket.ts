import { Level } from '../events.ts';
import { encodeEarlyDataLimit } from '../extension/early-data.ts';
import { resumptionPsk } from '../key-schedule.ts';
import { encodeNewSessionTicket } from '../message/new-session-ticket.ts';
import { encodeTicketState } from '../resumption/ticket-state.ts';
import type { ServerContext } from './context.ts';
import type { Negotiation } from './flight.ts';
import { TICKET_LIFETIME_SECONDS } from './resume.ts';

/** Queue a session ticket when we have a key to seal it and the client can use one. RFC 8446 §4.6.1 */
export function sendTicket(
  { options, settings, output, transcript }: ServerContext,
  negotiation: Negotiation,
): void {
  const { offer, suite, schedule, alpn } = negotiation;
  if (options.tickets === undefined || !offer.resumes) return;
  if ((options.clientCertificate ?? 'none') !== 'none') return;
  const random = new Uint8Array(4);
  settings.crypto.random(random);
  const ageAdd = new DataView(random.buffer).getUint32(0);
  const nonce = Uint8Array.of(0);
  const earlyData = options.earlyData === true;
  const state = encodeTicketState({
    suite: suite.id,
    psk: resumptionPsk(settings.crypto, suite.hash, schedule.resumptionMaster(transcript.digest()), nonce),
    issuedAtMs: options.unixTimeMs(),
    ageAdd,
    serverName: offer.serverName,
    alpn,
    earlyData,
    earlyDataContext: options.earlyDataContext ?? new Uint8Array(0),
  });
  const message = encodeNewSessionTicket({
    lifetimeSeconds: TICKET_LIFETIME_SECONDS,
    ageAdd,
    nonce,
    ticket: options.tickets.seal(state),
    extensions: earlyData ? [encodeEarlyDataLimit()] : [],
  });
  output.send(Level.Application, message);
}
