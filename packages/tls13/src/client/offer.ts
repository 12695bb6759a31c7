import { equalBytes } from '@tsquic/bytes';
import {
  type CipherSuite,
  cipherSuiteById,
  type CryptoProvider,
  Group,
  HASH_LENGTH,
  type KeyShare,
} from '@tsquic/crypto';
import type { TlsClientOptions } from '../config.ts';
import type { TlsEvent } from '../events.ts';
import { encodeAlpn } from '../extension/alpn.ts';
import { encodeCookie } from '../extension/cookie.ts';
import { encodeEarlyData } from '../extension/early-data.ts';
import type { Extension } from '../extension/extension.ts';
import { encodeClientShares } from '../extension/key-share.ts';
import { encodeOfferedPsks, encodePskModes } from '../extension/psk.ts';
import { encodeQuicParameters } from '../extension/quic-parameters.ts';
import { encodeServerName, isIpAddress } from '../extension/server-name.ts';
import { encodeSignatureAlgorithms } from '../extension/signature-algorithms.ts';
import { encodeSupportedGroups } from '../extension/supported-groups.ts';
import { encodeSupportedVersions } from '../extension/versions.ts';
import { finishedMac, KeySchedule } from '../key-schedule.ts';
import { encodeClientHello } from '../message/client-hello.ts';
import { isAuthentic } from '../resumption/authentication.ts';
import { knownJudgement } from '../resumption/judgement.ts';
import { decodeSession, type Session } from '../resumption/session.ts';
import { TICKET_LIMIT } from '../state.ts';
import type { ClientContext } from './context.ts';
import { shownCertificate } from './shown-certificate.ts';

/** What a ClientHello offers; the server's answers are checked with it. */
export interface Offer {
  /** 32 bytes. */
  readonly random: Uint8Array;
  readonly shares: readonly KeyShare[];
  readonly transportParameters: Uint8Array;
  readonly resumption: Resumption | undefined;
  /** Whether 0-RTT is offered with `resumption`. */
  readonly earlyData: boolean;
  /** The cookie of a HelloRetryRequest. */
  readonly cookie: Uint8Array | undefined;
}

/** A session that can be resumed, and its suite. */
export interface Resumption {
  readonly session: Session;
  readonly suite: CipherSuite;
}

/** The offer of the first ClientHello. */
export function createOffer(context: ClientContext): Offer {
  const { options, settings } = context;
  const random = new Uint8Array(32);
  settings.crypto.random(random);
  const resumption = usableSession(context);
  return {
    random,
    shares: generateShares(settings.crypto, options.keyShares ?? defaultShares(settings.groups)),
    transportParameters: options.transportParameters(),
    resumption,
    earlyData:
      options.earlyData === true && resumption !== undefined && permitsEarlyData(context, resumption),
    cookie: undefined,
  };
}

/** What becomes of the early data of this offer. RFC 8446 §4.2.10 */
export function earlyVerdict({ resumption }: Offer, accepted: boolean): TlsEvent {
  const { alpn, serverName } = resumption!.session;
  return { type: 'early-data', accepted, alpn, serverName };
}

/**
 * The preferred group; after X25519MLKEM768, which many servers do not support, also the next one, so that
 * these servers need not ask for another ClientHello.
 */
function defaultShares(groups: readonly Group[]): readonly Group[] {
  const known = groups[0] === Group.X25519MLKEM768 ? groups[1] : undefined;
  return known === undefined ? groups.slice(0, 1) : [groups[0]!, known];
}

/** A share for each group. One of X25519 that is in a share before it is not generated again. RFC 9954 §3.2 */
function generateShares(crypto: CryptoProvider, groups: readonly Group[]): readonly KeyShare[] {
  const shares: KeyShare[] = [];
  for (const group of groups) {
    const inside = shares.find(({ agreement }) => agreement?.group === group);
    shares.push(inside?.agreement ?? crypto.generateKeyShare(group));
  }
  return shares;
}

/** The ClientHello of an offer, and the types of its extensions. */
export interface EncodedOffer {
  readonly bytes: Uint8Array;
  readonly offeredTypes: readonly number[];
}

/** Encode an offer; binders cover the transcript so far (RFC 8446 §4.2.11.2). */
export function encodeOffer(context: ClientContext, offer: Offer): EncodedOffer {
  const extensions = offeredExtensions(context, offer);
  if (offer.resumption !== undefined) extensions.push(pskExtension(context, offer.resumption));
  const bytes = encodeClientHello({
    random: offer.random,
    legacySessionId: new Uint8Array(0),
    cipherSuites: context.settings.suites.map((suite) => suite.id),
    compressionMethods: Uint8Array.of(0),
    extensions,
  });
  if (offer.resumption !== undefined) fillBinder(context, offer.resumption, bytes);
  return { bytes, offeredTypes: extensions.map((extension) => extension.type) };
}

function offeredExtensions({ options, settings }: ClientContext, offer: Offer): Extension[] {
  const extensions: Extension[] = [];
  if (!isIpAddress(options.serverName) && options.serverName !== '') {
    extensions.push(encodeServerName(options.serverName));
  }
  extensions.push(
    encodeSupportedVersions(),
    encodeSupportedGroups(settings.groups),
    encodeSignatureAlgorithms(settings.signatureSchemes),
    encodeClientShares(offer.shares.map((share) => ({ group: share.group, keyExchange: share.publicKey }))),
    encodeAlpn(options.alpn),
    encodeQuicParameters(offer.transportParameters),
    encodePskModes(),
  );
  if (offer.cookie !== undefined) extensions.push(encodeCookie(offer.cookie));
  if (offer.earlyData) extensions.push(encodeEarlyData());
  return extensions;
}

/** pre_shared_key, which must be the last extension, with zeros as binder. */
function pskExtension({ options }: ClientContext, { session, suite }: Resumption): Extension {
  const ageMs = Math.max(0, Math.floor(options.unixTimeMs() - session.receivedAtMs));
  return encodeOfferedPsks({
    identities: [{ identity: session.ticket, obfuscatedTicketAge: (ageMs + session.ageAdd) % 2 ** 32 }],
    binders: [new Uint8Array(HASH_LENGTH[suite.hash])],
  });
}

function fillBinder(
  { settings, transcript }: ClientContext,
  { session, suite }: Resumption,
  hello: Uint8Array,
): void {
  const binderAt = hello.length - HASH_LENGTH[suite.hash];
  // Without the lengths of the binder, one byte, and of the list of binders, two bytes.
  const truncated = hello.subarray(0, binderAt - 3);
  const key = new KeySchedule(settings.crypto, suite.hash, session.psk).binderKey();
  hello.set(
    finishedMac(settings.crypto, suite.hash, key, transcript.hashWith(suite.hash, truncated)),
    binderAt,
  );
}

/**
 * The session of the options, unless it is too old or was made with other settings: then a full handshake is
 * made.
 */
function usableSession({ options, settings }: ClientContext): Resumption | undefined {
  const session = options.session === undefined ? undefined : decodeSession(options.session);
  if (session === undefined || !suitsOptions(session, options, settings.crypto)) return undefined;
  const suite = cipherSuiteById(session.suite);
  if (suite === undefined || !settings.suites.some((own) => own.hash === suite.hash)) return undefined;
  const nowMs = options.unixTimeMs();
  if (!isAuthentic(session, nowMs)) return undefined;
  return nowMs - session.receivedAtMs < session.lifetimeSeconds * 1000 ? { session, suite } : undefined;
}

/**
 * Whether a full handshake would ask for the same name, judge by the same verifier, and show the same
 * certificate.
 */
function suitsOptions(session: Session, options: TlsClientOptions, crypto: CryptoProvider): boolean {
  const judgement = knownJudgement(options.verifier, crypto);
  return (
    session.serverName === options.serverName &&
    session.ticket.length <= TICKET_LIMIT &&
    options.alpn.includes(session.alpn) &&
    judgement !== undefined &&
    equalBytes(session.judgement, judgement) &&
    (session.shownCertificate.length === 0 ||
      equalBytes(session.shownCertificate, shownCertificate(options, crypto)))
  );
}

function permitsEarlyData({ options, settings }: ClientContext, { session, suite }: Resumption): boolean {
  return (
    session.earlyData &&
    options.alpn.includes(session.alpn) &&
    settings.suites.some((own) => own.id === suite.id)
  );
}
