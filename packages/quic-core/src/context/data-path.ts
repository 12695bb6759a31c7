import type { ConnectionParts } from '../connection/parts.ts';
import type { Stream } from '../streams/stream.ts';
import type { DataPath } from './handles.ts';
import { checkPathId } from './path-calls.ts';

/** Bind a stream for a program; see `QuicStream.setPath`. */
export function setStreamPath(parts: ConnectionParts, stream: Stream, path: DataPath): boolean {
  const { multipath, streams } = parts;
  if (typeof path === 'number' && !isInUse(parts, path)) return false;
  if (path === 'all' && multipath === undefined) return false;
  stream.isCopied = path === 'all';
  if (stream.isCopied) multipath!.bound.copies.begin();
  streams.sending.bind(stream, typeof path === 'number' ? path : -1);
  return true;
}

/** Send a datagram of a program on a path; see `DatagramOptions.path`. */
export function sendDatagramOn(
  parts: ConnectionParts,
  data: Uint8Array,
  tag: number,
  expiresUs: number,
  path: DataPath,
): boolean {
  const { datagrams, multipath } = parts;
  if (path === undefined) return datagrams.send(data, tag, expiresUs);
  if (path !== 'all') return isInUse(parts, path) && datagrams.send(data, tag, expiresUs, path);
  let isSent = false;
  for (const { id, isUsable, isBackup } of multipath?.open ?? [])
    if (isUsable && !isBackup) isSent = datagrams.send(data, tag, expiresUs, id, true) || isSent;
  return isSent || (multipath !== undefined && datagrams.send(data, tag, expiresUs));
}

function isInUse({ multipath }: ConnectionParts, pathId: number): boolean {
  checkPathId(pathId);
  return multipath?.table.find(pathId)?.state === 'open';
}
