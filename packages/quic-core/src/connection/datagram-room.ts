import { Level } from '@tsquic/tls13';
import { earlyHeaderExtra } from '../packet/writer.ts';
import type { ConnectionParts } from './parts.ts';

/**
 * Tell the sender of DATAGRAM frames how many bytes the next packet has room for: the path, the connection ID
 * and the header decide that. RFC 9221 §5
 */
export function settleDatagrams(parts: ConnectionParts, nowUs: number): void {
  const { fields, keys, datagrams, paths, multipath } = parts;
  const extra = keys.canWrite(Level.Application) ? 0 : earlyHeaderExtra(fields.sourceId.length);
  const mtuBytes = multipath === undefined ? paths.active.mtu.mtuBytes : multipath.leastMtuBytes;
  datagrams.settle(mtuBytes - extra, fields.destinationId.length, nowUs);
}
