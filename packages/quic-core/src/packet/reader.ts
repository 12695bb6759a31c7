import { ByteReader } from '@tsquic/bytes';
import { Drop } from './drop.ts';
import { createPacketHeader, type PacketHeader, PacketType, parseHeader } from './header.ts';

/** Walks the coalesced packets of one datagram. RFC 9000 §12.2 */
export class PacketReader {
  readonly header: PacketHeader = createPacketHeader();
  /** Why the walk ended early; `Drop.None` when all packets were read. */
  drop: Drop = Drop.None;
  private readonly reader = new ByteReader();
  private readonly localIdLength: number;
  private firstIdAt = 0;
  private firstIdLength = 0;
  private count = 0;

  constructor(localIdLength: number) {
    this.localIdLength = localIdLength;
  }

  /** Begin a datagram that stands in `bytes[0, length)`. */
  reset(bytes: Uint8Array, length: number): void {
    this.reader.reset(bytes, 0, length);
    this.drop = Drop.None;
    this.count = 0;
  }

  /** Parse the next header; false at the end of the datagram, or of what can be understood. */
  next(): boolean {
    const { reader, header } = this;
    if (reader.position >= reader.end) return false;
    this.drop = parseHeader(reader, this.localIdLength, header);
    if (this.drop === Drop.None && !this.sameDestination()) this.drop = Drop.ForeignConnectionId;
    if (this.drop !== Drop.None) return false;
    reader.position = header.packetEnd;
    if (header.type === PacketType.OneRtt) reader.position = reader.end;
    this.count++;
    return true;
  }

  /** Packets for another connection ID than the first one's are ignored. RFC 9000 §12.2 */
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

/** A reader for IDs of this length. One serves all connections: a datagram is read to its end before the next. */
export function readerFor(localIdLength: number): PacketReader {
  READERS[localIdLength] ??= new PacketReader(localIdLength);
  return READERS[localIdLength];
}

const READERS: (PacketReader | undefined)[] = [];
