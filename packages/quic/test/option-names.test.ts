import { generateKeyPairSync } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { connect, type ConnectOptions, listen, type ListenOptions } from 'tsquic';
import { certificate, connectedPair, HOST, PROTOCOL } from './endpoints.ts';

const CLIENT = { host: HOST, port: 9, ALPNProtocols: [PROTOCOL] };

test.each<[object, string]>([
  [{ alpnProtocols: ['x'] }, 'no option alpnProtocols; do you mean ALPNProtocols?'],
  [{ serverName: 'x' }, 'do you mean servername?'],
  [{ rejectUnauthorised: false }, 'do you mean rejectUnauthorized?'],
  [{ timeout: 5 }, 'do you mean transport.idleTimeoutMs?'],
  [{ idleTimeoutMs: 5 }, 'do you mean transport.idleTimeoutMs?'],
  [{ retry: 'always' }, 'do you mean core.retry?'],
  [{ transport: { keepAlive: 5 } }, 'no option transport.keepAlive; do you mean transport.keepAliveMs?'],
  [{ core: { maxConections: 5 } }, 'no option core.maxConections; do you mean core.maxConnections?'],
  [{ core: { transport: { ecm: true } } }, 'do you mean core.transport.ecn?'],
])('connect and listen refuse %j', async (wrong, message) => {
  const refusal = {
    name: 'QuicError',
    code: 'ERR_QUIC_INVALID_OPTION',
    message: expect.stringContaining(message),
  };
  await expect(connect({ ...CLIENT, ...wrong } as ConnectOptions)).rejects.toMatchObject(refusal);
  if ('serverName' in wrong) return;
  await expect(listen({ ...CLIENT, ...wrong } as ListenOptions)).rejects.toMatchObject(refusal);
});

test.each([
  ['backlog', 5, 'listen'],
  ['preferredAddress', {}, 'listen'],
  ['maxConnections', 5, 'listen'],
  ['servername', 'x', 'connect'],
  ['session', new Uint8Array(1), 'connect'],
] as const)('%s is refused where only the other side has it', async (name, value, owner) => {
  const call: (options: never) => Promise<unknown> = owner === 'listen' ? connect : listen;
  await expect(call({ ...CLIENT, [name]: value } as never)).rejects.toMatchObject({
    code: 'ERR_QUIC_INVALID_OPTION',
    message: `there is no option ${name} here: it is one of ${owner}`,
  });
});

test('version 2 by its name instead of its number', async () => {
  await expect(connect({ ...CLIENT, versions: [2] })).rejects.toThrow(
    'not 2: version 2 of QUIC has the number 0x6b3343cf',
  );
  await expect(connect({ ...CLIENT, version: 2 })).rejects.toMatchObject({
    code: 'ERR_QUIC_INVALID_OPTION',
    message: 'version is 2: version 2 of QUIC has the number 0x6b3343cf (RFC 9369 §3.1)',
  });
});

test('a controller by its name', async () => {
  const core = { congestion: 'bbr' as never };
  await expect(connect({ ...CLIENT, core })).rejects.toThrow(
    'core.congestion must be a function that makes controllers, as controllerByName(\'bbr\') of @tsquic/congestion is, not "bbr"',
  );
});

test('openStream, close and finish as well', async () => {
  const { client, close } = await connectedPair();
  for (const promise of [
    client.openStream({ unidirectionnal: true } as object),
    client.close({ errorCode: 5 } as object),
    client.finish({ abortSignal: 5 } as object),
  ])
    await expect(promise).rejects.toMatchObject({ code: 'ERR_QUIC_INVALID_OPTION' });
  await expect(client.openStream({ unidirectionnal: true } as object)).rejects.toThrow(
    'do you mean unidirectional?',
  );
  await close();
});

test.each(['pem', 'der'] as const)('an encrypted key (%s) asks for its passphrase', async (format) => {
  const { certificatePem: cert } = await certificate();
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const secret = { type: 'pkcs8', cipher: 'aes-256-cbc', passphrase: 'secret' } as const;
  const key =
    format === 'pem' ? privateKey.export({ ...secret, format }) : privateKey.export({ ...secret, format });
  const options = { host: HOST, cert, key, ALPNProtocols: [PROTOCOL] };
  await expect(listen(options)).rejects.toThrow(/^key: .*encrypted: give its passphrase/);
  await expect(listen({ ...options, passphrase: 'wrong' })).rejects.toThrow(/^key: .*passphrase/);
});
