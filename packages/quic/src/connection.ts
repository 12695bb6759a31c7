import { X509Certificate } from 'node:crypto';
import {
  type Address,
  addressText,
  type Facts,
  type PathStatistics,
  type QuicConnection as ConnectionHandle,
  type RememberedPath,
  showAs,
} from '@tsquic/quic-core';
import type { CloseInfo } from './close-outcome.ts';
import type { QuicConnectionStatistics } from './connection-statistics.ts';
import { ConnectionCore, type ConnectionSetup } from './connection-core.ts';
import type { QuicDatagrams } from './datagrams.ts';
import { optional } from './deferred.ts';
import { QuicError } from './errors.ts';
import { checkClose, checkFinish, checkOpenStream } from './option-checks.ts';
import { checkRebind } from './socket-checks.ts';
import type { CloseOptions, FinishOptions, OpenStreamOptions, RebindOptions } from './options.ts';
import { QuicPaths } from './paths.ts';
import type { QuicSendGroup } from './send-orders.ts';
import type { QuicStream } from './stream.ts';
import { use } from './usage.ts';

/**
 * A connection with its handshake complete, from `connect` or a listener. Iterating it takes the streams that the
 * peer opens; the iteration ends with the connection, and throws when that is a failure.
 */
export class QuicConnection implements AsyncIterable<QuicStream> {
  /** Several paths at once, where both ends offer multipath. draft-ietf-quic-multipath */
  readonly paths: QuicPaths;
  private readonly setup: ConnectionSetup;
  private readonly handle: ConnectionHandle;
  private readonly core: ConnectionCore;
  private certificate: X509Certificate | undefined = undefined;

  static {
    showAs(QuicConnection.prototype, 'QuicConnection', summaryOf);
  }

  constructor(handle: ConnectionHandle, setup: ConnectionSetup) {
    this.setup = setup;
    this.handle = handle;
    this.core = new ConnectionCore(this, handle, setup);
    this.paths = new QuicPaths(this.core);
  }

  /**
   * Resolves when the handshake is confirmed (RFC 9001 §4.1.2): a client then knows that the server has
   * accepted its certificate, too. Rejects when the connection ends before.
   */
  get ready(): Promise<void> {
    return this.core.confirmed.promise;
  }

  /**
   * Resolves when either application has closed the connection, with any code. Rejects with the `QuicError`
   * when the connection was lost or failed, or with the reason of the signal that ended it.
   */
  get closed(): Promise<CloseInfo> {
    this.core.endAwaited.resolve();
    return this.core.end.promise;
  }

  /** The application protocol that both sides agreed on; a server has it as soon as it accepts early data. RFC 7301 */
  get alpnProtocol(): string {
    return this.core.facts.alpn;
  }

  /** The name the client asked for; '' when it sent none. */
  get servername(): string {
    return this.core.facts.serverName;
  }

  /** The cipher suite in use, such as 'TLS_AES_128_GCM_SHA256'. */
  get cipher(): string {
    return this.core.facts.cipherSuite;
  }

  /**
   * The key exchange group in use, such as 'X25519MLKEM768' (which also resists quantum computers), 'X25519'
   * or 'P-256': like `getEphemeralKeyInfo().name` in node:tls.
   */
  get keyExchange(): string {
    return this.core.facts.group;
  }

  /** The version of QUIC in use: 1, or 0x6b3343cf (version 2, RFC 9369). */
  get version(): number {
    return this.handle.version;
  }

  /**
   * The state of 0-RTT: 'none' when none was offered; 'offered' at a client whose server has not decided.
   * Rejected data is sent again automatically, unless another protocol was negotiated: its streams then fail
   * with `ERR_QUIC_EARLY_DATA_REJECTED`. RFC 9001 §4.6
   */
  get earlyData(): 'none' | 'offered' | 'accepted' | 'rejected' {
    return this.handle.earlyData;
  }

  /** Whether the handshake resumed an earlier session: also while it goes on, once early data was accepted. RFC 9001 §4.6 */
  get resumed(): boolean {
    return this.core.facts.resumed || this.earlyData === 'accepted';
  }

  /**
   * The peer's certificate, with names, dates and `raw` (DER). Undefined when it sent none, as most clients
   * do, when this runtime cannot read it, and at a client that resumed a session.
   */
  get peerCertificate(): X509Certificate | undefined {
    const [leaf] = this.core.facts.peerCertificates;
    if (leaf !== undefined) this.certificate ??= readCertificate(leaf);
    return this.certificate;
  }

  /** The peer's certificate chain, DER, leaf first. */
  get peerCertificates(): readonly Uint8Array[] {
    return this.core.facts.peerCertificates;
  }

  get isClient(): boolean {
    return this.handle.isClient;
  }

  /** The address that this end's socket is bound to; of several, the one of the path in use. */
  get localAddress(): Address {
    return this.core.clientPaths?.localInUse ?? this.core.moves?.local ?? this.setup.endpoint.local;
  }

  /** The peer's address on the path in use; of several, the one that data leaves on first. */
  get remoteAddress(): Address {
    return this.handle.remoteAddress;
  }

  /** Original destination connection ID, hexadecimal: the name of this connection in logs and traces. */
  get logId(): string {
    return this.handle.logId;
  }

  /** Unreliable datagrams, as web streams and by plain calls. RFC 9221 */
  get datagrams(): QuicDatagrams {
    return this.core.datagrams;
  }

  /** Counters and estimates, of now or of the end. Times are in microseconds. */
  statistics(): QuicConnectionStatistics {
    return { ...this.handle.statistics(), udp: this.core.udp };
  }

  /** Statistics of every path that the connection remembers; the one in use comes first. RFC 9000 §9 */
  pathStatistics(): readonly PathStatistics[] {
    return this.handle.pathStatistics();
  }

  /**
   * What the path in use has shown, for the option `rememberedPath` of the next `connect`; undefined until it
   * has. Also after the end.
   */
  get rememberedPath(): RememberedPath | undefined {
    return this.handle.rememberedPath;
  }

  /**
   * Client: migrate to another UDP socket, for example after a change of network. The old socket is kept
   * until the new path is validated, and streams continue meanwhile. Resolves when the new path is in use.
   *
   * Rejects with `ERR_QUIC_MIGRATION`, and keeps the old path, when the server does not answer on the new
   * one, when it forbids migration (disable_active_migration), before `ready`, and when another `rebind`
   * replaces this one; with `ERR_QUIC_NOT_A_CLIENT` on a server; with the system's error when no socket can
   * be opened. RFC 9000 §9.2
   */
  async rebind(options: RebindOptions = {}): Promise<void> {
    checkRebind(options);
    const { moves, ended } = this.core;
    if (moves === undefined) throw new QuicError('ERR_QUIC_NOT_A_CLIENT', 'only clients move: RFC 9000 §9');
    if (ended !== undefined) throw ended.error;
    return moves.rebind(options);
  }

  /**
   * Keep the program running while this connection is open, which is the default. Has no effect on a
   * listener's connection, because the socket belongs to the listener.
   */
  ref(): this {
    if (this.isClient) this.setup.berth?.keepAlive(true);
    return this;
  }

  /** Let the program end while this connection is open: the peer is then not told of the end. */
  unref(): this {
    if (this.isClient) this.setup.berth?.keepAlive(false);
    return this;
  }

  /**
   * Start a key update; the peer is told by a packet at once. Returns false, and does nothing, before
   * `ready`, until three probe timeouts after the peer has confirmed the last update of either side, and
   * after the end: a later call may succeed. `statistics().keyUpdates` counts updates. Without this call,
   * keys are updated every `transport.keyUpdatePackets`. RFC 9001 §6
   */
  updateKeys(): boolean {
    const begins = this.handle.updateKeys();
    if (begins) this.core.wake();
    return begins;
  }

  /** Export keying material that only the two ends can compute. RFC 8446 §7.5 */
  exportKeyingMaterial(length: number, label: string, context: Uint8Array = new Uint8Array(0)): Uint8Array {
    return use(() => this.handle.exportKeyingMaterial(label, context, length));
  }

  /**
   * Open a stream. The peer learns of it with its first bytes. Rejects with `ERR_QUIC_CLOSED` or the
   * connection's failure once it has ended.
   */
  openStream(options: OpenStreamOptions = {}): Promise<QuicStream> {
    try {
      checkOpenStream(options);
    } catch (error) {
      return Promise.reject(error);
    }
    return optional(this.core.open(options));
  }

  /** A group of streams whose `sendOrder` is compared with that of no others, as of `WebTransport`. */
  createSendGroup(): QuicSendGroup {
    return this.core.streams.sendOrders.createGroup();
  }

  /** The streams that the peer opens, in order. */
  [Symbol.asyncIterator](): AsyncIterableIterator<QuicStream> {
    return this.core.streams.incoming.iterate();
  }

  /**
   * Close the connection now. Written data that is not acknowledged is lost, and so is data that the peer has
   * not read; `finish` waits instead. Resolves when CONNECTION_CLOSE has been sent.
   */
  close(options: CloseOptions = {}): Promise<void> {
    try {
      checkClose(options);
    } catch (error) {
      return Promise.reject(error);
    }
    return this.core.close(options);
  }

  /**
   * Close the connection when all work is done. From now on both sides' new streams are refused. Then this
   * waits until every stream in use has ended: written streams are ended and acknowledged, read ones are read
   * to their end, and streams of the peer that wait have been taken and answered. Then it closes the
   * connection.
   *
   * Rejects with the signal's reason, and closes at once, when that is aborted first; with the connection's
   * failure when it ends before. The promise may be ignored.
   */
  finish(options: FinishOptions = {}): Promise<void> {
    try {
      checkFinish(options);
    } catch (error) {
      return Promise.reject(error);
    }
    return optional(this.core.finish(options));
  }

  /** The same as `close()`: use `finish` for data that must arrive. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** What inspectors show. */
function summaryOf(connection: QuicConnection): Facts {
  const { state, smoothedRttUs, bytesSent, bytesReceived } = connection.statistics();
  const { facts, streams, ended } = coreOf(connection);
  return {
    side: connection.isClient ? 'client' : 'server',
    state,
    remote: addressText(connection.remoteAddress),
    local: addressText(connection.localAddress),
    alpn: facts.alpn,
    servername: facts.serverName,
    cipher: facts.cipherSuite,
    streams: streams.size,
    rttMs: Math.round(smoothedRttUs / 10) / 100,
    bytesSent,
    bytesReceived,
    logId: connection.logId,
    ...(ended === undefined ? {} : { end: String(ended.error) }),
  };
}

/** The implementation of a connection, for its listener. */
export function coreOf(connection: QuicConnection): ConnectionCore {
  return connection['core'];
}

/** OpenSSL may be unable to read a peer's certificate; `peerCertificates` has it in any case. */
function readCertificate(der: Uint8Array): X509Certificate | undefined {
  try {
    return new X509Certificate(der);
  } catch {
    return undefined;
  }
}
