import { type Address, UNKNOWN_ADDRESS } from '../path/address.ts';

/** A datagram being received. The bytes are the context's own copy: packets are opened in place. One instance is reused. */
export interface Datagram {
  bytes: Uint8Array;
  length: number;
  from: Address;
  to: Address;
  interfaceIndex: number;
  /** The two ECN bits. */
  ecn: number;
}

/** A blank record to be refilled. */
export function createDatagram(bytes: Uint8Array): Datagram {
  return { bytes, length: 0, from: UNKNOWN_ADDRESS, to: UNKNOWN_ADDRESS, interfaceIndex: 0, ecn: 0 };
}
