import { expect, test } from '@jest/globals';
import { covers } from '@tsquic/testing';
import { listen, type ListenOptions } from 'tsquic';
import { type ConnectHttp3Options, type Http3Handler, Http3Session, type ServeOptions } from 'tsquic/http3';
import { certificate } from '../endpoints.ts';
import { watchFaults } from './faults.ts';
import { type Answer, ask, Scene } from './scene.ts';

watchFaults();

/** What a client keeps of a connection for the early data of the next. */
type Kept = Pick<ConnectHttp3Options, 'session' | 'http3' | 'earlyData'>;

/** Make a connection, and keep what it leaves. */
async function keep(scene: Scene): Promise<Kept> {
  let session: Uint8Array | undefined;
  const first = await scene.connect({ onSession: (bytes) => (session = bytes) });
  const rememberedSettings = await scene.until(first.settled);
  await scene.until(ask(first));
  await scene.until(first.close());
  return { session: session!, earlyData: true, http3: { rememberedSettings } };
}

/** Another server takes the place of the one before; a while after its first client it accepts tickets of that one. RFC 8446 §8.2 */
async function restarted(scene: Scene, options: Partial<ServeOptions>): Promise<void> {
  await scene.until(scene.server.close());
  scene.server = await scene.serve(() => new Response('x'), options);
  const first = await scene.connect();
  await scene.until(first.close());
  await scene.network.pass(11_000_000);
}

/** Ask a server that is met again, in 0-RTT packets. */
async function askEarly(
  scene: Scene,
  kept: Kept,
  target?: Parameters<typeof ask>[1],
): Promise<Answer & { readonly earlyData: string }> {
  const session = await scene.connect(kept);
  const answer = await scene.until(ask(session, target));
  await scene.until(session.connection.ready);
  const { earlyData } = session.connection;
  await scene.until(session.close());
  return { ...answer, earlyData };
}

test('a safe request is answered before the handshake is complete, and tells so', async () => {
  covers('rfc9114-10.9-1');
  const seen: unknown[] = [];
  const handler: Http3Handler = ({ method }, { isEarly, connection }) => {
    const { state } = connection.statistics();
    seen.push([method, isEarly, state, connection.alpnProtocol, connection.servername]);
    return new Response('x');
  };
  const scene = await Scene.create(handler, { earlyData: true });
  const kept = await keep(scene);
  seen.length = 0;
  const session = await scene.connect(kept);
  const askedUs = scene.network.clock.nowUs();
  const answer = await scene.until(ask(session));
  // One round trip, in which no handshake can end.
  expect([answer.text, scene.network.clock.nowUs() - askedUs]).toEqual(['x', 2000]);
  expect(seen).toEqual([['GET', true, 'handshaking', 'h3', 'localhost']]);
  await scene.until(session.close());
  await scene.until(scene.server.close());
});

test.each<[NonNullable<ServeOptions['earlyRequests']>, string, number]>([
  ['safe', 'GET', 200],
  ['safe', 'HEAD', 200],
  ['safe', 'OPTIONS', 200],
  ['safe', 'POST', 425],
  ['safe', 'DELETE', 425],
  ['none', 'GET', 425],
  ['all', 'POST', 200],
])('where %s early requests are handled, %s is answered %d', async (earlyRequests, method, status) => {
  covers('rfc9114-10.9-1');
  const handled: string[] = [];
  const handler: Http3Handler = (request) => {
    handled.push(request.method);
    return new Response('x');
  };
  const scene = await Scene.create(handler, { earlyData: true, earlyRequests });
  const kept = await keep(scene);
  handled.length = 0;
  expect(await askEarly(scene, kept, { method })).toMatchObject({ status, earlyData: 'accepted' });
  expect(handled).toEqual(status === 200 ? [method] : []);
  await scene.until(scene.server.close());
});

test.each([
  ['POST', '1', 425, undefined],
  ['GET', '1', 200, true],
  ['POST', '0', 200, false],
])(
  '%s that a gateway passes on with early-data: %s is answered %d',
  async (method, value, status, isEarly) => {
    covers('rfc9114-10.9-1');
    const seen: boolean[] = [];
    const scene = await Scene.create((_request, info) => {
      seen.push(info.isEarly);
      return new Response('x');
    });
    const session = await scene.connect();
    await scene.until(session.connection.ready);
    const answer = await scene.until(ask(session, { method, fields: { 'early-data': value } }));
    expect([answer.status, seen]).toEqual([status, isEarly === undefined ? [] : [isEarly]]);
    await scene.until(session.close());
    await scene.until(scene.server.close());
  },
);

test('early data is not accepted by settings that were others when the client was told them', async () => {
  covers('rfc9114-7.2.4.2-8', 'rfc9114-7.2.4.2-10', 'rfc9204-3.2.3-3');
  const ticketKey = new Uint8Array(16).fill(7);
  const shared = { earlyData: true, core: { ticketKey } } as const;
  const scene = await Scene.create(() => new Response('x'), shared);
  const restart = async (options: Partial<ServeOptions>): Promise<void> => {
    await restarted(scene, { ...shared, ...options });
  };
  const kept = await keep(scene);
  await restart({});
  expect((await askEarly(scene, kept)).earlyData).toBe('accepted');
  for (const options of [
    { http3: { maxFieldSectionSize: 1000 } },
    { http3: { qpackMaxTableCapacity: 100 } },
    { http3: { qpackBlockedStreams: 1 } },
    { http3: { extendedConnect: false } },
    { extensions: [{ settings: new Map([[0x4d45, 1]]) }] },
  ]) {
    await restart({});
    const before = await keep(scene);
    await restart(options);
    // The request is sent again by itself, within what the server says now.
    expect(await askEarly(scene, before)).toMatchObject({ status: 200, earlyData: 'rejected' });
  }
  await scene.until(scene.server.close());
});

test('settings of the program count besides, and what are none is refused', async () => {
  const ticketKey = new Uint8Array(16).fill(7);
  const options = (byte: number): Partial<ServeOptions> => ({
    core: { ticketKey },
    earlyData: { applicationSettings: Uint8Array.of(byte) },
  });
  const scene = await Scene.create(() => new Response('x'), options(1));
  for (const [byte, earlyData] of [
    [1, 'accepted'],
    [2, 'rejected'],
  ] as const) {
    const kept = await keep(scene);
    await restarted(scene, options(byte));
    expect((await askEarly(scene, kept)).earlyData).toBe(earlyData);
  }
  await scene.until(scene.server.close());
  await expect(
    scene.serve(() => new Response('x'), { earlyData: { applicationSettings: 'x' as never } }),
  ).rejects.toMatchObject({ code: 'ERR_QUIC_INVALID_OPTION' });
});

test('a server of several protocols knows which one early data speaks', async () => {
  const { certificatePem: cert, privateKeyPem: key } = await certificate();
  const seen: unknown[] = [];
  const scene = await Scene.create(() => new Response('x'));
  const options: ListenOptions = {
    ...{ ...scene.world, cert, key, earlyData: true, ALPNProtocols: ['other', 'h3'] },
    socket: scene.network.openPort('10.0.0.3'),
  };
  const listener = await listen(options, (connection) => {
    seen.push([connection.alpnProtocol, connection.statistics().state]);
    void new Http3Session(connection, {
      handlers: {
        onRequest: (stream) => {
          stream.respond({ status: 204, fields: [] }, true);
          return {};
        },
      },
    });
  });
  const { ip: host, port } = listener.address;
  let session: Uint8Array | undefined;
  const first = await scene.connect({ host, port, onSession: (bytes) => (session = bytes) });
  await scene.until(ask(first));
  await scene.until(first.close());
  const second = await scene.connect({ host, port, session: session!, earlyData: true });
  expect((await scene.until(ask(second))).status).toBe(204);
  expect(seen[1]).toEqual(['h3', 'handshaking']);
  await scene.until(second.close());
  await scene.until(listener.close());
  await scene.until(scene.server.close());
});
