// libp2p over @chainsafe/libp2p-quic, a native addon over quinn. Arguments: `serve CERT KEY`, or those of a client, whose
// PORT is looked up in a file beside the authority: its peers know each other by keys of their own.
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { quic } from '@chainsafe/libp2p-quic';
import { multiaddr } from '@multiformats/multiaddr';
import { createLibp2p } from 'libp2p';
import { encodeLength, Request, runClient, zeros } from './contract.mjs';

const PROTOCOL = '/perf/1.0.0';

const [verb, ...rest] = process.argv.slice(2);

async function serve(certFile) {
  const node = await createLibp2p({
    addresses: { listen: ['/ip4/127.0.0.1/udp/0/quic-v1'] },
    transports: [quic()],
    connectionManager: {
      maxConnections: 100_000,
      inboundConnectionThreshold: 100_000,
      maxIncomingPendingConnections: 10_000,
    },
  });
  await node.handle(PROTOCOL, ({ stream }) => void answer(stream).catch(() => {}), {
    maxInboundStreams: 100_000,
    maxOutboundStreams: 100_000,
  });
  const address = node.getMultiaddrs()[0];
  writeFileSync(join(dirname(certFile), 'libp2p-address'), String(address));
  console.log(`listening on 127.0.0.1:${/\/udp\/(\d+)\//.exec(String(address))[1]}`);
}

async function answer(stream) {
  const request = new Request();
  for await (const chunk of stream.source) request.take(chunk.subarray());
  await stream.sink(zeros(request.length));
}

function* asking(down, up) {
  yield encodeLength(down);
  yield* zeros(up);
}

let node;

async function open({ ca, kind }) {
  if (node === undefined || kind !== undefined) {
    await node?.stop();
    node = await createLibp2p({ transports: [quic()] });
  }
  const address = multiaddr(readFileSync(join(dirname(ca), 'libp2p-address'), 'utf8'));
  const connection = await node.dial(address, { force: true });
  return {
    async exchange(up, down) {
      const stream = await connection.newStream(PROTOCOL, { maxOutboundStreams: 100_000 });
      const sent = stream.sink(asking(down, up));
      let bytes = 0;
      for await (const chunk of stream.source) bytes += chunk.byteLength;
      await sent;
      return bytes;
    },
    close: () => connection.close(),
  };
}

if (verb === 'serve') await serve(...rest);
else await runClient(open, process.argv.slice(2));
