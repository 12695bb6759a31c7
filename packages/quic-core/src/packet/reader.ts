import { ByteReader } from '@tsquic/bytes';
import { Drop } from './drop.ts';
import { createPacketHeader, type IdLengths, type PacketHeader, parseHeader } from './header.ts';
import { PacketType } from '../version/packet-type.ts';
import type { Version } from '../version/versions.ts';

/** Reads the coalesced packets of one datagram. RFC 9000 §12.2 */
export class PacketReader {
  readonly header: PacketHeader = createPacketHeader();
  /** Why reading ended early; `Drop.None` when all packets were read. */
  drop: Drop = Drop.None;
  private readonly reader = new ByteReader();
  private readonly localIdLengths: IdLengths;
  private readonly versions: readonly Version[];
  private readonly anyQuicBit: boolean;
  private firstIdAt = 0;
  private firstIdLength = 0;
  private count = 0;

  /** @param anyQuicBit - whether packets with a fixed bit of 0 are accepted. RFC 9287 §3 */
  constructor(localIdLengths: IdLengths, versions: readonly Version[], anyQuicBit = false) {
    this.anyQuicBit = anyQuicBit;
    this.versions = versions;
    this.localIdLengths = localIdLengths;
  }

  /** Begin with the datagram in `bytes[0, length)`. */
  reset(bytes: Uint8Array, length: number): void {
    this.reader.reset(bytes, 0, length);
    this.drop = Drop.None;
    this.count = 0;
  }

  /** Parse the next header; false at the end of the datagram, and when the rest must be dropped. */
  next(): boolean {
    const { reader, header } = this;
    if (reader.position >= reader.end) return false;
    this.drop = parseHeader(reader, this.localIdLengths, this.versions, header, this.anyQuicBit);
    if (this.drop === Drop.None && !this.sameDestination()) this.drop = Drop.ForeignConnectionId;
    if (this.drop !== Drop.None) return false;
    reader.position = header.packetEnd;
    if (header.type === PacketType.OneRtt) reader.position = reader.end;
    this.count++;
    return true;
  }

  /** Packets with another Destination Connection ID than the first are dropped. RFC 9000 §12.2 */
  private sameDestination(): boolean {
    const { header } = this;
    if (this.count === 0) {
      this.firstIdAt = header.dcidAt;
      this.firstIdLength = header.dcidLength;
      return true;
    }
    if (header.dcidLength !== this.firstIdLength) return false;
    const bytes = this.reader.bytes;
    for (let i = 0; i < header.dcidLength; i++)
      if (bytes[header.dcidAt + i] !== bytes[this.firstIdAt + i]) return false;
    return true;
  }
}
