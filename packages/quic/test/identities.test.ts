import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { createSelfSigned } from 'tsquic/certificates';
import { connect, listen } from 'tsquic';
import { certificate, dial, HOST, PROTOCOL, serve, take } from './endpoints.ts';

const otherKey = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({
  type: 'pkcs8',
  format: 'pem',
}) as string;
const misuse = (message: RegExp): unknown =>
  expect.objectContaining({
    code: 'ERR_QUIC_INVALID_OPTION',
    message: expect.stringMatching(message) as unknown,
  });

describe('a key that is not the key of the certificate', () => {
  test('is refused by listen and connect, before anything is opened', async () => {
    const { certificatePem } = await certificate();
    const pair = { ALPNProtocols: [PROTOCOL], cert: certificatePem, key: otherKey };
    await expect(listen({ host: HOST, ...pair })).rejects.toEqual(
      misuse(/^key: .*not the key of the certificate/),
    );
    await expect(connect({ host: HOST, port: 9, ...pair })).rejects.toEqual(
      misuse(/not the key of the certificate/),
    );
  });

  test('is refused by listen as DER of another kind', async () => {
    const { certificatePem } = await certificate();
    const key = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'der' });
    const options = { host: HOST, ALPNProtocols: [PROTOCOL], cert: certificatePem, key };
    await expect(listen(options)).rejects.toEqual(misuse(/^key: /));
    expect(createPrivateKey({ key, format: 'der', type: 'pkcs8' }).asymmetricKeyType).toBe('ed25519');
  });
});

test.each([0, null, ''])('rejectUnauthorized: %j checks certificates all the same', async (value) => {
  const rejectUnauthorized = value as unknown as boolean;
  const { certificatePem } = await certificate();
  const listener = await serve();
  await expect(
    connect({ host: HOST, port: listener.address.port, ALPNProtocols: [PROTOCOL], rejectUnauthorized }),
  ).rejects.toThrow(/certificate/);
  await listener.close();
  const strict = await serve(undefined, { requestCert: true, ca: certificatePem, rejectUnauthorized });
  const client = await dial(strict);
  await expect(client.closed).rejects.toThrow(/certificate/);
  await strict.close();
});

test.each(['', 'a b', 'a..b', 'https://a', 'a:443'])(
  'connect refuses the servername %j',
  async (servername) => {
    const attempt = connect({ host: HOST, port: 9, ALPNProtocols: [PROTOCOL], servername });
    await expect(attempt).rejects.toEqual(misuse(/^servername: /));
  },
);

test('a servername beyond ASCII reaches the server in its ASCII form', async () => {
  const { certificatePem, privateKeyPem } = await createSelfSigned({ hosts: ['xn--bcher-kva.example'] });
  const asked: string[] = [];
  const listener = await serve(undefined, {
    SNICallback: (name) => {
      asked.push(name);
      return { key: privateKeyPem, cert: certificatePem };
    },
  });
  const client = await dial(listener, { servername: 'Bücher.example.', ca: certificatePem });
  expect(client.servername).toBe('xn--bcher-kva.example');
  expect(asked).toEqual(['xn--bcher-kva.example']);
  await client.close();
  await listener.close();
});

describe('a session', () => {
  test('of a connection that was not checked does not resume in one that is', async () => {
    const listener = await serve();
    const sessionOf = (options: Parameters<typeof dial>[1]): Promise<Uint8Array> =>
      new Promise((resolve, reject) => {
        dial(listener, { ...options, onSession: resolve }).catch(reject);
      });
    const { certificatePem } = await certificate();
    const unchecked = await sessionOf({ rejectUnauthorized: false, ca: [] });
    const checked = await sessionOf({ ca: certificatePem });
    const cases = [
      [{ ca: certificatePem, session: unchecked }, false],
      [{ rejectUnauthorized: false, session: unchecked }, true],
      [{ ca: certificatePem, session: checked }, true],
      [
        {
          ca: [certificatePem, (await createSelfSigned({ hosts: [HOST] })).certificatePem],
          session: checked,
        },
        false,
      ],
      [{ rejectUnauthorized: false, session: checked }, false],
    ] as const;
    for (const [options, resumed] of cases) {
      const client = await dial(listener, options);
      expect(client.resumed).toBe(resumed);
      await client.close();
    }
    await expect(dial(listener, { ca: [], session: unchecked })).rejects.toMatchObject({ alert: 48 });
    await listener.close();
  });

  test('of a client with a certificate resumes, and the server knows whose it is', async () => {
    const { certificatePem, privateKeyPem } = await certificate();
    const listener = await serve(undefined, { requestCert: true, rejectUnauthorized: false });
    const own = { cert: certificatePem, key: privateKeyPem };
    const session = await new Promise<Uint8Array>((resolve, reject) => {
      dial(listener, { ...own, onSession: resolve }).catch(reject);
    });
    const first = await take(listener);
    const client = await dial(listener, { ...own, session });
    const second = await take(listener);
    expect(second.resumed).toBe(true);
    expect(second.peerCertificate?.fingerprint256).toBe(first.peerCertificate!.fingerprint256);
    await client.close();
    await listener.close();
  });
});
