import { concatBytes, equalBytes } from '@tsquic/bytes';
import { Level } from '@tsquic/tls13';
import { FrameType } from '../../src/frame/rules.ts';
import { PacketReader } from '../../src/packet/reader.ts';
import { protectPacket, unmaskHeader } from '../../src/packet/protection.ts';
import { VERSIONS } from '../../src/version/versions.ts';
import type { Attacker } from './attacker.ts';
import { frame, type SeenFrame, readFrames } from './frames.ts';

const APP = Level.Application;
const ID_LENGTH = 8;
/** Bytes of a datagram that carries frames of path validation. */
const FULL = 1200;

/** PATH_NEW_CONNECTION_ID with an ID and a token of these bytes. */
export function issueId(pathId: number, sequence: number, fill: number): Uint8Array {
  const id = concatBytes(
    Uint8Array.of(ID_LENGTH),
    new Uint8Array(ID_LENGTH).fill(fill),
    new Uint8Array(16).fill(fill + 100),
  );
  return frame(FrameType.PathNewConnectionId, [pathId, sequence, 0], id);
}

/** A path after the first between an attacker and its victim. */
export class LaterPath {
  /** Frames of the victim on this path, to the ID of `fill`. */
  readonly frames: SeenFrame[] = [];
  /** Numbers of its packets. */
  readonly numbers: number[] = [];
  private readonly attacker: Attacker;
  private readonly pathId: number;
  private next = 0;

  /** @param fill - the byte that the attacker's ID of this path consists of. */
  constructor(attacker: Attacker, pathId: number, fill: number) {
    this.attacker = attacker;
    this.pathId = pathId;
    const ownId = new Uint8Array(ID_LENGTH).fill(fill);
    attacker.onTake = (datagram) => {
      if ((datagram[0]! & 0x80) === 0 && equalBytes(datagram.subarray(1, 1 + ID_LENGTH), ownId))
        this.read(datagram.slice());
    };
  }

  /** A datagram of the path with these frames. */
  packet(payload: Uint8Array, bytes = FULL): Uint8Array {
    const { attacker, pathId } = this;
    const issued = attacker
      .framesOf(FrameType.PathNewConnectionId, APP)
      .filter(({ values }) => values[0] === pathId);
    const id = issued.at(-1)!.data.slice(0, ID_LENGTH);
    const number = this.next++;
    const payloadAt = 1 + ID_LENGTH + 4;
    const end = Math.max(bytes - 16, payloadAt + payload.length);
    const out = new Uint8Array(end + 16);
    out[0] = 0x43;
    out.set(id, 1);
    new DataView(out.buffer).setUint32(1 + ID_LENGTH, number);
    out.set(payload, payloadAt);
    const keys = attacker.keysAt(APP).write;
    protectPacket(out, 0, 1 + ID_LENGTH, payloadAt, end, number, keys.aeadOf(pathId), keys.protection);
    return out;
  }

  /** Send frames on the path, and take what the victim says. */
  send(payload: Uint8Array, bytes = FULL): this {
    this.attacker.deliver(this.packet(payload, bytes));
    this.attacker.pump();
    return this;
  }

  /** Frames of one type that the victim has sent on this path. */
  of(type: number): SeenFrame[] {
    return this.frames.filter((one) => one.type === type);
  }

  private read(datagram: Uint8Array): void {
    const reader = new PacketReader(ID_LENGTH, VERSIONS);
    reader.reset(datagram, datagram.length);
    if (!reader.next()) return;
    const { header } = reader;
    const keys = this.attacker.keysAt(APP).read;
    unmaskHeader(datagram, header, keys.protection, this.numbers.at(-1) ?? -1);
    const { packetNumber, headerAt, payloadAt, packetEnd } = header;
    if (!keys.aeadOf(this.pathId).open(packetNumber, datagram, headerAt, payloadAt, packetEnd)) return;
    this.numbers.push(packetNumber);
    this.frames.push(...readFrames(datagram, header.payloadAt, header.payloadEnd));
  }
}
