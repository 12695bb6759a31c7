import { raise, TransportCode } from '../errors/transport-error.ts';
import { Drop } from '../packet/drop.ts';
import type { PacketHeader } from '../packet/header.ts';
import type { PacketKeys } from './packet-keys.ts';
import { PhaseNumbers } from './phase-numbers.ts';

const KEY_PHASE = 0x04;

/**
 * The 1-RTT keys of both directions and their phases. RFC 9001 §6
 *
 * Receiving keeps three generations: the previous one for packets that come late, the current one, and the
 * next one, which is derived in advance so that the first packet of an update takes no longer to decrypt than
 * any other. A connection at rest keeps no next one: it is derived again for the packet that comes after that, whatever the key
 * phase of that is, so that the time tells only that the connection was at rest. RFC 9001 §6.3, §9.5
 */
export class OneRttKeys {
  write: PacketKeys | undefined;
  private read: PacketKeys | undefined;
  private nextRead: PacketKeys | undefined;
  private previousRead: PacketKeys | undefined;
  private previousIsNew = false;
  private readPhase = 0;
  private writePhase = 0;
  private readonly first = new PhaseNumbers(0);
  /** Those of further paths; undefined while there is one path. */
  private ofPaths: PhaseNumbers[] | undefined = undefined;
  /** Whether a packet of the current phase has left, on any path. */
  private hasSent = false;
  private phaseAcked = false;
  /** Number of updates of our write keys. */
  updates = 0;
  /** Whether the program has asked for an update, which begins as soon as it is allowed. */
  isWanted = false;
  /**
   * An acknowledged update of ours is followed by no other before this time; -1 when there is no such time.
   */
  restUntilUs = -1;
  /** Whether the packet decrypted last used older keys than we send with. */
  private openedOlder = false;

  installRead(keys: PacketKeys): void {
    this.read = keys;
    this.nextRead = keys.next();
  }

  /** The connection is idle: give back the memory of the next keys. */
  rest(): void {
    this.nextRead = undefined;
  }

  get canRead(): boolean {
    return this.read !== undefined;
  }

  /** The header protection key of incoming packets, which is the same in every phase. */
  get readProtection(): PacketKeys | undefined {
    return this.read;
  }

  /** The key phase bit to send, as a value of the first byte. */
  get phaseBit(): number {
    return this.writePhase * KEY_PHASE;
  }

  /** Whether keys of the previous phase are kept. */
  get hasPrevious(): boolean {
    return this.previousRead !== undefined;
  }

  /** Discard the keys of the previous phase: packets under them had time to arrive. RFC 9001 §6.5 */
  dropPrevious(): void {
    this.previousRead = undefined;
  }

  /**
   * Whether the kept keys of the previous phase have changed since the last call: the time until they are
   * discarded begins now. RFC 9001 §6.5
   */
  takeNewPrevious(): boolean {
    const isNew = this.previousIsNew;
    this.previousIsNew = false;
    return isNew;
  }

  /**
   * Decrypt a packet without header protection; begins the next phase when the packet proves that the peer
   * did.
   */
  open(bytes: Uint8Array, header: PacketHeader): Drop {
    const phase = (bytes[header.headerAt]! & KEY_PHASE) === 0 ? 0 : 1;
    const number = header.packetNumber;
    const numbers = this.numbersOf(header.pathId);
    this.openedOlder = false;
    this.nextRead ??= this.read!.next();
    if (phase === this.readPhase) {
      if (!tryOpen(this.read!, bytes, header)) return this.openNone(this.previousRead, bytes, header);
      this.openedOlder = this.readPhase !== this.writePhase;
      if (number < numbers.phaseStart) numbers.phaseStart = number;
      if (number < numbers.previousHighest)
        raise(TransportCode.KeyUpdate, 0, 'a newer key for an older packet');
      if (number > numbers.highest) numbers.highest = number;
      return Drop.None;
    }
    // The peer may update its keys before any packet of a phase arrives on a path.
    const isLate = numbers.highest >= 0 && number < numbers.phaseStart;
    if (isLate && this.openPrevious(numbers, bytes, header)) return Drop.None;
    if (isLate) return this.openNone(this.nextRead, bytes, header);
    if (tryOpen(this.nextRead, bytes, header)) this.onPeerUpdate(numbers, number);
    else if (!this.openPrevious(numbers, bytes, header)) return Drop.Unauthentic;
    return Drop.None;
  }

  /**
   * The packet decrypted last acknowledges this number of a path. A peer that has received a packet under our
   * new keys must answer with its own new keys. RFC 9001 §6.2
   */
  checkAck(largest: number, frameType: number, pathId = 0): void {
    const { firstSent } = this.numbersOf(pathId);
    if (this.openedOlder && firstSent >= 0 && largest >= firstSent)
      raise(TransportCode.KeyUpdate, frameType, 'packets under new keys, acknowledged under old ones');
  }

  /** A packet of the current write phase left. */
  onSent(number: number, pathId: number): void {
    const numbers = this.numbersOf(pathId);
    if (numbers.firstSent >= 0) return;
    numbers.firstSent = number;
    this.hasSent = true;
  }

  /** A path is given up, and its ID is not used again. */
  forgetPath(pathId: number): void {
    this.ofPaths = this.ofPaths?.filter((one) => one.pathId !== pathId);
  }

  private numbersOf(pathId: number): PhaseNumbers {
    return pathId === 0 ? this.first : this.numbersOfLater(pathId);
  }

  private numbersOfLater(pathId: number): PhaseNumbers {
    this.ofPaths ??= [];
    let numbers = this.ofPaths.find((one) => one.pathId === pathId);
    if (numbers === undefined) {
      numbers = new PhaseNumbers(pathId);
      this.ofPaths.push(numbers);
    }
    return numbers;
  }

  private everyPath(act: (numbers: PhaseNumbers) => void): void {
    act(this.first);
    this.ofPaths?.forEach(act);
  }

  /**
   * What the peer is known to have received on the first path, for the length of packet numbers: `largestAcked`, or -1 until that is a packet with
   * these keys. Packets of 0-RTT share the space (RFC 9000 §12.3), but there are receivers that expand numbers of 1-RTT by
   * those of 1-RTT alone.
   */
  knownLargest(largestAcked: number): number {
    const { firstSent } = this.first;
    return this.updates === 0 && (firstSent < 0 || largestAcked < firstSent) ? -1 : largestAcked;
  }

  /** The peer acknowledged packets of a path up to `largest`; returns whether that confirms an update. */
  onAcked(largest: number, pathId = 0): boolean {
    if (this.phaseAcked) return false;
    const { firstSent } = this.numbersOf(pathId);
    if (firstSent < 0 || largest < firstSent) return false;
    this.phaseAcked = true;
    return this.updates > 0;
  }

  /**
   * Whether no update is under way, the previous keys are discarded, and the time after the last update is
   * over. RFC 9001 §6.5
   */
  get isSettled(): boolean {
    return this.writePhase === this.readPhase && this.previousRead === undefined && this.restUntilUs < 0;
  }

  /**
   * Whether an update may begin: a packet of this phase was acknowledged, and the last update is over.
   * RFC 9001 §6.1, §6.5
   *
   * @param isUrgent - whether the limit of the key is too near to wait after the last update.
   */
  canUpdate(isUrgent: boolean): boolean {
    return this.phaseAcked && (isUrgent ? this.writePhase === this.readPhase : this.isSettled);
  }

  /** Begin an update: write with the next keys, and expect the peer to update as well. */
  beginUpdate(): void {
    this.write = this.write!.next();
    this.writePhase ^= 1;
    this.updates++;
    this.isWanted = false;
    this.everyPath((numbers) => (numbers.firstSent = -1));
    this.hasSent = this.phaseAcked = false;
  }

  /**
   * Whether the packet is of the previous phase. One with a number of the current phase is an error of the
   * peer.
   */
  private openPrevious(numbers: PhaseNumbers, bytes: Uint8Array, header: PacketHeader): boolean {
    if (this.previousRead === undefined || !tryOpen(this.previousRead, bytes, header)) return false;
    if (header.packetNumber > numbers.phaseStart)
      raise(TransportCode.KeyUpdate, 0, 'an older key for a newer packet');
    if (header.packetNumber > numbers.previousHighest) numbers.previousHighest = header.packetNumber;
    this.openedOlder = true;
    return true;
  }

  /**
   * The packet is not authentic. Other keys are tried in vain so that all such packets take the same time:
   * how long one takes must not reveal the key phase bit, which header protection hides. Two keys are tried
   * while those of the previous phase are kept, one otherwise. RFC 9001 §6.3, §9.5
   *
   * @param other - keys that are tried in vain.
   */
  private openNone(other: PacketKeys | undefined, bytes: Uint8Array, header: PacketHeader): Drop {
    if (other !== undefined) tryOpen(other, bytes, header);
    return Drop.Unauthentic;
  }

  private onPeerUpdate(numbers: PhaseNumbers, number: number): void {
    if (number < numbers.highest) raise(TransportCode.KeyUpdate, 0, 'a newer key for an older packet');
    // The peer may update again only after a packet of this phase was acknowledged, so it cannot cause a
    // derivation of keys with each packet. RFC 9001 §6.2
    if (this.updates > 0 && this.writePhase === this.readPhase && !this.hasSent)
      raise(TransportCode.KeyUpdate, 0, 'an update before the last one was acknowledged');
    this.previousRead = this.read;
    this.previousIsNew = true;
    this.everyPath((one) => (one === numbers ? one.begin(number) : one.wait()));
    this.read = this.nextRead!;
    this.nextRead = this.read.next();
    this.readPhase ^= 1;
    // The peer began the update: send with the next keys from the first packet on, so that its
    // acknowledgement confirms the update. RFC 9001 §6.2
    if (this.writePhase !== this.readPhase) this.beginUpdate();
  }
}

function tryOpen(keys: PacketKeys, bytes: Uint8Array, header: PacketHeader): boolean {
  const aead = keys.aeadOf(header.pathId);
  return aead.open(header.packetNumber, bytes, header.headerAt, header.payloadAt, header.packetEnd);
}
