import type { Address } from '../../src/path/address.ts';
import type { QuicContext } from '../../src/context/context.ts';
import { createOutgoingDatagram } from '../../src/connection/outgoing-datagram.ts';

/** Where the honest client and server of a test are. */
export const CLIENT: Address = { ip: '192.0.2.7', port: 7777 };
export const SERVER: Address = { ip: '192.0.2.1', port: 443 };

/** Two contexts that hear each other at once and without loss. */
export interface Exchange {
  readonly client: QuicContext;
  readonly server: QuicContext;
  /** Sees every datagram between them. */
  readonly onDatagram?: (bytes: Uint8Array, fromClient: boolean) => void;
}

/** Carry datagrams to and fro until neither side has any at `nowUs`; those for anybody else are lost. */
export function settle({ client, server, onDatagram }: Exchange, nowUs: number): void {
  const out = createOutgoingDatagram(new Uint8Array(1500));
  for (let moved = true; moved;) {
    moved = false;
    for (const [sender, receiver, from, to] of [
      [client, server, CLIENT, SERVER],
      [server, client, SERVER, CLIENT],
    ] as const) {
      while (sender.prepareNextPacket(out, nowUs) > 0) {
        if (out.to.ip !== to.ip || out.to.port !== to.port) continue;
        moved = true;
        const bytes = out.buffer.slice(0, out.length);
        onDatagram?.(bytes, sender === client);
        receiver.incomingPacket(bytes, from, to, 0, 0, nowUs);
      }
    }
  }
}

/** Go on for `durationUs`, from one due time to the next; returns the time then. */
export function passTime(exchange: Exchange, nowUs: number, durationUs: number): number {
  const { client, server } = exchange;
  const untilUs = nowUs + durationUs;
  let atUs = nowUs;
  for (;;) {
    settle(exchange, atUs);
    const leftUs = untilUs - atUs;
    const delayUs = Math.min(client.nextWakeDelay(atUs, leftUs), server.nextWakeDelay(atUs, leftUs));
    if (delayUs >= leftUs) return untilUs;
    atUs += Math.max(1, Math.ceil(delayUs));
  }
}
