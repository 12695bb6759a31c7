import { expect, test } from '@jest/globals';
import { connect, type QuicListener } from 'tsquic';
import { certificate, HOST, PROTOCOL, serve } from './endpoints.ts';

/** Connect to `host` where the listener is, and say which address answered. */
async function reach(host: string, { address }: QuicListener): Promise<string> {
  const { certificatePem: ca } = await certificate();
  const { port } = address;
  const connection = await connect({ host, port, ca, servername: HOST, ALPNProtocols: [PROTOCOL] });
  await connection.ready;
  await connection.close();
  return connection.remoteAddress.ip;
}

test('a listener on several addresses answers from the one that was asked', async () => {
  const hosts = [HOST, '127.0.0.2', '::1'];
  const listener = await serve(() => {}, { host: hosts });
  for (const host of hosts) expect(await reach(host, listener)).toBe(host);
  await listener.close();
});

test.each(['::', '0.0.0.0', undefined])('a listener on %s has loopback as well', async (host) => {
  const { certificatePem: cert, privateKeyPem: key } = await certificate();
  const listener = await serve(() => {}, host === undefined ? { host: [] } : { host, cert, key });
  expect(listener.address.ip).toBe(host ?? '::');
  expect(await reach(HOST, listener)).toBe(HOST);
  if (host !== '0.0.0.0') expect(await reach('::1', listener)).toBe('::1');
  await listener.close();
});

test('a name may be one of several', async () => {
  const listener = await serve(() => {}, { host: ['localhost', '127.0.0.2'] });
  expect(await reach('127.0.0.2', listener)).toBe('127.0.0.2');
  await listener.close();
});
