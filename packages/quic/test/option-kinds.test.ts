import { expect, test } from '@jest/globals';
import { QuicUsageError } from '@tsquic/quic-core';
import { connect, listen, type ConnectOptions, type ListenOptions } from 'tsquic';
import { createSelfSigned, type SelfSignedOptions } from 'tsquic/certificates';
import { certificate, connectedPair, HOST, PROTOCOL } from './endpoints.ts';

const CLIENT: ConnectOptions = { host: HOST, port: 9, ALPNProtocols: [PROTOCOL] };

/** One name, and what it must be. */
function refusal(name: string): unknown {
  return expect.objectContaining({
    name: 'QuicError',
    code: 'ERR_QUIC_INVALID_OPTION',
    message: expect.stringMatching(new RegExp(`^${name}\\b.* (must be|needs) `)),
    cause: expect.any(QuicUsageError),
  });
}

/** A value of every kind there is, to be refused wherever it is not what is meant. */
const VALUES: readonly unknown[] = [
  ...[null, true, -1, 0.5, NaN, '', 'x', 2 ** 53, Symbol.iterator, () => 0, {}, [], [0], new Uint8Array(1)],
];

/** Which of the values are right for an option; their number is all that the test needs to know of the rest. */
const OPTIONS: Readonly<Record<string, (value: unknown) => boolean>> = {
  ALPNProtocols: () => false,
  key: (value) => isText(value) || isBytes(value),
  passphrase: isText,
  cert: (value) => isText(value) || isBytes(value) || isEmptyList(value),
  ca: (value) => isText(value) || isBytes(value) || isEmptyList(value),
  verifier: () => false,
  ciphers: isText,
  transport: isPlainObject,
  signal: () => false,
  onKeyLog: isFunction,
  socket: () => false,
  udp: () => false,
  clock: () => false,
  unixTimeAtZeroUs: (value) => Number.isFinite(value),
  crypto: () => false,
  core: isPlainObject,
  context: () => false,
  host: isText,
  port: () => false,
  family: () => false,
  localAddress: isText,
  localPort: () => false,
  servername: isText,
  session: isBytes,
  token: isBytes,
  rememberedPath: isPlainObject,
  onSession: isFunction,
  onToken: isFunction,
  lookup: isFunction,
  attemptDelayMs: () => false,
  version: () => false,
  'transport.idleTimeoutMs': () => false,
  'transport.handshakeTimeoutMs': (value) => value === 0,
  'transport.initialRttUs': () => false,
  'transport.ecn': (value) => typeof value === 'boolean',
  'core.congestion': isFunction,
  'core.resetKey': isBytes,
  'core.clientCertificate': () => false,
  'core.transport.keepAliveMs': () => false,
};

test.each(Object.keys(OPTIONS))('connect names %s when it is of another kind', async (name) => {
  let refused = 0;
  for (const value of VALUES) {
    if (OPTIONS[name]!(value)) continue;
    const path = name.split('.').reverse();
    const options = path.reduce<unknown>((inner, part) => ({ [part]: inner }), value) as object;
    const error: unknown = await connect({ ...CLIENT, ...options }).catch((thrown: unknown) => thrown);
    expect([name, value, error]).toEqual([name, value, refusal(name.replaceAll('.', '\\.'))]);
    refused++;
  }
  expect(refused).toBeGreaterThan(8);
});

test.each<[keyof ListenOptions, readonly unknown[]]>([
  ['host', [null, 5, [5], {}]],
  ['port', [-1, 65_536, '0', null, 0.5]],
  ['SNICallback', ['x', {}, null]],
  ['requestCert', [1, 'yes', null]],
  ['backlog', [-1, '5', Infinity]],
  ['onError', [true, {}]],
])('listen names %s when it is of another kind', async (name, values) => {
  const { certificatePem: cert, privateKeyPem: key } = await certificate();
  const options = { host: HOST, cert, key, ALPNProtocols: [PROTOCOL] };
  for (const value of values)
    await expect(listen({ ...options, [name]: value } as ListenOptions)).rejects.toEqual(refusal(name));
});

test.each([undefined, null, 5, 'x', []])('options that are %j are named as such', async (options) => {
  const wrong = options as unknown as ConnectOptions & ListenOptions;
  await expect(connect(wrong)).rejects.toEqual(refusal('options'));
  await expect(listen(wrong)).rejects.toEqual(refusal('options'));
});

test.each<[object, RegExp]>([
  [{ cert: 'x' }, /^cert needs key/],
  [{ key: 'x' }, /^key needs cert/],
  [{ passphrase: 'x' }, /^passphrase needs key/],
  [{ port: undefined }, /^port must be an integer from 1 to 65535/],
  [{ port: 65_536 }, /^port must be an integer from 1 to 65535, not 65536$/],
  [{ port: '4433' }, /^port must be an integer from 1 to 65535, not "4433"$/],
  [{ localPort: -1 }, /^localPort must be an integer from 0 to 65535, not -1$/],
  [{ ALPNProtocols: 'x' }, /^ALPNProtocols must be a list of at least one protocol name.*not "x"$/],
  [{ ALPNProtocols: ['é'.repeat(128)] }, /^ALPNProtocols must be a list/],
  [{ transport: { handshakeTimeoutMs: 0 } }, /^transport\.handshakeTimeoutMs must be an integer from 1/],
  [{ transport: { initialRttUs: 0 } }, /^transport\.initialRttUs must be an integer from 1 to 60000000/],
  [{ transport: { initialRttUs: 2 ** 53 - 1 } }, /^transport\.initialRttUs must be/],
  [{ versions: [1, '2'] }, /^versions must be a list .*, not a list with "2"$/],
  // A secret that stands in the wrong place does not get into logs.
  [{ port: 'a very long secret indeed' }, /^port must be .*, not a string$/],
])('connect says what is wrong with %j', async (options, message) => {
  await expect(connect({ ...CLIENT, ...options } as ConnectOptions)).rejects.toMatchObject({
    name: 'QuicError',
    code: 'ERR_QUIC_INVALID_OPTION',
    message: expect.stringMatching(message),
  });
});

test.each<unknown>([{ onConnection: () => {} }, null, 'handler', []])(
  'listen takes no %j for a handler',
  async (handler) => {
    const { certificatePem: cert, privateKeyPem: key } = await certificate();
    const options = { host: HOST, cert, key, ALPNProtocols: [PROTOCOL] };
    await expect(listen(options, handler as () => void)).rejects.toEqual(refusal('handler'));
  },
);

test('openStream, close and finish name what is of another kind', async () => {
  const { client, close } = await connectedPair();
  for (const [name, promise] of [
    ['options', client.openStream(null as unknown as object)],
    ['unidirectional', client.openStream({ unidirectional: 1 } as object)],
    ['signal', client.openStream({ signal: {} } as object)],
    ['code', client.close({ code: '5' } as object)],
    ['reason', client.close({ reason: 5 } as object)],
    ['options', client.close(5 as unknown as object)],
    ['signal', client.finish({ signal: null } as object)],
  ] as const)
    await expect(promise).rejects.toEqual(refusal(name));
  expect(client.statistics().state).toMatch(/^con/);
  await close();
});

test.each<[Partial<SelfSignedOptions>, RegExp]>([
  [{ hosts: 'x' as unknown as string[] }, /^hosts must be a list/],
  [{} as SelfSignedOptions, /^hosts must be a list .* it has no default$/],
  [{ hosts: [] }, /^hosts names none$/],
  [{ hosts: ['x'], days: '5' as unknown as number }, /^days must be a number/],
  [{ hosts: ['x'], usages: [] }, /^usages names none$/],
  [{ hosts: ['x'], usages: ['both'] as unknown as 'client'[] }, /^usages must be a list/],
  [{ hosts: ['x'], days: 0 }, /^days must be above 0/],
  [{ hosts: ['x'], shiftDays: Infinity }, /^shiftDays must be a number/],
])('createSelfSigned refuses %j', async (options, message) => {
  await expect(createSelfSigned(options as SelfSignedOptions)).rejects.toMatchObject({
    code: 'ERR_QUIC_INVALID_OPTION',
    message: expect.stringMatching(message),
  });
});

function isText(value: unknown): boolean {
  return typeof value === 'string';
}

function isBytes(value: unknown): boolean {
  return value instanceof Uint8Array;
}

function isFunction(value: unknown): boolean {
  return typeof value === 'function';
}

function isEmptyList(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0;
}

function isPlainObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
