/**
 * A client that changes its UDP socket in the middle of a transfer, as a phone does that leaves the house.
 *
 *     node -C tsquic-src --import ./tools/ts.mjs examples/rebind.ts
 */
import { createSelfSigned } from 'tsquic/certificates';
import { connect, listen } from 'tsquic';

const { certificatePem, privateKeyPem } = await createSelfSigned({ hosts: ['localhost', '127.0.0.1'] });
const listener = await listen(
  {
    host: '127.0.0.1',
    cert: certificatePem,
    key: privateKeyPem,
    ALPNProtocols: ['rebind'],
    onPath: ({ change, remote }) => console.log(`server: port ${remote.port} is ${change}`),
  },
  async (connection) => {
    for await (const stream of connection) await stream.readable.pipeTo(stream.writable);
  },
);

const client = await connect({
  host: '127.0.0.1',
  port: listener.address.port,
  ca: certificatePem,
  ALPNProtocols: ['rebind'],
});
await client.ready;
const stream = await client.openStream();
const writing = new Blob([new Uint8Array(5_000_000)]).stream().pipeTo(stream.writable);
console.log(`client: at port ${client.localAddress.port}`);
const moving = client.rebind();
let bytes = 0;
for await (const chunk of stream.readable) bytes += chunk.length;
await Promise.all([writing, moving]);
console.log(`client: ${bytes} bytes came back; now at port ${client.localAddress.port}`);
await client.close();
await listener.close();
