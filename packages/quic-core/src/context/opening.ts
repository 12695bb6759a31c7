import { toHex } from '@tsquic/bytes';
import { decodeSession, Level } from '@tsquic/tls13';
import type { ConnectionOptions } from '../config/config.ts';
import { checkPreference } from '../config/address-options.ts';
import { checkConnectionOptions } from '../config/option-names.ts';
import type { Settings } from '../config/settings.ts';
import { ClientStart } from '../connection/client-start.ts';
import type { Connection } from '../connection/connection.ts';
import type { Datagram } from '../connection/datagram.ts';
import { EarlyOffer } from '../connection/early-offer.ts';
import type { ConnectionParts } from '../connection/parts.ts';
import { retune } from '../connection/retuning.ts';
import { rememberedParameters } from '../parameters/remembered.ts';
import type { EventQueue } from '../connection/event-queue.ts';
import { QuicUsageError } from '../errors/usage-error.ts';
import type { TlsEngine } from '@tsquic/tls13';
import { earlyDataJudge } from './early-data-judge.ts';
import { chosenFor } from './served-client.ts';
import {
  createClientEngine,
  createServerEngine,
  earlyDataOptions,
  type ServerQuestions,
} from '../handshake/engine.ts';
import { type ConfirmedIds, encodeLocalParameters } from '../handshake/local-parameters.ts';
import { decodeParameters } from '../parameters/parameters.ts';
import { encodePreferredAddress } from '../parameters/preferred-address.ts';
import { UNKNOWN_ADDRESS } from '../path/address.ts';
import { decodeKeptSession } from '../tokens/kept-session.ts';
import { ConnectionVersion } from '../version/connection-version.ts';
import { firstVersion } from '../version/first-version.ts';
import type { ConnectionTable } from './connection-table.ts';
import type { Admission } from './initial.ts';
import { checkedToken } from './kept-token.ts';
import { checkedPath } from './remembered-path.ts';

/** Length of the Destination Connection ID that a client chooses. RFC 9000 §7.2 */
const FIRST_ID_LENGTH = 8;
const NO_BYTES = new Uint8Array(0);

/** Options with the session in the form that TLS takes. */
type Own = Omit<ConnectionOptions, 'session'> & { readonly session: Uint8Array | undefined };

/** Opens connections: a client's own, and those of clients that a server accepts. RFC 9000 §7 */
export class Opening {
  private readonly settings: Settings;
  private readonly table: ConnectionTable;
  private readonly events: EventQueue;
  private readonly nowUs: () => number;

  /** @param nowUs - returns the time of the current call. */
  constructor(settings: Settings, table: ConnectionTable, events: EventQueue, nowUs: () => number) {
    this.settings = settings;
    this.table = table;
    this.events = events;
    this.nowUs = nowUs;
  }

  /** A client's connection, whose ClientHello is ready to be sent. Throws `QuicUsageError` for options that cannot work. */
  connect(options: ConnectionOptions, nowUs: number): Connection {
    checkConnectionOptions(options);
    checkPreference(options);
    const { settings, table } = this;
    if (table.size >= settings.limits.maxConnections)
      throw new QuicUsageError(
        'too-many-connections',
        `this context holds ${settings.limits.maxConnections} connections at most`,
      );
    const { versions } = settings;
    const kept = options.session === undefined ? undefined : decodeKeptSession(options.session);
    const first = firstVersion(versions, options.version, kept?.version);
    const version = new ConnectionVersion(first, true, versions);
    const destination = new Uint8Array(FIRST_ID_LENGTH);
    settings.crypto.random(destination);
    const connection = table.build({
      isClient: true,
      version,
      remote: options.to,
      local: options.from ?? UNKNOWN_ADDRESS,
      interfaceIndex: 0,
      validated: true,
      remembered: checkedPath(options.rememberedPath),
      followsPreferred: options.preferredAddress !== 'ignore',
      peerId: destination,
      initialKeyId: destination,
      initialKeys: undefined,
      logId: toHex(destination),
      token: checkedToken(first.id, options.token, options.tokenVersion),
      start: (source) => new ClientStart(settings.crypto, version, destination, source),
      nowUs,
    });
    try {
      // RFC 9369 §5
      const session = kept?.version === first.id ? kept.session : undefined;
      this.startClient(connection, { ...options, session }, nowUs);
    } catch (error) {
      table.forget(connection);
      throw error;
    }
    return connection;
  }

  /**
   * A connection for the client whose first Initial packet `datagram` holds; undefined when a callback of the
   * program throws.
   */
  accept(admission: Admission, datagram: Datagram, nowUs: number): Connection | undefined {
    try {
      return this.startServer(admission, datagram, nowUs);
    } catch (error) {
      this.settings.tracer.onInternalError?.(-1, error, nowUs);
      return undefined;
    }
  }

  private startClient(connection: Connection, options: Own, nowUs: number): void {
    const { parts } = connection;
    if (options.earlyData === true) parts.earlyOffer = earlyOffer(parts, options.session);
    let offered: Own = { ...options, earlyData: parts.earlyOffer !== undefined };
    parts.start!.begin = (): TlsEngine => {
      const engine = createClientEngine(
        this.settings,
        offered,
        () => this.localParameters(connection, this.settings, { initialSource: parts.fields.sourceId }),
        nowUs,
        this.nowUs,
      );
      // A session resumes only in its own version, and a first flight after Version Negotiation is in another
      // one. RFC 9369 §5
      offered = { ...offered, session: undefined, earlyData: false };
      return engine;
    };
    parts.handshake.start(parts.start!.begin());
    if (!parts.keys.canWrite(Level.EarlyData)) parts.earlyOffer = undefined;
    connection.settle(nowUs);
  }

  private startServer(admission: Admission, datagram: Datagram, nowUs: number): Connection {
    const { table } = this;
    const { settings, originalDestination, destination, source, retrySource } = admission;
    const connection = table.build(
      {
        isClient: false,
        version: new ConnectionVersion(admission.version, false, settings.versions, settings.prefersVersions),
        remote: datagram.from,
        local: datagram.to,
        interfaceIndex: datagram.interfaceIndex,
        validated: admission.validated,
        remembered: admission.remembered,
        followsPreferred: false,
        peerId: source,
        initialKeyId: destination,
        initialKeys: admission.keys,
        logId: toHex(originalDestination),
        token: NO_BYTES,
        start: undefined,
        nowUs,
      },
      destination,
      settings,
    );
    table.addClient(connection, datagram.from);
    const { parts } = connection;
    parts.handshake.seenIds = { peerSource: source, originalDestination, retrySource };
    this.events.push({ type: 'accepted', connection: connection.id });
    const judge = earlyDataJudge(settings, parts, this.nowUs);
    const questions = this.questions(connection, admission, nowUs);
    table.guard(connection, () =>
      parts.handshake.start(
        createServerEngine(settings, parts.fields.version, questions, nowUs, this.nowUs, judge),
      ),
    );
    return connection;
  }

  private questions(connection: Connection, admission: Admission, nowUs: number): ServerQuestions {
    const { parts } = connection;
    const { originalDestination, retrySource, remembered } = admission;
    let { settings } = admission;
    return {
      look: (peer) => parts.handshake.takeParameters(peer),
      choose: (hello) => {
        const served = chosenFor(settings, parts, hello);
        if (served === undefined) return undefined;
        settings = served.settings;
        retune(parts, settings, remembered, nowUs);
        const judge = earlyDataJudge(settings, parts, this.nowUs);
        return { ...served.tls, ...earlyDataOptions(settings, judge) };
      },
      parameters: () => {
        const preferred = settings.options.preferredAddress;
        return this.localParameters(connection, settings, {
          initialSource: parts.fields.sourceId,
          originalDestination,
          retrySource,
          resetToken: parts.localIds.firstResetToken,
          preferredAddress:
            preferred === undefined
              ? undefined
              : encodePreferredAddress(preferred, parts.localIds.issuePreferred()),
        });
      },
    };
  }

  private localParameters({ id, parts }: Connection, settings: Settings, ids: ConfirmedIds): Uint8Array {
    const { crypto, ackDelayExponent, tracer } = settings;
    // Whether multipath is offered was settled when the client's transport parameters came.
    const transport = { ...settings.transport, maxPaths: parts.maxPaths };
    const { information } = parts.fields.version;
    const bytes = encodeLocalParameters(crypto, transport, ackDelayExponent, information, ids);
    tracer.onParameters?.(id, true, decodeParameters(bytes), this.nowUs());
    return bytes;
  }
}

/**
 * 0-RTT with the transport parameters that the session remembers; undefined when they cannot be read.
 * RFC 9000 §7.4.1
 */
function earlyOffer(parts: ConnectionParts, bytes: Uint8Array | undefined): EarlyOffer | undefined {
  const session = bytes === undefined ? undefined : decodeSession(bytes);
  if (session === undefined) return undefined;
  const parameters = rememberedParameters(session.transportParameters);
  return parameters === undefined
    ? undefined
    : new EarlyOffer(parts, { parameters, alpn: session.alpn, serverName: session.serverName });
}
