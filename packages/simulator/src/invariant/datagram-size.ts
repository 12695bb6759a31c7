import type { Observer } from '../observer.ts';
import { initialPacket } from './initial-packet.ts';
import type { Report } from './report.ts';

/**
 * Clients pad datagrams with Initial packets to 1200 bytes (RFC 9000 §14.1), and no datagram is longer than
 * 65527.
 */
export function watchDatagramSize(report: Report): Observer {
  return {
    onAfterPrepare(host, out, length, nowUs) {
      if (length === 0) return;
      if (out.segmentSize < 1 || out.segmentSize > 65_527) {
        report(host, `sends segments of ${out.segmentSize} bytes`, nowUs);
      }
      const isClient = host.context.connection(out.connection)?.isClient === true;
      if (isClient && length < 1200 && initialPacket(out.buffer) !== undefined) {
        report(host, `sends an Initial in ${length} bytes`, nowUs);
      }
    },
  };
}
