import { type Address, sameAddress } from '@tsquic/quic-core';
import type { Host } from '../host.ts';
import type { Observer } from '../observer.ts';
import type { Report } from './report.ts';

/** What passed between a server and one address of a client. */
interface Traffic {
  readonly remote: Address;
  bytesIn: number;
  bytesOut: number;
  /** When the first of our datagrams was taken in at that address; Infinity before. */
  heardUs: number;
  /** The address may have been validated. */
  validated: boolean;
}

/**
 * At most three times the bytes of an address go to it until it is validated (RFC 9000 §8.1, §9.3.1).
 *
 * Seen from outside, an address can have been validated only once somebody answered after something of ours was taken in
 * there, or it sent an Initial with a token: until then the limit must hold, whatever the server believes.
 */
export function watchAmplification(report: Report): Observer {
  const tables = new Map<Host, Traffic[]>();

  const traffic = (host: Host, remote: Address): Traffic => {
    let table = tables.get(host);
    if (table === undefined) tables.set(host, (table = []));
    let found = table.find((entry) => sameAddress(entry.remote, remote));
    if (found === undefined) {
      found = { remote, bytesIn: 0, bytesOut: 0, heardUs: Infinity, validated: false };
      table.push(found);
    }
    return found;
  };

  return {
    onSend(host, datagram, nowUs) {
      const entry = traffic(host, datagram.to);
      entry.bytesOut += datagram.bytes.length;
      // An address that we wrote to first is one that the program chose: a server's.
      if (entry.bytesIn === 0) entry.validated = true;
      if (!entry.validated && entry.bytesOut > 3 * entry.bytesIn) {
        report(host, `sent ${entry.bytesOut} bytes to ${text(datagram.to)} for ${entry.bytesIn}`, nowUs);
      }
    },
    onReceive(host, datagram, nowUs) {
      const entry = traffic(host, datagram.from);
      entry.bytesIn += datagram.bytes.length;
      if (hasToken(datagram.bytes)) entry.validated = true;
      // The answer to a challenge may come from another address (RFC 9000 §8.2.3).
      for (const other of tables.get(host)!) if (datagram.sentUs >= other.heardUs) other.validated = true;
      for (const [sender, table] of tables) {
        if (sender === host || !sender.addresses.some((address) => sameAddress(address, datagram.from)))
          continue;
        for (const other of table) {
          if (sameAddress(other.remote, datagram.to)) other.heardUs = Math.min(other.heardUs, nowUs);
        }
      }
    },
  };
}

/** Whether this is an Initial of version 1 with a token, RFC 9000 §17.2.2. */
function hasToken(bytes: Uint8Array): boolean {
  if ((bytes[0]! & 0xf0) !== 0xc0) return false;
  const dcidLength = bytes[5] ?? 0;
  const scidLength = bytes[6 + dcidLength] ?? 0;
  return (bytes[7 + dcidLength + scidLength] ?? 0) > 0;
}

function text(address: Address): string {
  return `${address.ip}:${address.port}`;
}
