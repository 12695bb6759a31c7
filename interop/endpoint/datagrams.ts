import type { QuicDatagrams } from 'tsquic';
import { until } from './waiting.ts';

const COUNT = 20;
const BYTES = 100;

/** Sends datagrams, each of which must come back before the next one. */
export async function echoDatagrams(datagrams: QuicDatagrams): Promise<void> {
  for (let number = 0; number < COUNT; number++) {
    const sent = Buffer.alloc(BYTES, number);
    if (!datagrams.send(sent)) throw new Error('the server takes no datagrams');
    let echoed: Uint8Array | undefined;
    await until('a datagram', () => (echoed = datagrams.receive()) !== undefined);
    if (!sent.equals(echoed!)) throw new Error('another datagram came back');
  }
}
