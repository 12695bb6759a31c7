import { expect, test } from '@jest/globals';
import { createOutgoingDatagram } from '../src/connection/outgoing-datagram.ts';
import type { QuicContext } from '../src/context/context.ts';
import { createClient, createServer } from './support/contexts.ts';
import { SERVER } from './support/exchange.ts';
import { liveBytes } from './support/live-bytes.ts';

const NOW_US = 1_000_000;
const COUNT = 40;
/** Of a connection that a ClientHello has begun, TLS included. */
const KIB_EACH = 40;

test(`a server holds at most ${KIB_EACH} KiB for a client that it has answered and that stays silent`, () => {
  const server = createServer({ retry: 'never' });
  // What the engine compiles on the way is there before it is measured.
  answerHellos(server, 0);
  const before = liveBytes();
  answerHellos(server, COUNT);
  expect((liveBytes() - before) / COUNT / 1024).toBeLessThan(KIB_EACH);
  // Nothing of it was collected before it was measured.
  expect(server.nextWakeDelay(NOW_US, Infinity)).toBeGreaterThan(0);
});

/** Have the server answer the first flights of so many clients, of which nothing else is kept. */
function answerHellos(server: QuicContext, first: number): void {
  const out = createOutgoingDatagram(new Uint8Array(1500));
  for (let i = first; i < first + COUNT; i++) {
    const from = { ip: `198.51.100.${i}`, port: 5000 };
    const client = createClient({}, 100 + i);
    client.createConnection({ to: SERVER, from, serverName: 'server.test' }, NOW_US);
    while (client.prepareNextPacket(out, NOW_US) > 0)
      server.incomingPacket(out.buffer.slice(0, out.length), from, SERVER, 0, 0, NOW_US);
    while (server.prepareNextPacket(out, NOW_US) > 0);
  }
}
