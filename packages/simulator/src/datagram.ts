import type { Address } from '@tsquic/quic-core';

/** One UDP datagram. */
export interface Datagram {
  /** The payload, which is never changed: a link that corrupts it delivers a copy. */
  readonly bytes: Uint8Array;
  readonly from: Address;
  readonly to: Address;
  /** 0 not-ECT, 1 ECT(1), 2 ECT(0), 3 CE. */
  readonly ecn: number;
  /** When it was sent. */
  readonly sentUs: number;
}

/** ECN codepoints as in the IP header, RFC 3168 §5. */
export const Ecn = { NotEct: 0, Ect1: 1, Ect0: 2, Ce: 3 } as const;

/** Length on a link: the payload with the headers of UDP and IP. RFC 768, RFC 791, RFC 8200 */
export function wireBytes({ bytes, to }: Datagram): number {
  return bytes.length + UDP_HEADER + (to.ip.includes(':') ? IPV6_HEADER : IPV4_HEADER);
}

const UDP_HEADER = 8;
const IPV4_HEADER = 20;
const IPV6_HEADER = 40;
