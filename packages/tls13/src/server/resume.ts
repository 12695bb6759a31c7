import { equalBytes } from '@tsquic/bytes';
import { type CipherSuite, cipherSuiteById, type CryptoProvider } from '@tsquic/crypto';
import { Alert, TlsAlert } from '../alerts.ts';
import { finishedMac, KeySchedule } from '../key-schedule.ts';
import type { Identity, TlsServerOptions } from '../config.ts';
import { isAuthentic } from '../resumption/authentication.ts';
import { knownJudgement } from '../resumption/judgement.ts';
import { decodeTicketState, type TicketState } from '../resumption/ticket-state.ts';
import type { ClientOffer } from './client-offer.ts';
import type { ServerContext } from './context.ts';

/** A session that is resumed. */
export interface ResumedSession {
  /** Its index in the client's list. */
  readonly index: number;
  readonly state: TicketState;
  /** The ticket, as the client sent it. */
  readonly ticket: Uint8Array;
  /** When the ClientHello was made, by the ticket age in it. RFC 8446 §4.2.11.1 */
  readonly sentAtMs: number;
  /** Whether the ticket age in the ClientHello is right, within ten seconds. */
  readonly isFresh: boolean;
}

/**
 * The first offered session that can be resumed with `suite`; its binder is verified, and a wrong one ends in
 * decrypt_error (RFC 8446 §4.2.11).
 *
 * @param hello - the encoded ClientHello, not yet in the transcript.
 */
export function resumeSession(
  context: ServerContext,
  offer: ClientOffer,
  suite: CipherSuite,
  hello: Uint8Array,
): ResumedSession | undefined {
  const { options, settings, transcript } = context;
  const { psks } = offer;
  if (options.tickets === undefined || psks === undefined || !offer.resumes) return undefined;
  const tried = psks.identities.slice(0, MAX_IDENTITIES);
  for (const [index, { identity, obfuscatedTicketAge }] of tried.entries()) {
    const state = openTicket(context, identity);
    if (state === undefined || !isResumable(context, state, offer, suite)) continue;
    const truncated = hello.subarray(0, hello.length - psks.bindersLength);
    const key = new KeySchedule(settings.crypto, suite.hash, state.psk).binderKey();
    const binder = finishedMac(settings.crypto, suite.hash, key, transcript.hashWith(suite.hash, truncated));
    if (!equalBytes(binder, psks.binders[index]!)) {
      throw new TlsAlert(Alert.DecryptError, 'the PSK binder does not fit');
    }
    if (!isStillAccepted(context, state, offer)) return undefined;
    const sentAtMs = state.issuedAtMs + ((obfuscatedTicketAge - state.ageAdd + 2 ** 32) % 2 ** 32);
    return { index, state, ticket: identity, sentAtMs, isFresh: isFresh(context, sentAtMs) };
  }
  return undefined;
}

function openTicket({ options }: ServerContext, ticket: Uint8Array): TicketState | undefined {
  const plaintext = options.tickets?.open(ticket);
  return plaintext === undefined ? undefined : decodeTicketState(plaintext);
}

/** Identifies the server's certificate in a ticket. */
export function certificateMark({ chain }: Identity, crypto: CryptoProvider): Uint8Array {
  return crypto.hash('sha256', chain[0] ?? new Uint8Array(0));
}

/** Whether clients are asked for a certificate. */
export function asksCertificate(options: TlsServerOptions): boolean {
  return (options.clientCertificate ?? 'none') !== 'none';
}

/**
 * Whether a full handshake would use the same server certificate, and accept the client's. The client's
 * certificate is judged again, because it or the rules may have changed.
 */
function isStillAccepted(
  { options, settings }: ServerContext,
  state: TicketState,
  offer: ClientOffer,
): boolean {
  const { verifier } = options;
  const { peerCertificates } = state;
  const identity = options.identity(state.serverName, offer.signatureSchemes);
  if (identity === undefined) return false;
  if (!equalBytes(certificateMark(identity, settings.crypto), state.certificate)) return false;
  if (!asksCertificate(options) || peerCertificates.length === 0) return true;
  return (
    verifier !== undefined &&
    verifier.verify(peerCertificates, '', options.unixTimeMs(), settings.crypto) === undefined
  );
}

/** Whether the client was asked for as much as now, and judged by the same verifier. */
function wasJudgedAlike({ options, settings }: ServerContext, state: TicketState): boolean {
  if (!asksCertificate(options)) return state.judgement.length === 0;
  if (options.clientCertificate === 'require' && state.peerCertificates.length === 0) return false;
  const judgement = knownJudgement(options.verifier, settings.crypto);
  return judgement !== undefined && equalBytes(judgement, state.judgement);
}

function isResumable(
  context: ServerContext,
  state: TicketState,
  offer: ClientOffer,
  suite: CipherSuite,
): boolean {
  const nowMs = context.options.unixTimeMs();
  return (
    cipherSuiteById(state.suite)?.hash === suite.hash &&
    state.serverName === offer.serverName &&
    nowMs - state.issuedAtMs < TICKET_LIFETIME_SECONDS * 1000 &&
    isAuthentic(state, nowMs) &&
    wasJudgedAlike(context, state)
  );
}

/** Whether the ClientHello is recent enough for 0-RTT. RFC 8446 §8.3 */
function isFresh({ options }: ServerContext, sentAtMs: number): boolean {
  return Math.abs(options.unixTimeMs() - sentAtMs) <= AGE_TOLERANCE_MS;
}

export const TICKET_LIFETIME_SECONDS = 86_400;
/** How much earlier or later than now a ClientHello with 0-RTT may have been made. */
export const AGE_TOLERANCE_MS = 10_000;
/** Most tickets of one ClientHello that are tried, because each costs an attempt to decrypt it. */
const MAX_IDENTITIES = 4;
