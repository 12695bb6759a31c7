import { showAs } from '../inspection.ts';
import { ByteReader } from '@tsquic/bytes';
import type { Connection } from '../connection/connection.ts';
import { createDatagram, type Datagram } from '../connection/datagram.ts';
import { EventQueue } from '../connection/event-queue.ts';
import { QuicUsageError } from '../errors/usage-error.ts';
import type { QuicEvent } from '../events.ts';
import { Drop } from '../packet/drop.ts';
import { createPacketHeader, FIXED_BIT, idLengthAt, LONG_FORM, parseHeader } from '../packet/header.ts';
import { encodeStatelessReset, MIN_RESET_LENGTH } from '../packet/stateless-reset.ts';
import { BASE_MTU } from '../packet/datagram-size.ts';
import { PacketType } from '../version/packet-type.ts';
import { type Version, VERSIONS } from '../version/versions.ts';
import { type Address, sameAddress } from '../path/address.ts';
import type { ConnectionOptions, QuicContextOptions } from '../config/config.ts';
import { ConnectionTable } from './connection-table.ts';
import { Opening } from './opening.ts';
import type { ConnectionCounts, QuicConnection } from './handles.ts';
import { Gate } from './gate.ts';
import { InitialScreen } from './initial.ts';
import { clearDatagram, type OutgoingDatagram } from '../connection/outgoing-datagram.ts';
import { ResetLimit } from './reset-limit.ts';
import { Router } from './router.ts';
import type { ClientLimitOptions } from '../config/client-limits.ts';
import type { IdentityOption } from '../config/identities.ts';
import { createSettings, type Settings } from '../config/settings.ts';
import { rotateSealingKeys, type SealingKeys } from '../config/sealing-keys.ts';
import { StatelessQueue } from './stateless.ts';
import { StrayEarlyPackets } from './stray-early-packets.ts';

const MAX_UDP_PAYLOAD = 65_535;
/** First size of the buffer, for the MTU of Ethernet; larger datagrams make it grow. */
const USUAL_UDP_PAYLOAD = 1500;
const NO_BYTES = new Uint8Array(0);

/** A QUIC endpoint: its connections, their IDs, and when they are due. See `createQuicContext`. */
export class QuicContext {
  private readonly settings: Settings;
  private readonly router: Router;
  private readonly screen: InitialScreen;
  private readonly stateless = new StatelessQueue();
  private readonly resets: ResetLimit;
  private readonly strayEarly = new StrayEarlyPackets();
  private readonly events = new EventQueue();
  private readonly table: ConnectionTable;
  private readonly opening: Opening;
  /** Whether a datagram is being read, during which a callback must not hand over another one. */
  private isReceiving = false;
  private readonly datagram: Datagram = createDatagram(new Uint8Array(USUAL_UDP_PAYLOAD));
  private readonly reader = new ByteReader();
  private readonly header = createPacketHeader();
  /**
   * How many more clients are accepted; each lowers it by one. At 0 clients get CONNECTION_REFUSED, and no
   * state is kept for them. RFC 9000 §5.2.2
   */
  clientAllowance: number = Infinity;
  private nowUs = 0;
  private freed = false;

  static {
    // A context holds keys, which must not appear in logs.
    showAs(QuicContext.prototype, 'QuicContext', ({ table }) => ({ connections: table.size }));
  }

  /** @param spoken - all versions that `options.versions` may name; tests pass others. */
  constructor(options: QuicContextOptions, spoken: readonly Version[] = VERSIONS) {
    this.settings = createSettings(options, spoken);
    this.router = new Router(options.crypto, this.settings.resetKeys, this.settings.connectionIds);
    this.resets = new ResetLimit(this.settings.resetKeys.token(NO_BYTES));
    const nowUs = (): number => this.nowUs;
    this.table = new ConnectionTable(this.settings, this.router, this.events, nowUs);
    this.opening = new Opening(this.settings, this.table, this.events, nowUs);
    const gate = new Gate(this.settings, this.table);
    this.screen = new InitialScreen(this.settings, this.stateless, this.router, gate);
  }

  // The three calls

  /**
   * Take one whole UDP payload. `bytes` is borrowed for the call and left unchanged. Never throws for
   * anything the network can send. Throws `QuicUsageError('re-entrant')` when a callback that runs while a
   * datagram is read (of a tracer, a verifier, a congestion controller …) hands another one to the same
   * context.
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
    if (this.isReceiving)
      throw new QuicUsageError('re-entrant', 'a datagram is still being read: keep this one for afterwards');
    const { datagram } = this;
    if (bytes.length > datagram.bytes.length) datagram.bytes = new Uint8Array(MAX_UDP_PAYLOAD);
    datagram.bytes.set(bytes);
    datagram.length = bytes.length;
    datagram.from = from;
    datagram.to = to;
    datagram.interfaceIndex = interfaceIndex;
    datagram.ecn = ecn & 3;
    this.isReceiving = true;
    try {
      this.route(nowUs);
    } finally {
      this.isReceiving = false;
    }
  }

  /**
   * Fill `out` with the next datagram to send; every field is written. Returns its length, or 0 when no
   * datagram is due. A datagram that was returned counts as sent. Throws `QuicUsageError` for a buffer below
   * 1200 bytes.
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
      const next = this.table.wake.next(nowUs);
      if (next === undefined) return 0;
      const length = this.table.prepare(next, out, nowUs);
      if (next.parts.life.finished) this.table.forget(next);
      if (length > 0) {
        this.table.wake.markReady(next);
        return length;
      }
      if (out.connection !== -1) clearDatagram(out);
      // At least a microsecond passes before the connection is asked again, so that a timer that is always
      // due cannot keep the host busy.
      this.table.wake.sleep(next, Math.max(next.nextWakeUs(), nowUs + 1));
    }
  }

  /**
   * Microseconds until `prepareNextPacket` has something to do: 0 when it has now, at most `maxUs`. Changes
   * nothing.
   */
  nextWakeDelay(nowUs: number, maxUs: number): number {
    return Math.min(Math.max(0, this.nextWakeTime() - nowUs), maxUs);
  }

  /** When `prepareNextPacket` has something to do: -Infinity for now, Infinity for never. */
  nextWakeTime(): number {
    return this.stateless.isEmpty ? this.table.wake.nextUs() : -Infinity;
  }

  // Other calls

  /** The next event that the application has not seen, or undefined. */
  nextEvent(): QuicEvent | undefined {
    const event = this.events.shift();
    if (event?.type === 'stream-released') this.table.onReleaseTold(event.connection, event.streamId);
    return event;
  }

  /** Start a client connection; its first datagram is due now. Throws `QuicUsageError` for options that cannot work. */
  createConnection(options: ConnectionOptions, nowUs: number): QuicConnection {
    this.assertUsable(nowUs);
    const connection = this.opening.connect(options, nowUs);
    this.table.wake.markReady(connection);
    return this.table.handle(connection.id)!;
  }

  /**
   * Every connection, in the order in which they were made; those that have ended are still there for a
   * while.
   */
  connections(): readonly QuicConnection[] {
    return this.table.allHandles();
  }

  /** How many connections there are in each state. */
  connectionCounts(): ConnectionCounts {
    return this.table.counts();
  }

  /** The connection with this ID, or undefined once it is forgotten. */
  connection(id: number): QuicConnection | undefined {
    return this.table.handle(id);
  }

  /**
   * The host cannot reach this address: connections to it whose handshake is not complete end, established
   * ones go on until their timers end them. With several paths, the one between these addresses is abandoned, if
   * there is another.
   *
   * @param from - the local address, where the host knows it.
   */
  notifyUnreachable(to: Address, nowUs: number, from?: Address): void {
    this.assertUsable(nowUs);
    for (const connection of this.table.all()) {
      const { handshake, paths, multipath } = connection.parts;
      if (multipath?.isRunning === true && !connection.parts.closeState.active) {
        multipath.onUnreachable(to, from, nowUs);
        this.table.wake.markReady(connection);
        continue;
      }
      if (!connection.isClient || handshake.complete || !sameAddress(paths.active.remote, to)) continue;
      connection.parts.life.vanish({ kind: 'unreachable' });
      this.table.wake.markReady(connection);
    }
  }

  /**
   * Seal session tickets and tokens, and make reset tokens, with other keys from now on. What the last ones sealed is still
   * good, what the ones before those sealed is not. A server whose keys are its own has those of tickets and tokens changed
   * every day without this call.
   *
   * @param keys - to share with other servers. Default: random ones of this context, except that a `resetKey` which was
   *   given stays until another one is.
   */
  rotateKeys(keys: SealingKeys = {}): void {
    rotateSealingKeys(keys, this.settings);
  }

  /**
   * Server: other limits on connections are in force from now on; what is left out stays as it is. Connections that are there stay,
   * also where they are too many now, and count by the addresses that their clients are at. Throws `QuicUsageError` for limits that make
   * no sense, and changes nothing.
   */
  setLimits(limits: ClientLimitOptions): void {
    this.settings.limits.change(limits);
    this.table.recount();
  }

  /**
   * Use this certificate from now on, or those that this function chooses, in handshakes that begin later.
   * Established connections are unaffected; a session ticket resumes with the certificate of its connection.
   * Throws `QuicUsageError` for a key that does not belong to its certificate, and changes nothing then.
   */
  setIdentity(identity: IdentityOption): void {
    this.settings.identities.replace(identity);
  }

  /**
   * Issue new connection IDs from the generator of `connectionIds` on every connection, and make the peer
   * retire the old ones; for a generator whose configuration has changed. RFC 9000 §5.1.2
   */
  renewConnectionIds(): void {
    for (const connection of this.table.all()) {
      if (connection.parts.closeState.active) continue;
      connection.parts.localIds.renew();
      for (const { id, localIds } of connection.parts.multipath?.table.all ?? [])
        if (id > 0) localIds.renew();
      this.table.wake.markReady(connection);
    }
  }

  /** Close every connection with an application error code; each CONNECTION_CLOSE leaves by `prepareNextPacket`. */
  close(code = 0, text = ''): void {
    for (const { id } of this.table.all()) this.table.handle(id)!.close(code, text);
  }

  /**
   * Drop all connections at once, without a packet to their peers: they count as closed, and there are no
   * more events. Calls that need the context throw `QuicUsageError` from now on.
   */
  free(): void {
    for (const connection of this.table.all()) {
      connection.parts.closeState.drain({ kind: 'application', code: 0, text: '', remote: false });
      this.table.forget(connection);
    }
    this.events.clear();
    this.stateless.clear();
    this.strayEarly.clear();
    this.freed = true;
  }

  // Incoming datagrams

  /** Give the datagram to its connection, or answer it without one. */
  private route(nowUs: number): void {
    const { datagram } = this;
    this.reader.reset(datagram.bytes, 0, datagram.length);
    const { connectionIds, versions, transport } = this.settings;
    const drop = parseHeader(
      this.reader,
      connectionIds.lengths,
      versions,
      this.header,
      transport.greaseQuicBit,
    );
    const connection = drop === Drop.Truncated ? undefined : this.router.find(datagram.bytes, this.header);
    if (connection?.isClient === false && this.settings.blockedPorts.has(datagram.from.port))
      this.onDropped(Drop.BlockedPort, datagram.length);
    else if (connection !== undefined && drop !== Drop.UnknownVersion) this.deliver(connection, nowUs);
    else this.onStray(drop, nowUs);
  }

  private deliver(connection: Connection, nowUs: number): void {
    const understood = this.table.receive(connection, this.datagram, nowUs);
    this.table.wake.markReady(connection);
    if (understood === false) this.resetByToken();
  }

  /**
   * Whether the datagram, which no key decrypts, is a stateless reset; its connection then ends. RFC 9000
   * §10.3.1
   */
  private resetByToken(): boolean {
    const { datagram } = this;
    if (datagram.length < MIN_RESET_LENGTH) return false;
    const connection = this.router.findByToken(datagram.bytes, datagram.length);
    if (connection === undefined) return false;
    this.table.guard(connection, () => connection.parts.life.drain({ kind: 'stateless-reset' }));
    this.table.wake.markReady(connection);
    return true;
  }

  /** A datagram came whose first packet belongs to no connection. */
  private onStray(drop: Drop, nowUs: number): void {
    const { datagram, header } = this;
    if (this.resetByToken()) return;
    if (this.settings.blockedPorts.has(datagram.from.port))
      return this.onDropped(Drop.BlockedPort, datagram.length);
    const first = datagram.bytes[0]!;
    if ((first & LONG_FORM) === 0) return this.onStrayShort(nowUs);
    if (drop === Drop.UnknownVersion)
      return this.onDropped(this.screen.onUnknownVersion(datagram, header), datagram.length);
    if (drop !== Drop.None) return this.onDropped(drop, datagram.length);
    // A client may clear the fixed bit only if it has a token of an earlier connection. RFC 9287 §3.1
    if ((first & FIXED_BIT) === 0 && header.tokenLength === 0)
      return this.onDropped(Drop.FixedBitClear, datagram.length);
    if (header.type === PacketType.ZeroRtt) this.onStrayEarly(nowUs);
    else this.onStrayLong(nowUs);
  }

  /** A long header packet of no connection came, perhaps from a new client. */
  private onStrayLong(nowUs: number): void {
    const { datagram, header } = this;
    const verdict = this.screen.screen(datagram, header, this.clientAllowance > 0, nowUs);
    if (typeof verdict === 'number') return this.onDropped(verdict, datagram.length);
    if (this.table.isCrowded) this.table.evict();
    const connection = this.opening.accept(verdict, datagram, nowUs);
    if (connection === undefined) return;
    this.clientAllowance--;
    this.deliver(connection, nowUs);
    for (const early of this.strayEarly.take(verdict.destination, nowUs)) {
      datagram.bytes.set(early.bytes);
      Object.assign(datagram, early, { bytes: datagram.bytes });
      this.deliver(connection, nowUs);
    }
  }

  /** 0-RTT packets came before their Initial packet. RFC 9000 §5.2.2 */
  private onStrayEarly(nowUs: number): void {
    const { datagram, header, settings } = this;
    const { length } = datagram;
    if (!settings.identities.isServer || settings.earlyData === undefined)
      return this.onDropped(Drop.UnknownConnection, length);
    if (!this.strayEarly.keep(datagram, header, nowUs)) return this.onDropped(Drop.UnknownConnection, length);
    settings.tracer.onPacketBuffered?.(-1, length, nowUs);
  }

  /**
   * A short header packet of no connection came: if its connection was lost here, a stateless reset tells the
   * peer. RFC 9000 §10.3
   */
  private onStrayShort(nowUs: number): void {
    const { datagram } = this;
    this.onDropped(Drop.UnknownConnection, datagram.length);
    const { crypto, resetKeys, connectionIds, identities } = this.settings;
    const idLength = idLengthAt(connectionIds.lengths, datagram.bytes[1]!);
    if (
      !identities.isServer ||
      datagram.length <= MIN_RESET_LENGTH + idLength ||
      !this.resets.take(datagram.from.ip, nowUs)
    )
      return;
    const id = datagram.bytes.slice(1, 1 + idLength);
    const token = resetKeys.answer(id, this.resets.turn(datagram.from.ip));
    const packet = encodeStatelessReset(crypto, token, datagram.length);
    if (packet !== undefined)
      this.stateless.push(packet, datagram.from, datagram.to, datagram.interfaceIndex);
  }

  private onDropped(drop: Drop, bytes: number): void {
    this.settings.tracer.onPacketDropped?.(-1, drop, bytes, this.nowUs);
  }

  private assertUsable(nowUs: number): void {
    if (this.freed) throw new QuicUsageError('context-freed', 'this context was freed');
    this.nowUs = nowUs;
  }
}

/**
 * Make a context with these options: it is a server when they have an `identity`, and can be a client in any
 * case.
 */
export function createQuicContext(options: QuicContextOptions): QuicContext {
  return new QuicContext(options);
}
