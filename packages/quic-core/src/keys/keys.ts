import type { CipherSuite, CryptoProvider } from '@tsquic/crypto';
import { Level } from '@tsquic/tls13';
import { DEFAULT_TRANSPORT } from '../config/transport-options.ts';
import { TransportCode, TransportError } from '../errors/transport-error.ts';
import { Drop } from '../packet/drop.ts';
import type { PacketHeader } from '../packet/header.ts';
import { hasReservedBits, hasSample, unmaskHeader } from '../packet/protection.ts';
import type { OpenPacket } from '../packet/writer.ts';
import type { ConnectionVersion } from '../version/connection-version.ts';
import { InitialKeys } from './initial-keys.ts';
import { PacketKeys } from './packet-keys.ts';
import { OneRttKeys } from './update.ts';
import { PacketType } from '../version/packet-type.ts';
import { isProtected, levelOf, type ProtectedType } from '../packet/levels.ts';

/** So many packets below the confidentiality limit are reserved for CONNECTION_CLOSE. RFC 9001 §6.6 */
const CLOSE_PACKETS = 64;
/** From this part of the confidentiality limit on, an update waits only for an acknowledgement. */
const URGENT = 0.6;

/** Limits on the use of a key; the lower of these and those of the cipher suite apply. */
export interface KeyLimits {
  readonly keyUpdatePackets: number;
  readonly confidentialityLimitPackets: number;
  readonly integrityLimitPackets: number;
}

/** The keys of a connection at every level: opens and seals its packets. RFC 9001 §4, §5, §6 */
export class Keys {
  readonly oneRtt: OneRttKeys = new OneRttKeys();
  /** Packets that failed to decrypt, over all keys, which the integrity limit counts. RFC 9001 §6.6 */
  failedOpens = 0;
  /** Number of key installations: when it grows, packets that were kept for their keys are tried again. */
  installs = 0;
  private initial: InitialKeys | undefined;
  private readonly reads: (PacketKeys | undefined)[] = [undefined, undefined, undefined];
  private readonly writes: (PacketKeys | undefined)[] = [undefined, undefined, undefined];
  private readonly crypto: CryptoProvider;
  private readonly version: ConnectionVersion;
  private readonly isClient: boolean;
  private readonly limits: KeyLimits;
  /**
   * The levels whose keys were discarded, as bits: a packet of these is not kept, because no keys will come
   * for it.
   */
  private discarded = 0;

  constructor(
    crypto: CryptoProvider,
    version: ConnectionVersion,
    isClient: boolean,
    limits: KeyLimits = DEFAULT_TRANSPORT,
  ) {
    this.crypto = crypto;
    this.version = version;
    this.isClient = isClient;
    this.limits = limits;
  }

  /**
   * Derive the Initial keys from the client's first Destination Connection ID, or from the one of a Retry.
   *
   * @param known - the keys that derive from it, where some have been derived already.
   */
  installInitial(destinationId: Uint8Array, known?: InitialKeys): void {
    this.initial = known ?? new InitialKeys(this.crypto, destinationId, this.isClient);
  }

  install(level: Level, direction: 'read' | 'write', suite: CipherSuite, secret: Uint8Array): void {
    // 0-RTT packets keep the version of the first flight, whatever version the server chooses. RFC 9369 §4.1
    const { original, current } = this.version;
    const keys = new PacketKeys(this.crypto, level === Level.EarlyData ? original : current, suite, secret);
    this.installs++;
    if (level !== Level.Application) (direction === 'read' ? this.reads : this.writes)[level] = keys;
    else if (direction === 'read') this.oneRtt.installRead(keys);
    else this.oneRtt.write = keys;
  }

  /** Whether 0-RTT packets can be opened. */
  get canReadEarly(): boolean {
    return this.reads[Level.EarlyData] !== undefined;
  }

  canWrite(level: Level): boolean {
    if (level === Level.Initial) return this.initial !== undefined;
    return (level === Level.Application ? this.oneRtt.write : this.writes[level]) !== undefined;
  }

  /** Discard the keys of a level. RFC 9001 §4.9 */
  discard(level: Level): void {
    if (level === Level.Initial) this.initial = undefined;
    this.reads[level] = this.writes[level] = undefined;
    this.discarded |= 1 << level;
  }

  /** Whether keys for packets of this type may still be installed. */
  mayComeLater(type: ProtectedType): boolean {
    // A client that has 1-RTT keys sends no 0-RTT packets. RFC 9001 §4.9.3
    if (type === PacketType.ZeroRtt && this.oneRtt.canRead) return false;
    return (this.discarded & (1 << levelOf(type))) === 0;
  }

  /**
   * Remove header protection and decrypt a packet in place; fills the header's number and payload bounds.
   *
   * @param largest - largest number received in the packet's space.
   * @returns `Drop.None`, or why the packet must be dropped.
   */
  open(bytes: Uint8Array, header: PacketHeader, largest: number): Drop {
    if (!isProtected(header.type)) return Drop.UnexpectedType;
    const level = levelOf(header.type);
    const keys = this.readKeys(level, header.version);
    if (keys === undefined) return Drop.NoKeys;
    if (!hasSample(header)) return Drop.NoSample;
    unmaskHeader(bytes, header, keys.protection, largest);
    const drop =
      level === Level.Application ? this.oneRtt.open(bytes, header) : openWith(keys, bytes, header);
    if (drop !== Drop.None) {
      this.failedOpens++;
      if (this.failedOpens >= Math.min(keys.suite.integrityLimit, this.limits.integrityLimitPackets))
        throw new TransportError(TransportCode.AeadLimitReached, 0, 'too many forged packets');
      return drop;
    }
    if (hasReservedBits(bytes[header.headerAt]!))
      throw new TransportError(TransportCode.ProtocolViolation, 0, 'reserved bits are set');
    return Drop.None;
  }

  /** Encrypt one packet of the writer's datagram. */
  protect(buffer: Uint8Array, packet: OpenPacket): void {
    const { level } = packet;
    if (level === Level.Initial) return this.initial!.write(this.version.current).protect(buffer, packet);
    const keys = level === Level.Application ? this.oneRtt.write! : this.writes[level]!;
    if (level === Level.Application) this.oneRtt.onSent(packet.number, packet.pathId);
    keys.protect(buffer, packet);
  }

  /**
   * @param versionId - the version in the long header: Initial packets may have the version from before or
   * after the sides agreed on one.
   */
  private readKeys(level: Level, versionId: number): PacketKeys | undefined {
    if (level === Level.Application) return this.oneRtt.readProtection;
    if (level === Level.Initial) return this.initial?.read(this.version.byId(versionId));
    return this.reads[level];
  }

  /**
   * Keep within the confidentiality limit: update keys before it is reached, and refuse to exceed it. Also
   * update when the program has asked for it. RFC 9001 §6.1, §6.6
   *
   * @param confirmed - whether the handshake is confirmed; no update may begin before (§6).
   * @returns whether an update begins, which the peer must learn from a packet.
   */
  beforeSealing(confirmed: boolean): boolean {
    const { oneRtt, limits } = this;
    const { write } = oneRtt;
    if (write === undefined || (!oneRtt.isWanted && write.sealed < this.updateAfter(write))) return false;
    const limit = Math.min(write.suite.confidentialityLimit, limits.confidentialityLimitPackets);
    if (confirmed && oneRtt.canUpdate(write.sealed >= URGENT * limit)) {
      oneRtt.beginUpdate();
      return true;
    }
    if (write.sealed >= limit - CLOSE_PACKETS)
      throw new TransportError(TransportCode.AeadLimitReached, 0, 'the key is used up');
    return false;
  }

  /** The update begins at half of a low limit, so that the other half lasts until it may begin. */
  private updateAfter({ suite }: PacketKeys): number {
    const { keyUpdatePackets, confidentialityLimitPackets } = this.limits;
    return Math.min(keyUpdatePackets, suite.confidentialityLimit / 2, confidentialityLimitPackets / 2);
  }
}

function openWith(keys: PacketKeys, bytes: Uint8Array, header: PacketHeader): Drop {
  return keys.aead.open(header.packetNumber, bytes, header.headerAt, header.payloadAt, header.packetEnd)
    ? Drop.None
    : Drop.Unauthentic;
}
