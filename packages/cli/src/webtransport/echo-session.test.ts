import { expect, test } from '@jest/globals';
import { listenWebTransport, WebTransport } from '@tsquic/webtransport';
import { createHashedCertificate } from '@tsquic/webtransport/certificates';
import { EchoHold } from './echo-hold.ts';
import { echoSession, type EchoCounters } from './echo-session.ts';
import { EchoCode } from './echo-stream.ts';

test('streams of one way are refused to a client that allows none back, and the rest goes on', async () => {
  const { certificatePem: cert, privateKeyPem: key, hash } = await createHashedCertificate();
  const counters: EchoCounters = { sessions: 0, streams: 0, datagrams: 0, bytes: 0 };
  const terms = { hold: new EchoHold(), patienceMs: 10 };
  const server = await listenWebTransport({ host: '127.0.0.1', cert, key }, (session) =>
    echoSession(session, counters, terms),
  );
  const session = new WebTransport(`https://127.0.0.1:${server.address.port}/`, {
    serverCertificateHashes: [{ algorithm: 'sha-256', value: hash }],
    // The control stream of HTTP/3 takes it.
    connection: { transport: { maxUnidirectionalStreams: 1 } },
  });
  await session.ready;
  for (let index = 0; index < 3; index++) {
    const writer = (await session.createUnidirectionalStream()).getWriter();
    void writer.write(Uint8Array.of(index));
    await expect(writer.closed).rejects.toMatchObject({ streamErrorCode: EchoCode.NoStream });
  }
  const { readable, writable } = await session.createBidirectionalStream();
  const writer = writable.getWriter();
  await writer.write(Uint8Array.of(7));
  expect((await readable.getReader().read()).value).toEqual(Uint8Array.of(7));
  expect(counters).toEqual({ sessions: 1, streams: 1, datagrams: 0, bytes: 1 });
  session.close();
  await server.close();
});
