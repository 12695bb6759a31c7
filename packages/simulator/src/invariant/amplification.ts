import { type Address, sameAddress } from '@tsquic/quic-core';
import type { Host } from '../host.ts';
import type { Observer } from '../observer.ts';
import { initialPacket } from './initial-packet.ts';
import type { Report } from './report.ts';

/** The traffic between a server and one address of a client. */
interface Traffic {
  readonly remote: Address;
  bytesIn: number;
  bytesOut: number;
  /** When the first of the server's datagrams arrived at that address; Infinity before. */
  heardUs: number;
  /** Whether the address may have been validated. */
  validated: boolean;
}

/**
 * At most three times the bytes from an address go to it until it is validated (RFC 9000 §8.1, §9.3.1).
 *
 * Seen from outside, an address can have been validated only once a datagram came in answer to one that had
 * arrived there, or once an Initial packet with a token came: until then the limit must hold, whatever state
 * the server has.
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
      // An address that this host wrote to first is a server's, which its program chose.
      if (entry.bytesIn === 0) entry.validated = true;
      if (!entry.validated && entry.bytesOut > 3 * entry.bytesIn) {
        report(host, `sent ${entry.bytesOut} bytes to ${text(datagram.to)} for ${entry.bytesIn}`, nowUs);
      }
    },
    onReceive(host, datagram, nowUs) {
      const entry = traffic(host, datagram.from);
      entry.bytesIn += datagram.bytes.length;
      if ((initialPacket(datagram.bytes)?.tokenLength ?? 0) > 0) entry.validated = true;
      // A PATH_RESPONSE may come from another address (RFC 9000 §8.2.3).
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

function text(address: Address): string {
  return `${address.ip}:${address.port}`;
}
