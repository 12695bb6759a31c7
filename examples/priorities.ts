/**
 * Priorities of streams: three files are sent at once, in the order that `sendOrder` gives them, and the last one is put
 * first on the way.
 *
 *     node -C tsquic-src --import ./tools/ts.mjs examples/priorities.ts
 */
import { createSelfSigned } from 'tsquic/certificates';
import { connect, listen } from 'tsquic';

const ALPNProtocols = ['files'];
const { certificatePem, privateKeyPem } = await createSelfSigned({ hosts: ['127.0.0.1'] });
const order: string[] = [];
let onAll = (): void => {};
const all = new Promise<void>((resolve) => (onAll = resolve));
const listener = await listen(
  { host: '127.0.0.1', cert: certificatePem, key: privateKeyPem, ALPNProtocols },
  async (connection) => {
    for await (const { readable } of connection)
      void new Response(readable).text().then((text) => order.push(text[0]!) === 3 && onAll());
  },
);

const { ip: host, port } = listener.address;
const connection = await connect({ host, port, ca: certificatePem, ALPNProtocols });
await connection.ready;
const streams = await Promise.all(
  [3, 2, 1].map((sendOrder) => connection.openStream({ unidirectional: true, sendOrder })),
);
const sent = ['a', 'b', 'c'].map((name, index) =>
  new Blob([name.repeat(5_000_000)]).stream().pipeTo(streams[index]!.writable),
);
streams[2]!.sendOrder = 4;
console.log(`priorities: ${streams.map(({ priority }) => priority).join(' ')}`);
await Promise.all(sent);
await connection.finish();
// What has arrived is not read yet.
await all;
await listener.finish();
console.log(`arrived: ${order.toSorted().join(' ')}, first ${order[0]}`);
