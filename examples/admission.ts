/**
 * A server behind a load balancer: its connection IDs say which server it is (QUIC-LB), and it decides who comes in: busy
 * times cost unknown clients a round trip, limits change while it runs.
 *
 *     node -C tsquic-src --import ./tools/ts.mjs examples/admission.ts
 */
import { randomBytes } from 'node:crypto';
import { createSelfSigned } from 'tsquic/certificates';
import { connect, listen } from 'tsquic';
import { createNodeProvider, QuicLbConnectionIds, QuicLbDecoder } from 'tsquic/load-balancing';

const crypto = createNodeProvider();
/** The balancer and all of its servers share it. */
const key = new Uint8Array(randomBytes(16));
const config = { configId: 0, nonceLength: 6, key };
const balancer = new QuicLbDecoder({ crypto, configs: [{ ...config, serverIdLength: 2 }] });
const connectionIds = new QuicLbConnectionIds(crypto, { ...config, serverId: Uint8Array.of(0, 42) });
const example = connectionIds.generate('first');
console.log(`the balancer reads server ${balancer.route(example!)?.serverId?.join('.')}`);

const ALPNProtocols = ['busy'];
const { certificatePem, privateKeyPem } = await createSelfSigned({ hosts: ['127.0.0.1'] });
let isBusy = false;
const listener = await listen(
  {
    host: '127.0.0.1',
    cert: certificatePem,
    key: privateKeyPem,
    ALPNProtocols,
    connectionIds,
    admit: ({ from, token }) => {
      console.log(`a client from ${from.ip} with the token '${token}'`);
      return isBusy && token === 'none' ? 'retry' : undefined;
    },
  },
  () => {},
);
const { ip: host, port } = listener.address;
const shared = { host, port, ca: certificatePem, ALPNProtocols };
const first = await connect(shared);
isBusy = true;
const second = await connect(shared);
listener.maxConnections = 2;
const refused = await connect(shared).catch((error: Error) => error.message);
console.log(typeof refused === 'string' ? refused : 'let in');
await Promise.all([first.close(), second.close()]);
await listener.close();
