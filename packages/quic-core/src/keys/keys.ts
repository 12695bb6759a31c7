import type { CipherSuite, CryptoProvider } from '@tsquic/crypto';
import { Level } from '@tsquic/tls13';
import { TransportCode, TransportError } from '../errors/transport-error.ts';
import { Drop } from '../packet/drop.ts';
import { type PacketHeader, PacketType } from '../packet/header.ts';
import { hasReservedBits, hasSample, protectPacket, unmaskHeader } from '../packet/protection.ts';
import type { OpenPacket } from '../packet/writer.ts';
import type { Version } from '../version/versions.ts';
import { initialKeys } from './initial.ts';
import { PacketKeys } from './packet-keys.ts';
import { OneRttKeys } from './update.ts';

/** Packets after which we update keys of our own accord, far below any limit. */
const UPDATE_AFTER = 2 ** 20;
/** Packets kept back from the confidentiality limit, to say goodbye with. RFC 9001 §6.6 */
const GOODBYE_PACKETS = 64;

/** The keys of a connection at every level: opens and seals its packets. RFC 9001 §4, §5, §6 */
export class Keys {
  readonly oneRtt: OneRttKeys = new OneRttKeys();
  /** Packets that did not open, over all keys: the integrity limit counts them. RFC 9001 §6.6 */
  failedOpens = 0;
  /** Keys installed so far: what came too early is worth another try when this grows. */
  installs = 0;
  private readonly reads: (PacketKeys | undefined)[] = [undefined, undefined, undefined];
  private readonly writes: (PacketKeys | undefined)[] = [undefined, undefined, undefined];
  private readonly crypto: CryptoProvider;
  private readonly version: Version;
  private readonly isClient: boolean;
  /** Levels whose keys were thrown away, as bits: packets of these are not worth keeping. */
  private discarded = 0;

  constructor(crypto: CryptoProvider, version: Version, isClient: boolean) {
    this.crypto = crypto;
    this.version = version;
    this.isClient = isClient;
  }

  /** Derive Initial keys from the client's first Destination Connection ID, or the one it took from a Retry. */
  installInitial(destinationId: Uint8Array): void {
    const { crypto, version, isClient } = this;
    this.writes[Level.Initial] = initialKeys(crypto, version, destinationId, isClient);
    this.reads[Level.Initial] = initialKeys(crypto, version, destinationId, !isClient);
  }

  install(level: Level, direction: 'read' | 'write', suite: CipherSuite, secret: Uint8Array): void {
    const keys = new PacketKeys(this.crypto, this.version, suite, secret);
    this.installs++;
    if (level !== Level.Application) (direction === 'read' ? this.reads : this.writes)[level] = keys;
    else if (direction === 'read') this.oneRtt.installRead(keys);
    else this.oneRtt.write = keys;
  }

  canWrite(level: Level): boolean {
    return (level === Level.Application ? this.oneRtt.write : this.writes[level]) !== undefined;
  }

  /** Keys of a level are gone for good. RFC 9001 §4.9 */
  discard(level: Level): void {
    this.reads[level] = this.writes[level] = undefined;
    this.discarded |= 1 << level;
  }

  /** Whether keys for this packet may still appear. */
  mayComeLater(header: PacketHeader): boolean {
    // Once there are 1-RTT keys, nothing more is said in 0-RTT. RFC 9001 §4.9.3
    if (header.type === PacketType.ZeroRtt && this.oneRtt.canRead) return false;
    return (this.discarded & (1 << levelOf(header.type))) === 0;
  }

  /**
   * Unmask and open a packet in place; fills the header's number and payload bounds.
   *
   * @param largest - largest number received in the packet's space.
   * @returns `Drop.None`, or why the packet is to be ignored.
   */
  open(bytes: Uint8Array, header: PacketHeader, largest: number): Drop {
    const level = levelOf(header.type);
    const keys = level === Level.Application ? this.oneRtt.readProtection : this.reads[level];
    if (keys === undefined) return Drop.NoKeys;
    if (!hasSample(header)) return Drop.NoSample;
    unmaskHeader(bytes, header, keys.protection, largest);
    const drop =
      level === Level.Application ? this.oneRtt.open(bytes, header) : openWith(keys, bytes, header);
    if (drop !== Drop.None) {
      this.failedOpens++;
      if (this.failedOpens >= keys.suite.integrityLimit)
        throw new TransportError(TransportCode.AeadLimitReached, 0, 'too many forged packets');
      return drop;
    }
    if (hasReservedBits(bytes[header.headerAt]!))
      throw new TransportError(TransportCode.ProtocolViolation, 0, 'reserved bits are set');
    return Drop.None;
  }

  /** Seal one packet of the writer's datagram. */
  protect(buffer: Uint8Array, packet: OpenPacket): void {
    const keys = packet.level === Level.Application ? this.oneRtt.write! : this.writes[packet.level]!;
    keys.sealed++;
    if (packet.level === Level.Application) this.oneRtt.onSent(packet.number);
    protectPacket(
      buffer,
      packet.headerAt,
      packet.numberAt,
      packet.payloadAt,
      packet.payloadEnd,
      packet.number,
      keys.aead,
      keys.protection,
    );
  }

  /**
   * Keep within the confidentiality limit: update early, and refuse to go past it. RFC 9001 §6.6
   *
   * @param confirmed - the handshake is confirmed; before, no update may begin (§6).
   */
  beforeSealing(confirmed: boolean): void {
    const { oneRtt } = this;
    if (oneRtt.write === undefined || oneRtt.write.sealed < UPDATE_AFTER) return;
    if (confirmed && oneRtt.canUpdate) oneRtt.beginUpdate();
    else if (oneRtt.write.sealed >= oneRtt.write.suite.confidentialityLimit - GOODBYE_PACKETS)
      throw new TransportError(TransportCode.AeadLimitReached, 0, 'the key is used up');
  }
}

/** The level whose keys protect packets of this type. */
export function levelOf(type: PacketType): Level {
  switch (type) {
    case PacketType.Initial:
      return Level.Initial;
    case PacketType.ZeroRtt:
      return Level.EarlyData;
    case PacketType.Handshake:
      return Level.Handshake;
    default:
      return Level.Application;
  }
}

function openWith(keys: PacketKeys, bytes: Uint8Array, header: PacketHeader): Drop {
  return keys.aead.open(header.packetNumber, bytes, header.headerAt, header.payloadAt, header.packetEnd)
    ? Drop.None
    : Drop.Unauthentic;
}
