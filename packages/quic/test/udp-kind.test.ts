import { afterEach, describe, expect, test } from '@jest/globals';
import { canOpenFfiPort } from '@tsquic/event-adapters/ffi';
import { openNodePort } from '@tsquic/event-adapters';
import { connect, listen, type QuicListener } from 'tsquic';
import { certificate, HOST, PROTOCOL } from './endpoints.ts';

const COMMON = { host: HOST, ALPNProtocols: [PROTOCOL] };
const best = canOpenFfiPort() ? 'ffi' : 'dgram';
let listener: QuicListener | undefined;
afterEach(() => listener?.close());

test.each([
  ['as asked for', { udp: 'dgram' as const }, 'dgram'],
  ['the best that works here', {}, best],
])('statistics tell what sockets are opened through: %s', async (_title, options, kind) => {
  const { certificatePem: cert, privateKeyPem: key } = await certificate();
  listener = await listen({ ...COMMON, ...options, cert, key }, () => {});
  const { port } = listener.address;
  const client = await connect({ ...COMMON, ...options, port, ca: cert });
  expect([listener.statistics().udp, client.statistics().udp]).toEqual([kind, kind]);
  await client.ready;
  await client.rebind({});
  expect(client.statistics().udp).toBe(kind);
  // What `node:dgram` sends is not marked, so that nothing says that it was. RFC 9000 §13.4.2
  if (kind === 'dgram') expect(client.pathStatistics()[0]!.ecn).toBe('failed');
  await client.close();
});

test("a socket of the program's own goes by its own name", async () => {
  const { certificatePem: cert, privateKeyPem: key } = await certificate();
  const { local, ...rest } = await openNodePort({ ip: '127.0.0.1' });
  expect(rest).toHaveProperty('kind', 'dgram');
  listener = await listen({ ...COMMON, cert, key, socket: await openNodePort({ ip: '127.0.0.1' }) });
  expect([listener.statistics().udp, local.ip]).toEqual(['dgram', '127.0.0.1']);
});

// Node from 26.9 on has what this is refused for: `pnpm ports`.
(canOpenFfiPort() ? describe.skip : describe)('without node:ffi', () => {
  test('sockets through it are refused', async () => {
    await expect(connect({ ...COMMON, port: 9, udp: 'ffi' })).rejects.toMatchObject({
      code: 'ERR_QUIC_INVALID_OPTION',
      message: expect.stringContaining('leave it out'),
    });
  });
});
