import { ByteReader, toHex } from '@tsquic/bytes';
import {
  assembleConnection,
  type ConnectionSeed,
  peerCloseReason,
  startHandshake,
} from '../connection/assemble.ts';
import { ClientStart } from '../connection/client-start.ts';
import { Connection } from '../connection/connection.ts';
import { createDatagram, type Datagram } from '../connection/datagram.ts';
import { EventQueue } from '../connection/event-queue.ts';
import { QuicUsageError } from '../errors/usage-error.ts';
import type { CloseReason, QuicEvent } from '../events.ts';
import { createClientEngine, createServerEngine } from '../handshake/engine.ts';
import { type ConfirmedIds, encodeLocalParameters } from '../handshake/local-parameters.ts';
import { decodeParameters } from '../handshake/parameters.ts';
import { Drop } from '../packet/drop.ts';
import { createPacketHeader, LONG_FORM, parseHeader } from '../packet/header.ts';
import { encodeStatelessReset, MIN_RESET_LENGTH, resetToken } from '../packet/stateless-reset.ts';
import { PacketWriter } from '../packet/writer.ts';
import { BASE_MTU } from '../path/mtu.ts';
import { type Version, VERSION_1, versionById } from '../version/versions.ts';
import { type Address, sameAddress, UNKNOWN_ADDRESS } from './address.ts';
import type { ConnectionOptions, QuicContextOptions } from './config.ts';
import { checkedPath } from './remembered-path.ts';
import { ConnectionHandle } from './connection-handle.ts';
import type { QuicConnection } from './handles.ts';
import { HalfOpen } from './half-open.ts';
import { type Admission, InitialScreen } from './initial.ts';
import { checkedToken } from './kept-token.ts';
import { checkConnectionOptions } from './option-names.ts';
import { clearDatagram, describeDatagram } from './datagram-record.ts';
import type { OutgoingDatagram } from './outgoing-datagram.ts';
import { Registration } from './registration.ts';
import { ResetLimit } from './reset-limit.ts';
import { Router } from './router.ts';
import { createSettings, type Settings } from './settings.ts';
import { rotateSealingKeys, type SealingKeys } from './sealing-keys.ts';
import { StatelessQueue } from './stateless.ts';
import { WakeOrder } from './wake-order.ts';

const MAX_UDP_PAYLOAD = 65_535;
/** Room for what Ethernet carries; larger datagrams make it larger. */
const USUAL_UDP_PAYLOAD = 1500;
/** Bytes of the Destination Connection ID that a client invents. */
const FIRST_ID_LENGTH = 8;
const NO_BYTES = new Uint8Array(0);
/** A context reads a datagram: what it reads with serves all contexts, so nothing it calls back may feed another one. */
let isReceiving = false;

/** All QUIC of a host: its connections, what leads to them, and when they are due. See `createQuicContext`. */
export class QuicContext {
  private readonly settings: Settings;
  private readonly router: Router;
  private readonly screen: InitialScreen;
  private readonly stateless = new StatelessQueue();
  private readonly resets: ResetLimit;
  private readonly wake = new WakeOrder();
  private readonly events = new EventQueue();
  private readonly connections = new Map<number, ConnectionHandle>();
  private readonly cores = new Map<number, Connection>();
  private readonly writer = new PacketWriter();
  private readonly datagram: Datagram = createDatagram(new Uint8Array(USUAL_UDP_PAYLOAD));
  private readonly reader = new ByteReader();
  private readonly header = createPacketHeader();
  /**
   * How many more clients may come in; each takes one. At 0 they are answered with CONNECTION_REFUSED, and nothing is
   * kept of them. RFC 9000 §5.2.2
   */
  clientAllowance: number = Infinity;
  private readonly halfOpen = new HalfOpen();
  private nextId = 0;
  private nowUs = 0;
  private freed = false;

  constructor(options: QuicContextOptions) {
    this.settings = createSettings(options);
    this.router = new Router(options.crypto, this.settings.resetKey, this.settings.connectionIdLength);
    this.resets = new ResetLimit(resetToken(options.crypto, this.settings.resetKey, NO_BYTES));
    this.screen = new InitialScreen(this.settings, this.stateless, this.settings.tokens);
  }

  // The three calls

  /**
   * Take one whole UDP payload. `bytes` is borrowed for the call and left unchanged. Never throws for anything
   * the network can send. `QuicUsageError('re-entrant')` when something called back while a datagram is read (a tracer,
   * a verifier, a congestion controller …) hands over another one, to whichever context.
   *
   * @param ecn - the two ECN bits of the IP header, 0 when unknown.
   */
  incomingPacket(
    bytes: Uint8Array,
    from: Address,
    to: Address,
    interfaceIndex: number,
    ecn: number,
    nowUs: number,
  ): void {
    this.assertUsable(nowUs);
    if (bytes.length === 0 || bytes.length > MAX_UDP_PAYLOAD)
      return this.onDropped(Drop.Truncated, bytes.length);
    if (isReceiving)
      throw new QuicUsageError('re-entrant', 'a datagram is still being read: keep this one for afterwards');
    const { datagram } = this;
    if (bytes.length > datagram.bytes.length) datagram.bytes = new Uint8Array(MAX_UDP_PAYLOAD);
    datagram.bytes.set(bytes);
    datagram.length = bytes.length;
    datagram.from = from;
    datagram.to = to;
    datagram.interfaceIndex = interfaceIndex;
    datagram.ecn = ecn & 3;
    isReceiving = true;
    try {
      this.route(nowUs);
    } finally {
      isReceiving = false;
    }
  }

  /**
   * Fill `out` with the next datagram to send; every field is written. Returns its length, 0 only when nothing at
   * all is due. What is returned counts as sent. Throws `QuicUsageError` for a buffer below 1200 bytes.
   */
  prepareNextPacket(out: OutgoingDatagram, nowUs: number): number {
    this.assertUsable(nowUs);
    if (out.buffer.length < BASE_MTU)
      throw new QuicUsageError(
        'buffer-too-small',
        `a buffer of ${out.buffer.length} bytes cannot hold a datagram of 1200`,
      );
    clearDatagram(out);
    if (this.stateless.write(out) > 0) return out.length;
    for (;;) {
      const next = this.wake.next(nowUs);
      if (next === undefined) return 0;
      const length = this.guard(next, () => next.prepare(this.writer, out.buffer, nowUs)) ?? 0;
      if (next.finished) this.forget(next);
      if (length > 0) {
        this.wake.markReady(next);
        describeDatagram(out, next, length);
        return length;
      }
      // Time must pass before it is asked again, whatever its timers say: one connection cannot hold up the host.
      this.wake.sleep(next, Math.max(next.nextWakeUs(), nowUs + 1));
    }
  }

  /** Microseconds until `prepareNextPacket` is useful: 0 when it is now, at most `maxUs`. A pure query. */
  nextWakeDelay(nowUs: number, maxUs: number): number {
    return Math.min(Math.max(0, this.nextWakeTime() - nowUs), maxUs);
  }

  /** When `prepareNextPacket` is useful: -Infinity for at once, Infinity for never. */
  nextWakeTime(): number {
    return this.stateless.isEmpty ? this.wake.nextUs() : -Infinity;
  }

  // The rest

  /** The next event that the application has not seen, or undefined. */
  nextEvent(): QuicEvent | undefined {
    return this.events.shift();
  }

  /** Start a client connection; its first datagram is due now. Throws `QuicUsageError` for options that cannot work. */
  createConnection(options: ConnectionOptions, nowUs: number): QuicConnection {
    this.assertUsable(nowUs);
    checkConnectionOptions(options);
    const { settings } = this;
    if (this.cores.size >= settings.maxConnections)
      throw new QuicUsageError(
        'too-many-connections',
        `this context holds ${settings.maxConnections} connections at most`,
      );
    const version = options.version === undefined ? VERSION_1 : firstVersion(options.version);
    const destination = new Uint8Array(FIRST_ID_LENGTH);
    settings.crypto.random(destination);
    const connection = this.build({
      isClient: true,
      version,
      remote: options.to,
      local: options.from ?? UNKNOWN_ADDRESS,
      interfaceIndex: 0,
      validated: true,
      remembered: checkedPath(options.rememberedPath),
      peerId: destination,
      initialKeyId: destination,
      logId: toHex(destination),
      token: checkedToken(options.token),
      start: (source) => new ClientStart(settings.crypto, version, destination, source),
      nowUs,
    });
    try {
      this.startClient(connection, options, nowUs);
    } catch (error) {
      this.forget(connection);
      throw error;
    }
    this.wake.markReady(connection);
    return this.connections.get(connection.id)!;
  }

  /** The connection with this ID, or undefined once it is gone. */
  connection(id: number): QuicConnection | undefined {
    return this.connections.get(id);
  }

  /** The host cannot reach this address: handshakes with it end, established connections go on by their timers. */
  notifyUnreachable(to: Address, nowUs: number): void {
    this.assertUsable(nowUs);
    for (const connection of this.cores.values()) {
      const { handshake, paths } = connection.parts;
      if (!connection.isClient || handshake.complete || !sameAddress(paths.active.remote, to)) continue;
      connection.vanish({ kind: 'unreachable' });
      this.wake.markReady(connection);
    }
  }

  /**
   * Seal session tickets and tokens with other keys from now on. What the last ones sealed is still good, what the ones
   * before those sealed is not. A server whose keys are its own has them changed every day without this call.
   *
   * @param keys - to share with other servers, 16 bytes each. Default: random ones of this context.
   */
  rotateKeys(keys: SealingKeys = {}): void {
    rotateSealingKeys(keys, this.settings);
  }

  /** Close every connection with an application error code; the goodbyes leave by `prepareNextPacket`. */
  close(code = 0, text = ''): void {
    for (const handle of this.connections.values()) handle.close(code, text);
  }

  /**
   * Forget everything at once, telling nobody: connections count as closed, and there are no more events. Calls
   * that need the context throw `QuicUsageError` from now on.
   */
  free(): void {
    for (const connection of [...this.cores.values()]) {
      connection.parts.closeState.drain({ kind: 'application', code: 0, text: '', remote: false });
      this.forget(connection);
    }
    this.events.clear();
    this.stateless.clear();
    this.freed = true;
  }

  // Datagrams in

  /** Take the datagram that came to whom it is for. */
  private route(nowUs: number): void {
    const { datagram } = this;
    this.reader.reset(datagram.bytes, 0, datagram.length);
    const drop = parseHeader(this.reader, this.settings.connectionIdLength, this.header);
    const connection = drop === Drop.Truncated ? undefined : this.router.find(datagram.bytes, this.header);
    if (connection?.isClient === false && this.settings.blockedPorts.has(datagram.from.port))
      this.onDropped(Drop.BlockedPort, datagram.length);
    else if (connection !== undefined && drop !== Drop.UnknownVersion) this.deliver(connection, nowUs);
    else this.onStray(drop, nowUs);
  }

  private deliver(connection: Connection, nowUs: number): void {
    const understood = this.guard(connection, () => connection.receive(this.datagram, nowUs));
    this.wake.markReady(connection);
    if (understood === false) this.resetByToken();
  }

  /** Whether the datagram, which nobody understands, is a stateless reset; its connection then ends. RFC 9000 §10.3.1 */
  private resetByToken(): boolean {
    const { datagram } = this;
    if (datagram.length < MIN_RESET_LENGTH) return false;
    const connection = this.router.findByToken(datagram.bytes, datagram.length);
    if (connection === undefined) return false;
    this.guard(connection, () => connection.drain({ kind: 'stateless-reset' }));
    this.wake.markReady(connection);
    return true;
  }

  /** A datagram whose first packet leads to no connection. */
  private onStray(drop: Drop, nowUs: number): void {
    const { datagram, header } = this;
    if (this.resetByToken()) return;
    if (this.settings.blockedPorts.has(datagram.from.port))
      return this.onDropped(Drop.BlockedPort, datagram.length);
    const isLong = (datagram.bytes[0]! & LONG_FORM) !== 0;
    if (!isLong) return this.onStrayShort(nowUs);
    if (drop === Drop.UnknownVersion)
      return this.onDropped(this.screen.onUnknownVersion(datagram, header), datagram.length);
    if (drop !== Drop.None) return this.onDropped(drop, datagram.length);
    const { maxConnections, maxHalfOpen, retryAbove } = this.settings;
    const { count } = this.halfOpen;
    const isCrowded = this.cores.size >= maxConnections || count >= maxHalfOpen;
    const isFull = this.clientAllowance <= 0 || (isCrowded && count === 0);
    const mustProve = retryAbove !== Infinity && (isCrowded || count >= retryAbove);
    const verdict = this.screen.screen(datagram, header, isFull, mustProve, nowUs);
    if (typeof verdict === 'number') return this.onDropped(verdict, datagram.length);
    if (isCrowded) this.evict(this.halfOpen.leastPromising()!);
    const connection = this.tryAccept(verdict, nowUs);
    if (connection !== undefined) this.deliver(connection, nowUs);
  }

  /** A short header that is not ours: perhaps of a connection that we lost, which deserves a reset. RFC 9000 §10.3 */
  private onStrayShort(nowUs: number): void {
    const { datagram } = this;
    this.onDropped(Drop.UnknownConnection, datagram.length);
    const { crypto, resetKey, connectionIdLength, identity } = this.settings;
    if (
      identity === undefined ||
      datagram.length <= MIN_RESET_LENGTH + connectionIdLength ||
      !this.resets.take(datagram.from.ip, nowUs)
    )
      return;
    const id = datagram.bytes.slice(1, 1 + connectionIdLength);
    const packet = encodeStatelessReset(crypto, resetToken(crypto, resetKey, id), datagram.length);
    if (packet !== undefined)
      this.stateless.push(packet, datagram.from, datagram.to, datagram.interfaceIndex);
  }

  private onDropped(drop: Drop, bytes: number): void {
    this.settings.tracer.onPacketDropped?.(-1, drop, bytes, this.nowUs);
  }

  // Connections

  /** What the program supplied for new connections may throw: then there is none. */
  private tryAccept(admission: Admission, nowUs: number): Connection | undefined {
    try {
      return this.accept(admission, nowUs);
    } catch (error) {
      this.settings.tracer.onInternalError?.(-1, error, nowUs);
      return undefined;
    }
  }

  private accept(admission: Admission, nowUs: number): Connection {
    const { settings, datagram } = this;
    const { originalDestination, destination, source, retrySource } = admission;
    const connection = this.build(
      {
        isClient: false,
        version: admission.version,
        remote: datagram.from,
        local: datagram.to,
        interfaceIndex: datagram.interfaceIndex,
        validated: admission.validated,
        remembered: admission.remembered,
        peerId: source,
        initialKeyId: destination,
        logId: toHex(originalDestination),
        token: NO_BYTES,
        start: undefined,
        nowUs,
      },
      destination,
    );
    this.halfOpen.add(connection);
    this.clientAllowance--;
    const { parts } = connection;
    parts.handshake.seenIds = { peerSource: source, originalDestination, retrySource };
    const parameters = (peer?: Uint8Array): Uint8Array => {
      parts.handshake.takeParameters(peer!);
      return this.localParameters(connection.id, {
        initialSource: parts.fields.sourceId,
        originalDestination,
        retrySource,
        resetToken: parts.localIds.firstResetToken,
      });
    };
    this.events.push({ type: 'accepted', connection: connection.id });
    this.guard(connection, () =>
      startHandshake(
        parts,
        createServerEngine(settings, parameters, nowUs, () => this.nowUs),
      ),
    );
    return connection;
  }

  private startClient(connection: Connection, options: ConnectionOptions, nowUs: number): void {
    const { settings } = this;
    const { parts } = connection;
    const engine = createClientEngine(
      settings,
      options,
      () => this.localParameters(connection.id, { initialSource: parts.fields.sourceId }),
      nowUs,
      () => this.nowUs,
    );
    startHandshake(parts, engine);
    connection.settle(nowUs);
  }

  private localParameters(id: number, ids: ConfirmedIds): Uint8Array {
    const { crypto, transport, ackDelayExponent, tracer } = this.settings;
    const bytes = encodeLocalParameters(crypto, transport, ackDelayExponent, ids);
    tracer.onParameters?.(id, true, decodeParameters(bytes), this.nowUs);
    return bytes;
  }

  private build(seed: Omit<ConnectionSeed, 'id'>, extraId?: Uint8Array): Connection {
    const id = this.nextId++;
    const registration = new Registration(this.router);
    const parts = assembleConnection(
      { ...seed, id },
      {
        settings: this.settings,
        registry: registration,
        push: (event) => this.events.push(event),
        onClosed: (reason) => this.onClosed(id, reason),
        onPeerClose: (frame) => this.cores.get(id)?.onPeerClose(peerCloseReason(frame)),
        onHandshakeComplete: () => this.onHandshakeComplete(id),
        createToken: (client, remembered) => this.settings.tokens.createNew(client, this.nowUs, remembered),
        nowUs: () => this.nowUs,
        releaseExtraIds: () => extraId !== undefined && this.router.remove(extraId),
      },
    );
    const connection = new Connection(parts);
    registration.adopt(connection, extraId === undefined ? [] : [extraId]);
    this.cores.set(id, connection);
    this.connections.set(id, new ConnectionHandle(connection, () => this.wake.markReady(connection)));
    this.wake.add(connection);
    const { isClient, logId, version, local, remote, nowUs } = seed;
    this.settings.tracer.onConnectionStarted?.(id, isClient, logId, version.id, local, remote, nowUs);
    return connection;
  }

  private onHandshakeComplete(id: number): void {
    const { parts } = this.cores.get(id)!;
    parts.statistics.handshakeUs = this.nowUs - parts.startedUs;
    if (parts.isClient) return;
    this.halfOpen.remove(this.cores.get(id)!);
    parts.handshake.sendToken(this.settings.tokens.createNew(parts.paths.active.remote, this.nowUs));
  }

  private onClosed(id: number, reason: CloseReason): void {
    this.settings.tracer.onConnectionClosed?.(id, reason, this.nowUs);
    this.events.push({ type: 'closed', connection: id, reason });
  }

  /** A half-open connection makes room for a client that may be more in earnest. Its peer is told nothing. */
  private evict(connection: Connection): void {
    connection.vanish({ kind: 'handshake-timeout' });
    this.forget(connection);
  }

  private forget(connection: Connection): void {
    connection.release();
    this.halfOpen.remove(connection);
    this.wake.remove(connection);
    this.cores.delete(connection.id);
    this.connections.delete(connection.id);
    this.settings.tracer.onConnectionForgotten?.(connection.id, this.nowUs);
  }

  /** Run a connection's code; a bug in it ends that connection and no other. */
  private guard<T>(connection: Connection, step: () => T): T | undefined {
    try {
      return step();
    } catch (error) {
      connection.fail(error);
      this.wake.markReady(connection);
      this.settings.tracer.onInternalError?.(connection.id, error, this.nowUs);
      return undefined;
    }
  }

  private assertUsable(nowUs: number): void {
    if (this.freed) throw new QuicUsageError('context-freed', 'this context was freed');
    this.nowUs = nowUs;
  }
}

/** A context with these options: a server when they have an `identity`, a client in any case. */
export function createQuicContext(options: QuicContextOptions): QuicContext {
  return new QuicContext(options);
}

/** What a client begins with. One that we do not speak looks like version 1, and shows how the server negotiates. */
function firstVersion(id: number): Version {
  if (!Number.isInteger(id) || id < 1 || id > 0xffff_ffff)
    throw new QuicUsageError('invalid-option', `version ${id} is not a number of 32 bits above 0`);
  return versionById(id) ?? { ...VERSION_1, id };
}

// What `console.log` shows: a context holds keys, which belong in no log.
Object.defineProperty(QuicContext.prototype, Symbol.for('nodejs.util.inspect.custom'), {
  value: () => 'QuicContext {}',
});
