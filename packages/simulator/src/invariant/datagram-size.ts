import type { Observer } from '../observer.ts';
import type { Report } from './report.ts';

/** Clients pad datagrams with Initial packets to 1200 bytes (RFC 9000 §14.1); nobody sends more than 65527. */
export function watchDatagramSize(report: Report): Observer {
  return {
    onAfterPrepare(host, out, length, nowUs) {
      if (length === 0) return;
      if (out.segmentSize < 1 || out.segmentSize > 65_527) {
        report(host, `sends segments of ${out.segmentSize} bytes`, nowUs);
      }
      const isClient = host.context.connection(out.connection)?.isClient === true;
      if (isClient && length < 1200 && isInitial(out.buffer)) {
        report(host, `sends an Initial in ${length} bytes`, nowUs);
      }
    },
  };
}

/** Long header, version 1, type Initial: RFC 9000 §17.2. */
function isInitial(bytes: Uint8Array): boolean {
  return (bytes[0]! & 0xf0) === 0xc0 && bytes[1] === 0 && bytes[2] === 0 && bytes[3] === 0 && bytes[4] === 1;
}
