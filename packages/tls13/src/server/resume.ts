import { equalBytes } from '@tsquic/bytes';
import { type CipherSuite, cipherSuiteById } from '@tsquic/crypto';
import { Alert, TlsAlert } from '../alerts.ts';
import { finishedMac, KeySchedule } from '../key-schedule.ts';
import type { TlsServerOptions } from '../config.ts';
import { isAuthentic } from '../resumption/authentication.ts';
import { knownJudgement } from '../resumption/judgement.ts';
import { decodeTicketState, type TicketState } from '../resumption/ticket-state.ts';
import type { ClientOffer } from './client-offer.ts';
import type { ServerContext } from './context.ts';

/** A session that is resumed. */
export interface ResumedSession {
  /** Its place in the client's list. */
  readonly index: number;
  readonly state: TicketState;
  /** The client's idea of the ticket's age is ours, give or take ten seconds. */
  readonly isFresh: boolean;
}

/**
 * The first offered session that can be resumed with `suite`, its binder verified: a wrong binder ends in
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
    if (!isStillAccepted(context, state)) return undefined;
    return { index, state, isFresh: isFresh(context, state, obfuscatedTicketAge) };
  }
  return undefined;
}

function openTicket({ options }: ServerContext, ticket: Uint8Array): TicketState | undefined {
  const plaintext = options.tickets?.open(ticket);
  return plaintext === undefined ? undefined : decodeTicketState(plaintext);
}

/** Whether we ask clients for a certificate. */
export function asksCertificate(options: TlsServerOptions): boolean {
  return (options.clientCertificate ?? 'none') !== 'none';
}

/** A client that proved itself with certificates is judged again by them: they or we may have changed since. */
function isStillAccepted({ options, settings }: ServerContext, state: TicketState): boolean {
  const { verifier } = options;
  const { peerCertificates } = state;
  if (options.identity(state.serverName, settings.signatureSchemes) === undefined) return false;
  if (!asksCertificate(options) || peerCertificates.length === 0) return true;
  return (
    verifier !== undefined &&
    verifier.verify(peerCertificates, '', options.unixTimeMs(), settings.crypto) === undefined
  );
}

/** Whether the client was asked for as much as now, and judged by the same. */
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

/** RFC 8446 §8.3. */
function isFresh({ options }: ServerContext, state: TicketState, obfuscatedTicketAge: number): boolean {
  const claimedMs = (obfuscatedTicketAge - state.ageAdd + 2 ** 32) % 2 ** 32;
  return Math.abs(options.unixTimeMs() - state.issuedAtMs - claimedMs) <= AGE_TOLERANCE_MS;
}

export const TICKET_LIFETIME_SECONDS = 86_400;
const AGE_TOLERANCE_MS = 10_000;
/** Each costs an attempt to open it. */
const MAX_IDENTITIES = 4;
