import { TransportCode, TransportError } from '../errors/transport-error.ts';
import { Drop } from '../packet/drop.ts';
import type { PacketHeader } from '../packet/header.ts';
import type { PacketKeys } from './packet-keys.ts';

const KEY_PHASE = 0x04;

/**
 * The 1-RTT keys of both directions and their phases. RFC 9001 §6
 *
 * Receiving keeps three generations: the previous for packets that come late, the current, and the next,
 * which is derived ahead so that an update takes no longer to open than any other packet.
 */
export class OneRttKeys {
  write: PacketKeys | undefined;
  private read: PacketKeys | undefined;
  private nextRead: PacketKeys | undefined;
  private previousRead: PacketKeys | undefined;
  private previousIsNew = false;
  private readPhase = 0;
  private writePhase = 0;
  /** Lowest number received in the current phase, for telling old packets from new ones. */
  private phaseStart = Infinity;
  /** Highest number received in the previous phase: newer packets must not use its keys. */
  private previousHighest = -1;
  private highest = -1;
  /** First number sent in the current phase. */
  private firstSent = -1;
  private phaseAcked = false;
  /** The phase is not the one that the connection began with. */
  private updated = false;

  installRead(keys: PacketKeys): void {
    this.read = keys;
    this.nextRead = keys.next();
  }

  get canRead(): boolean {
    return this.read !== undefined;
  }

  /** What protects headers of incoming packets: the same in every phase. */
  get readProtection(): PacketKeys | undefined {
    return this.read;
  }

  /** The key phase bit to send, as it stands in the first byte. */
  get phaseBit(): number {
    return this.writePhase * KEY_PHASE;
  }

  /** Whether keys of an earlier phase wait to be dropped. */
  get hasPrevious(): boolean {
    return this.previousRead !== undefined;
  }

  dropPrevious(): void {
    this.previousRead = undefined;
  }

  /** Whether the keys of an earlier phase are others than at the last call: their time begins now. §6.5 */
  takeNewPrevious(): boolean {
    const isNew = this.previousIsNew;
    this.previousIsNew = false;
    return isNew;
  }

  /** Open a packet whose header is unmasked; moves on to the next phase when the packet proves that the peer did. */
  open(bytes: Uint8Array, header: PacketHeader): Drop {
    const phase = (bytes[header.headerAt]! & KEY_PHASE) === 0 ? 0 : 1;
    const number = header.packetNumber;
    if (phase === this.readPhase) {
      if (!tryOpen(this.read!, bytes, header)) return Drop.Unauthentic;
      if (number < this.phaseStart) this.phaseStart = number;
      if (number < this.previousHighest) keyUpdateError('a newer key for an older packet');
      if (number > this.highest) this.highest = number;
      return Drop.None;
    }
    // Nothing need have come in the first phase before the peer leaves it.
    const isLate = this.highest >= 0 && number < this.phaseStart;
    if (isLate || !tryOpen(this.nextRead!, bytes, header)) return this.openPrevious(bytes, header);
    this.onPeerUpdate(number);
    return Drop.None;
  }

  /** A packet of the current write phase left. */
  onSent(number: number): void {
    if (this.firstSent < 0) this.firstSent = number;
  }

  /** The peer acknowledged up to `largest`. */
  onAcked(largest: number): void {
    if (this.firstSent >= 0 && largest >= this.firstSent) this.phaseAcked = true;
  }

  /** Whether an update may begin: something of this phase was acknowledged, and the last update is over. §6.1, §6.5 */
  get canUpdate(): boolean {
    return this.phaseAcked && this.previousRead === undefined && this.writePhase === this.readPhase;
  }

  /** Begin an update: write with the next keys, and expect the peer to follow. */
  beginUpdate(): void {
    this.write = this.write!.next();
    this.writePhase ^= 1;
    this.firstSent = -1;
    this.phaseAcked = false;
  }

  private openPrevious(bytes: Uint8Array, header: PacketHeader): Drop {
    if (this.previousRead === undefined || !tryOpen(this.previousRead, bytes, header))
      return Drop.Unauthentic;
    if (header.packetNumber > this.phaseStart) keyUpdateError('an older key for a newer packet');
    if (header.packetNumber > this.previousHighest) this.previousHighest = header.packetNumber;
    return Drop.None;
  }

  private onPeerUpdate(number: number): void {
    if (number < this.highest) keyUpdateError('a newer key for an older packet');
    // The peer may go on only when we acknowledged something of this phase: it cannot have us derive keys all day. §6.2
    if (this.updated && this.writePhase === this.readPhase && this.firstSent < 0)
      keyUpdateError('an update before the last one was acknowledged');
    this.updated = true;
    this.previousRead = this.read;
    this.previousIsNew = true;
    this.previousHighest = this.highest;
    this.read = this.nextRead!;
    this.nextRead = this.read.next();
    this.readPhase ^= 1;
    this.phaseStart = this.highest = number;
    // The peer went first: follow before anything is sent, so that our acknowledgement shows it. §6.2
    if (this.writePhase !== this.readPhase) this.beginUpdate();
  }
}

/** RFC 9001 §6.4. */
function keyUpdateError(reason: string): never {
  throw new TransportError(TransportCode.KeyUpdate, 0, reason);
}

function tryOpen(keys: PacketKeys, bytes: Uint8Array, header: PacketHeader): boolean {
  return keys.aead.open(header.packetNumber, bytes, header.headerAt, header.payloadAt, header.packetEnd);
}
