// Sends every stream back to where it came from.
//   node -C tsquic-src --import ./scripts/ts.mjs examples/echo-server.ts cert.pem key.pem [PORT]
import { readFileSync } from 'node:fs';
import { createNodeProvider } from '@tsquic/crypto/node';
import { nodeClock, openNodePort, QuicLoop, unixTimeAtZeroUs } from '@tsquic/event-adapters';
import { createQuicContext, type QuicStream } from '@tsquic/quic-core';
import { certificatesFromPem, privateKeyFromPem } from '@tsquic/tls13/x509';

const [certFile = 'cert.pem', keyFile = 'key.pem', portNumber = '4433'] = process.argv.slice(2);
const crypto = createNodeProvider();
const identity = {
  chain: certificatesFromPem(readFileSync(certFile, 'utf8')),
  signer: crypto.createSigner(privateKeyFromPem(readFileSync(keyFile, 'utf8'))),
};
const context = createQuicContext({ crypto, alpn: ['echo'], identity, unixTimeAtZeroUs });

/** What was read and not yet taken back, by stream. While something is here, we read no more: back-pressure. */
const unsent = new Map<string, Uint8Array>();
const NOTHING = new Uint8Array(0);
const chunk = new Uint8Array(16_384);

function echo(stream: QuicStream, key: string): void {
  for (;;) {
    const kept = unsent.get(key) ?? NOTHING;
    const bytes = kept.length > 0 ? kept : chunk.slice(0, stream.read(chunk));
    const taken = stream.write(bytes, stream.finished);
    unsent.set(key, bytes.subarray(taken));
    if (taken < bytes.length || bytes.length === 0 || stream.finished) return;
  }
}

const port = await openNodePort({ ip: '127.0.0.1', port: Number(portNumber) });
const loop = new QuicLoop({
  context,
  port,
  clock: nodeClock,
  onEvent: (event) => {
    if (event.type === 'closed') {
      for (const key of unsent.keys()) if (key.startsWith(`${event.connection} `)) unsent.delete(key);
    }
    if (!('streamId' in event)) return;
    const key = `${event.connection} ${event.streamId}`;
    const stream = context.connection(event.connection)?.stream(event.streamId);
    const waits = (unsent.get(key) ?? NOTHING).length > 0;
    if (event.type === 'stream-released') unsent.delete(key);
    else if (stream === undefined) return;
    // A stream of one way has no way back, and some clients want nothing back: then nothing more is to be read.
    else if (
      event.type === 'stream-stopped' ||
      (event.type === 'stream-opened' && (event.streamId & 2) !== 0)
    )
      stream.stopSending(0);
    else if (event.type === 'stream-readable' || (event.type === 'stream-writable' && waits))
      echo(stream, key);
  },
});
console.log(`listening on ${port.local.ip}:${port.local.port}`);

process.once('SIGTERM', () => {
  context.close();
  loop.close();
});
