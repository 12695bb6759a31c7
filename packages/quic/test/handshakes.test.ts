import { createPrivateKey, X509Certificate } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { createSelfSigned } from 'tsquic/certificates';
import { openNodePort } from '@tsquic/event-adapters';
import { QuicError, type QuicListener, TlsAlertError } from 'tsquic';
import { certificate, connectedPair, dial, HOST, PROTOCOL, receive, send, serve, take } from './endpoints.ts';

describe('certificates', () => {
  test('are checked: one that nobody vouches for ends in a TlsAlertError, on both sides', async () => {
    const listener = await serve();
    const other = await createSelfSigned({ hosts: [HOST] });
    for (const ca of [other.certificatePem, undefined]) {
      const attempt = dial(listener, ca === undefined ? { ca: [] } : { ca });
      await expect(attempt).rejects.toBeInstanceOf(TlsAlertError);
      await expect(attempt).rejects.toMatchObject({ code: 'ERR_QUIC_TLS_ALERT', alert: 48, remote: false });
    }
    await listener.close();
  });

  test("are checked against the runtime's authorities without ca", async () => {
    const listener = await serve();
    const { ip, port } = listener.address;
    const { connect } = await import('tsquic');
    await expect(connect({ host: ip, port, ALPNProtocols: [PROTOCOL] })).rejects.toMatchObject({ alert: 48 });
    await listener.close();
  });

  test('must carry the name, unless servername says another', async () => {
    const listener = await serve();
    const attempt = dial(listener, { servername: 'elsewhere.example' });
    await expect(attempt).rejects.toBeInstanceOf(TlsAlertError);
    const client = await dial(listener, { servername: 'localhost' });
    expect(client.servername).toBe('localhost');
    await client.close();
    await listener.close();
  });

  test('rejectUnauthorized: false accepts any', async () => {
    const listener = await serve();
    const client = await dial(listener, { ca: [], rejectUnauthorized: false, servername: 'x.example' });
    expect(await client.ready).toBeUndefined();
    await client.close();
    await listener.close();
  });

  test('SNICallback chooses by name, and refuses', async () => {
    const one = await createSelfSigned({ hosts: ['one.example'] });
    const identity = { key: one.privateKeyPem, cert: Buffer.from(one.certificatePem) };
    const listener = await serve(undefined, {
      SNICallback: (name) => (name === 'one.example' ? identity : undefined),
    });
    for (let time = 0; time < 2; time++) {
      const client = await dial(listener, { servername: 'one.example', ca: one.certificatePem });
      await client.close();
    }
    await expect(dial(listener, { servername: 'two.example' })).rejects.toMatchObject({
      alert: 112,
      remote: true,
    });
    await listener.close();
  });

  test('of the peer are shown, with names and dates; those of clients where they were asked for', async () => {
    const { certificatePem, privateKeyPem } = await certificate();
    const listener = await serve(undefined, { requestCert: true, rejectUnauthorized: false });
    const client = await dial(listener, { cert: certificatePem, key: privateKeyPem });
    const server = await take(listener);
    const expected = new X509Certificate(certificatePem);
    for (const side of [client, server]) {
      expect(side.peerCertificate?.fingerprint256).toBe(expected.fingerprint256);
      expect(side.peerCertificates.map((der) => Buffer.from(der))).toEqual([expected.raw]);
    }
    await client.close();
    await listener.close();
    const other = await connectedPair();
    expect([other.server.peerCertificate, other.server.peerCertificates]).toEqual([undefined, []]);
    await other.close();
  });

  test.each([
    ['PKCS #8 in DER', { type: 'pkcs8', format: 'der' }, undefined],
    [
      'PKCS #8 in PEM, encrypted',
      { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' },
      'x',
    ],
    ['SEC 1 in PEM', { type: 'sec1', format: 'pem' }, undefined],
  ] as const)('with a key as a file has it, %s', async (_form, form, passphrase) => {
    const { privateKeyPem } = await certificate();
    const exported = createPrivateKey(privateKeyPem).export(form as { type: 'pkcs8'; format: 'der' });
    const listener = await serve(undefined, {
      key: Buffer.from(exported),
      ...(passphrase === undefined ? {} : { passphrase }),
    });
    const client = await dial(listener);
    expect(client.peerCertificate?.checkHost('localhost')).toBe('localhost');
    await client.close();
    await listener.close();
  });

  test('of clients: required by requestCert, and `ready` tells of a refusal', async () => {
    const { certificatePem, privateKeyPem } = await certificate();
    const listener = await serve(undefined, { requestCert: true, ca: certificatePem });
    const bare = await dial(listener).catch((error: unknown) => error as QuicError);
    const refusal = bare instanceof QuicError ? bare : await bare.ready.catch((error: unknown) => error);
    expect(refusal).toMatchObject({ code: 'ERR_QUIC_TLS_ALERT', remote: true });
    await listener.close();

    const lenient = await serve(undefined, { requestCert: true, rejectUnauthorized: false });
    const client = await dial(lenient, { cert: certificatePem, key: privateKeyPem });
    await client.ready;
    await client.close();
    await lenient.close();
  });
});

describe('protocols', () => {
  test('the first in common wins; none in common ends in an alert', async () => {
    const listener = await serve(undefined, { ALPNProtocols: ['b', 'a'] });
    const client = await dial(listener, { ALPNProtocols: ['a', 'b'] });
    expect(client.alpnProtocol).toBe((await take(listener)).alpnProtocol);
    await client.close();
    await expect(dial(listener, { ALPNProtocols: ['c'] })).rejects.toMatchObject({ alert: 120 });
    await listener.close();
  });

  test.each(['TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256'])('ciphers: %s', async (ciphers) => {
    const listener = await serve();
    const client = await dial(listener, { ciphers });
    expect(client.cipher).toBe(ciphers);
    await client.close();
    await listener.close();
  });
});

test.each([
  ['a server goes on in the version that it prefers', [1, 0x6b33_43cf], [0x6b33_43cf, 1], 0x6b33_43cf],
  ['a server without an order leaves the choice to its client', [0x6b33_43cf, 1], undefined, 0x6b33_43cf],
  ['without versions it is 1', undefined, undefined, 1],
])('%s, and statistics tell it on both sides', async (_case, asked, spoken, version) => {
  const options = (versions: readonly number[] | undefined): { versions?: readonly number[] } =>
    versions === undefined ? {} : { versions };
  const pair = await connectedPair(options(asked), options(spoken));
  for (const side of [pair.client, pair.server]) {
    expect(side.version).toBe(version);
    expect(side.statistics().version).toBe(version);
  }
  await pair.close();
});

test('sessions and tokens are kept and used again', async () => {
  const listener = await serve();
  let token: Uint8Array | undefined;
  const kept = new Promise<Uint8Array>((onSession) => {
    void dial(listener, { onSession, onToken: (given) => (token = given) });
  });
  const session = await kept;
  const again = await dial(listener, { session, ...(token === undefined ? {} : { token }) });
  expect(again.resumed).toBe(true);
  expect(token).toBeDefined();
  const other = await take(listener);
  expect(other.resumed).toBe(false);
  await listener.close();
});

test('what a connection learned of the path is kept and used again, also after its end', async () => {
  const listener = await serve();
  const first = await dial(listener);
  const stream = await first.openStream({ unidirectional: true });
  const sent = send(stream.writable, 'x'.repeat(1_000_000));
  await receive((await take(await take(listener))).readable);
  await sent;
  await first.close();
  const { rememberedPath } = first;
  expect(rememberedPath!.windowBytes).toBeGreaterThan(14_720);
  const second = await dial(listener, { rememberedPath: rememberedPath! });
  await second.close();
  await expect(dial(listener, { rememberedPath: { rttUs: 0, windowBytes: 1 } })).rejects.toThrow(
    'rememberedPath must have rttUs and windowBytes',
  );
  await listener.close();
});

describe('addresses', () => {
  test('a listener without a host serves both families', async () => {
    const listener = await serve(undefined, { host: undefined as unknown as string });
    for (const host of [HOST, '::1', 'localhost']) {
      const client = await dial(listener, { host });
      const stream = await client.openStream();
      const sent = send(stream.writable, host);
      const server = await take(listener);
      expect(await receive((await take(server)).readable)).toBe(host);
      expect(client.remoteAddress.port).toBe(listener.address.port);
      expect(server.remoteAddress.port).toBe(client.localAddress.port);
      await sent;
      await client.close();
    }
    await listener.close();
  });

  test.each([
    ['nobody listens on the first', ['::1', HOST]],
    ['the first cannot be reached', ['2001:db8::1', HOST]],
  ])('%s: the next one connects', async (_case, addresses) => {
    const listener = await serve();
    const client = await dial(listener, {
      // Who waited for the first attempt to time out would wait for this.
      transport: { handshakeTimeoutMs: 500_000 },
      host: 'localhost',
      lookup: () => Promise.resolve(addresses.map((address) => ({ address }))),
      attemptDelayMs: 50,
    });
    expect(client.remoteAddress.ip).toBe(HOST);
    await client.close();
    await listener.close();
  });

  test('the first is silent: the next one connects', async () => {
    const listener = await serve();
    const silent = await openNodePort({ ip: '::1', port: listener.address.port });
    const client = await dial(listener, {
      host: 'localhost',
      lookup: () => Promise.resolve([{ address: HOST }, { address: '::1' }]),
      attemptDelayMs: 50,
    });
    expect(client.remoteAddress.ip).toBe(HOST);
    await client.close();
    silent.close();
    await listener.close();
  });

  test('family leaves out those of the other', async () => {
    const listener = await serve();
    const lookup = () => Promise.resolve([{ address: '::1' }, { address: HOST }]);
    const client = await dial(listener, { host: 'localhost', family: 4, lookup });
    expect(client.remoteAddress.ip).toBe(HOST);
    await client.close();
    await listener.close();
  });

  test('all fail: the most telling failure is reported', async () => {
    const listener = await serve();
    const attempt = dial(listener, {
      host: 'localhost',
      ca: [],
      lookup: () => Promise.resolve([{ address: '::1' }, { address: HOST }]),
    });
    await expect(attempt).rejects.toBeInstanceOf(TlsAlertError);
    await listener.close();
  });

  test('an address in use is the error of the system', async () => {
    const listener = await serve();
    await expect(serve(undefined, { port: listener.address.port })).rejects.toMatchObject({
      code: 'EADDRINUSE',
    });
    await listener.close();
  });
});

describe('options that cannot work', () => {
  test.each([
    ['no protocol', { ALPNProtocols: [] }],
    ['a port that is none', { port: 0 }],
    ['an unknown cipher', { ciphers: 'TLS_NULL' }],
    ['a certificate that is none', { ca: 'nothing' }],
    ['a limit that is none', { transport: { idleTimeoutMs: -1 } }],
    ['a key that is none', { key: 'x', cert: 'y' }],
    ['a host without addresses of that family', { host: 'x', family: 6, lookup: () => Promise.resolve([]) }],
  ] as const)('connect: %s', async (_case, options) => {
    await expect(dial({ address: { ip: HOST, port: 1 } } as QuicListener, options)).rejects.toMatchObject({
      code: 'ERR_QUIC_INVALID_OPTION',
    });
  });

  test.each([
    ['no certificate', { cert: undefined as unknown as string }],
    ['client certificates that nobody vouches for', { requestCert: true }],
    ['a key that is none', { key: 'x' }],
    ['a key that is not encrypted so', { key: '-----BEGIN PRIVATE KEY-----', passphrase: 'x' }],
  ])('listen: %s', async (_case, options) => {
    await expect(serve(undefined, options)).rejects.toMatchObject({ code: 'ERR_QUIC_INVALID_OPTION' });
  });
});
