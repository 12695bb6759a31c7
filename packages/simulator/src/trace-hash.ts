import { ByteWriter, toHex } from '@tsquic/bytes';
import type { CryptoProvider } from '@tsquic/crypto';
import type { Datagram } from './datagram.ts';
import type { Observer } from './observer.ts';

/** SHA-256 over all datagrams that hosts send and receive: equal traces have equal hashes. */
export interface TraceHash extends Observer {
  /** Datagrams so far, both those sent and those that arrived. */
  readonly datagrams: number;
  /** The hash so far, hexadecimal. */
  hex(): string;
}

/** The hash covers time, direction, addresses, ECN codepoint and bytes of every datagram. */
export function createTraceHash(crypto: CryptoProvider): TraceHash {
  const hash = crypto.createHash('sha256');
  const head = new Uint8Array(HEAD_BYTES);
  let datagrams = 0;
  const add = (direction: number, { from, to, ecn, bytes }: Datagram, nowUs: number): void => {
    datagrams++;
    const addresses = `${from.ip} ${from.port} ${to.ip} ${to.port}`;
    const writer = new ByteWriter(head);
    writer.u8(direction);
    writer.u8(ecn);
    // Microseconds take more than 32 bits.
    writer.u32(Math.floor(nowUs / 2 ** 32));
    writer.u32(nowUs % 2 ** 32);
    writer.u16(bytes.length);
    writer.u8(addresses.length);
    for (let i = 0; i < addresses.length; i++) writer.u8(addresses.charCodeAt(i));
    hash.update(head.subarray(0, writer.position));
    hash.update(bytes);
  };
  return {
    get datagrams() {
      return datagrams;
    },
    onSend: (_host, datagram, nowUs) => add(0, datagram, nowUs),
    onReceive: (_host, datagram, nowUs) => add(1, datagram, nowUs),
    hex: () => toHex(hash.digest()),
  };
}

/** Two addresses take at most a hundred characters. */
const HEAD_BYTES = 128;
