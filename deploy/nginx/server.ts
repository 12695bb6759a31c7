/** One of the servers behind the balancer: it sends back, with its server ID before it, what a stream says. */
import { listen } from 'tsquic';
import { createNodeProvider, QuicLbConnectionIds } from 'tsquic/load-balancing';

const [serverId = '', cert = '', key = '', lbKey = ''] = process.argv.slice(2);
const connectionIds = new QuicLbConnectionIds(createNodeProvider(), {
  configId: 1,
  serverId: Uint8Array.from(Buffer.from(serverId, 'hex')),
  nonceLength: 7,
  key: Uint8Array.from(Buffer.from(lbKey, 'hex')),
});
const options = { host: '127.0.0.1', ALPNProtocols: ['balanced'], cert, key, connectionIds };
const listener = await listen(options, async (connection) => {
  for await (const { readable, writable } of connection) {
    const writer = writable.getWriter();
    await writer.write(Buffer.from(serverId, 'hex'));
    for await (const chunk of readable) await writer.write(chunk);
    await writer.close();
  }
});
console.log(listener.address.port);
