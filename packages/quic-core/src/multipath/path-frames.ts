import { encodingError, violation } from '../errors/transport-error.ts';
import { decodeNewConnectionId } from '../frame/connection-id.ts';
import { decodePathNumbers, PATH_IDS } from '../frame/multipath.ts';
import { frameName } from '../frame/names.ts';
import { FrameType } from '../frame/rules.ts';
import type { ByteReader } from '@tsquic/bytes';
import type { PacketHeader } from '../packet/header.ts';
import type { NumberedPath } from './numbered-path.ts';
import type { PathTable } from './path-table.ts';

/** What the peer asks for by frames that are more than a change of the table. */
export interface PathFrameListener {
  /** The peer abandons a path, which is not over. */
  onAbandoned(path: NumberedPath, code: number): void;
}

/** Takes the frames about paths by their IDs. draft-ietf-quic-multipath §4 */
export class PathFrames {
  private readonly table: PathTable;
  private readonly listener: PathFrameListener;
  /** The peer's initial_max_path_id: no later maximum may be lower. */
  private readonly peerLeastMax: number;

  constructor(table: PathTable, listener: PathFrameListener) {
    this.table = table;
    this.listener = listener;
    this.peerLeastMax = table.peerMax;
  }

  /**
   * Take the frame at the reader, which stands just after the type. Throws PROTOCOL_VIOLATION and
   * FRAME_ENCODING_ERROR.
   */
  take(type: number, reader: ByteReader, header: PacketHeader): void {
    if (type === FrameType.PathNewConnectionId) return this.onNewConnectionId(reader);
    const { pathId, value } = decodePathNumbers(reader, type);
    if (reader.truncated) return;
    if (type === FrameType.MaxPathId) return this.onMaxPathId(pathId);
    const path = this.pathOf(pathId, type);
    if (path === undefined || type === FrameType.PathsBlocked) return;
    switch (type) {
      case FrameType.PathAbandon:
        return this.listener.onAbandoned(path, value);
      case FrameType.PathStatusBackup:
      case FrameType.PathStatusAvailable:
        return path.onStatus(value, type === FrameType.PathStatusBackup);
      case FrameType.PathRetireConnectionId:
        return this.onRetired(path, value, reader.bytes, header);
      default:
        return this.onCidsBlocked(path, value);
    }
  }

  /**
   * The path that a frame names; undefined where the path is over, so that the frame is ignored. Throws
   * PROTOCOL_VIOLATION for one above the limit that this end has announced. draft-ietf-quic-multipath §4
   */
  pathOf(pathId: number, type: number): NumberedPath | undefined {
    if (pathId > this.table.localMax) violation(type, `${frameName(type)} for a path beyond the limit`);
    return this.table.find(pathId);
  }

  private onNewConnectionId(reader: ByteReader): void {
    const type = FrameType.PathNewConnectionId;
    const frame = decodeNewConnectionId(reader, type);
    if (reader.truncated) return;
    if (frame === undefined) encodingError(type, 'impossible values');
    const path = this.pathOf(frame.pathId, type);
    if (path === undefined || path.state === 'abandoned') return;
    this.table.checkIssued(path.id, frame.connectionId, type);
    path.peerIds.onNew(frame);
    path.parts?.paths.replaceRetired();
  }

  private onRetired(path: NumberedPath, sequence: number, bytes: Uint8Array, header: PacketHeader): void {
    if (path.state === 'abandoned') return;
    const { dcidAt, dcidLength } = header;
    path.localIds.onRetired(sequence, bytes.subarray(dcidAt, dcidAt + dcidLength));
  }

  /** draft-ietf-quic-multipath §4.6 */
  private onMaxPathId(max: number): void {
    const { table } = this;
    if (max >= PATH_IDS) violation(FrameType.MaxPathId, 'a path ID of more than 32 bits');
    if (max < this.peerLeastMax) violation(FrameType.MaxPathId, 'a maximum below initial_max_path_id');
    if (max > table.peerMax) table.raisePeerMax(max);
  }

  /** draft-ietf-quic-multipath §4.7 */
  private onCidsBlocked(path: NumberedPath, nextSequence: number): void {
    if (path.state === 'abandoned') return;
    if (nextSequence > path.localIds.nextExpected)
      violation(FrameType.PathCidsBlocked, 'a sequence number beyond the next');
    this.table.supplyOne(path);
  }
}
