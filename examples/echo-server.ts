// Sends every stream back to where it came from.
//   node -C tsquic-src --import ./tools/ts.mjs examples/echo-server.ts cert.pem key.pem [PORT]
import { readFileSync } from 'node:fs';
import { createNodeProvider } from '@tsquic/crypto/node';
import {
  EventDispatcher,
  nodeClock,
  openNodePort,
  QuicLoop,
  type StreamHandlers,
  unixTimeAtZeroUs,
} from '@tsquic/event-adapters';
import { createQuicContext, type QuicStream } from '@tsquic/quic-core';
import { certificatesFromPem, privateKeyFromPem } from '@tsquic/tls13/x509';

const [certFile = 'cert.pem', keyFile = 'key.pem', portNumber = '4433'] = process.argv.slice(2);
const crypto = createNodeProvider();
const identity = {
  chain: certificatesFromPem(readFileSync(certFile, 'utf8')),
  signer: crypto.createSigner(privateKeyFromPem(readFileSync(keyFile, 'utf8'))),
};
const context = createQuicContext({ crypto, alpn: ['echo'], identity, unixTimeAtZeroUs });

const NOTHING = new Uint8Array(0);
const chunk = new Uint8Array(16_384);

/** One stream, sent back. */
class Echo implements StreamHandlers {
  private readonly stream: QuicStream;
  /** What was read and not yet taken back. While something is here, we read no more: back-pressure. */
  private unsent = NOTHING;

  constructor(stream: QuicStream) {
    this.stream = stream;
  }

  onReadable(): void {
    const { stream } = this;
    for (;;) {
      const bytes = this.unsent.length > 0 ? this.unsent : chunk.slice(0, stream.read(chunk));
      const taken = stream.write(bytes, stream.finished);
      this.unsent = bytes.subarray(taken);
      if (taken < bytes.length || bytes.length === 0 || stream.finished) return;
    }
  }

  onWritable(): void {
    if (this.unsent.length > 0) this.onReadable();
  }

  /** Some clients want nothing back: then nothing more is to be read. */
  onStopped(): void {
    this.stream.stopSending(0);
  }
}

const events = new EventDispatcher(context, {
  onConnection: () => ({
    // A stream of one way has no way back: without handlers it is refused.
    onStream: (stream) => ((stream.id & 2) === 0 ? new Echo(stream) : undefined),
  }),
});
const port = await openNodePort({ ip: '127.0.0.1', port: Number(portNumber) });
const loop = new QuicLoop({ context, port, clock: nodeClock, onEvent: events.dispatch });
console.log(`listening on ${port.local.ip}:${port.local.port}`);

process.once('SIGTERM', () => {
  context.close();
  loop.close();
});
