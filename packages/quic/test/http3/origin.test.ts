import { expect, test } from '@jest/globals';
import { covers } from '@tsquic/testing';
import { connectHttp3 } from 'tsquic/http3';
import { certificate } from '../endpoints.ts';
import { watchFaults } from './faults.ts';
import { clientIn, failure } from './fetching.ts';
import { Scene } from './scene.ts';

watchFaults();

test('requests go to servers that prove to be of their origin, named in the handshake, on connections of their own', async () => {
  covers(
    'rfc9114-3.1-1',
    'rfc9114-3.1-2',
    'rfc9114-3.2-2',
    'rfc9114-3.2-3',
    'rfc9114-3.3-2',
    'rfc9114-3.3-3',
  );
  const { certificatePem: cert, privateKeyPem: key } = await certificate();
  const asked: string[] = [];
  const named: string[] = [];
  const scene = await Scene.create(
    (request) => {
      asked.push(request.url);
      return new Response('x');
    },
    {
      SNICallback: (name) => {
        named.push(name);
        return { cert, key };
      },
    },
  );
  const client = await clientIn(scene, {
    connect: (given) =>
      connectHttp3({
        ...given,
        ...{ servername: given.host ?? '', host: '10.0.0.2', port: scene.server.address.port },
        socket: scene.network.openPort('10.0.0.1'),
      }),
  });
  expect((await client.get('https://localhost/')).status).toBe(200);
  // The same server is there, with a connection that is open and a certificate for another name.
  expect(await failure(client.get('https://elsewhere.test/'))).toMatch(/ERR_QUIC_TLS_ALERT/);
  expect([asked, named]).toEqual([['https://localhost/'], ['localhost', 'elsewhere.test']]);
  await client.close();
});
