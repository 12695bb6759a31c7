import { expect, test } from '@jest/globals';
import {
  connect,
  type ConnectOptions,
  listen,
  type ListenOptions,
  type QuicDatagrams,
  type QuicStream,
} from 'tsquic';

const common = { port: 1, ALPNProtocols: ['x'] } as const;

/** Never called: the compiler is the test, for each expected error that does not come is an error. */
const REFUSED: readonly (() => unknown)[] = [
  // @ts-expect-error the name of node:tls is ALPNProtocols
  () => connect({ ...common, alpnProtocols: ['x'] }),
  // @ts-expect-error a list, for QUIC needs at least one
  () => connect({ ...common, ALPNProtocols: 'x' }),
  // @ts-expect-error the idle timeout is part of transport
  () => connect({ ...common, timeout: 1 }),
  // @ts-expect-error milliseconds are in the name
  () => connect({ ...common, transport: { idleTimeout: 1 } }),
  // @ts-expect-error ports are numbers
  () => connect({ ...common, port: '1' }),
  // @ts-expect-error ports are not left out
  () => connect({ ALPNProtocols: ['x'] }),
  // @ts-expect-error nor protocols
  () => connect({ port: 1 }),
  // @ts-expect-error servers have no name to ask for
  () => listen({ ...common, servername: 'x' }),
  // @ts-expect-error SNICallback answers by its result
  () => listen({ ...common, SNICallback: (_name: string, done: () => void) => done() }),
  // @ts-expect-error only clients keep sessions
  () => listen({ ...common, session: new Uint8Array(1) }),
];

/** Every option, with a value of its kind. */
const ACCEPTED: readonly [ConnectOptions, ListenOptions] = [
  {
    host: 'localhost',
    ...common,
    ca: ['a', new Uint8Array(1)],
    servername: 'x',
    family: 4,
    passphrase: 'x',
    signal: AbortSignal.abort(),
    transport: { idleTimeoutMs: 1, keepAliveMs: 1, handshakeTimeoutMs: 1 },
    core: { retry: 'always' },
  },
  {
    host: 'localhost',
    ...common,
    key: new Uint8Array(1),
    cert: 'c',
    SNICallback: () => undefined,
    requestCert: true,
    backlog: 1,
    onError: () => {},
  },
];

/** `CompressionStream` and its like take only bytes that are not shared. */
const READ: (stream: QuicStream) => ReadableStream<Uint8Array<ArrayBuffer>> = ({ readable }) => readable;
const RECEIVED: (stream: QuicDatagrams) => ReadableStream<Uint8Array<ArrayBuffer>> = ({ readable }) =>
  readable;

test('wrong names and kinds of options do not compile', () => {
  expect([REFUSED.length, ACCEPTED.length, READ.length, RECEIVED.length]).toEqual([10, 2, 1, 1]);
});
