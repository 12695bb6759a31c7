/**
 * A transfer that begins on one network, uses a second one besides, and ends on the second alone: as a phone does that leaves
 * the house. Both networks are the loopback here; `localAddress` of `paths.open` names the address of another interface.
 *
 *     node -C tsquic-src --import ./tools/ts.mjs examples/two-networks.ts
 */
import { createSelfSigned } from 'tsquic/certificates';
import { connect, listen } from 'tsquic';

const SIZE = 20_000_000;
const { certificatePem, privateKeyPem } = await createSelfSigned({ hosts: ['localhost', '127.0.0.1'] });
const common = { ALPNProtocols: ['echo'], transport: { maxPaths: 4 } };
const listener = await listen(
  { ...common, host: '127.0.0.1', cert: certificatePem, key: privateKeyPem },
  async (connection) => {
    for await (const stream of connection) await stream.readable.pipeTo(stream.writable);
  },
);

const client = await connect({
  ...common,
  host: '127.0.0.1',
  port: listener.address.port,
  ca: certificatePem,
  onPathState: ({ pathId, state }) => console.log(`client: path ${pathId} is ${state}`),
});
await client.ready;
const stream = await client.openStream();
const writing = new Blob([new Uint8Array(SIZE)]).stream().pipeTo(stream.writable);

// The second network is there: its path carries data as soon as the server has answered on it.
const joining = client.paths.open({ localAddress: '127.0.0.1' });
let hasLeft = false;
let bytes = 0;
for await (const chunk of stream.readable) {
  bytes += chunk.length;
  if (hasLeft || bytes < SIZE / 2) continue;
  hasLeft = true;
  // The first network is left: what was under way there goes out on the second.
  await joining;
  client.paths.abandon(0);
}
await writing;
const [left] = client.pathStatistics();
console.log(`client: ${bytes} bytes came back, the last of them by path ${left?.pathId}`);
await client.close();
await listener.close();
