import { expect, test } from '@jest/globals';
import { concatBytes, encodeVarint } from '@tsquic/bytes';
import { QpackEncoder } from '@tsquic/qpack';
import { covers } from '@tsquic/testing';
import { listen } from 'tsquic';
import { connectHttp3, fetch, Http3Agent, type Http3Handler, type Http3Session } from 'tsquic/http3';
import { certificate } from '../endpoints.ts';
import { watchFaults } from './faults.ts';
import { ask, Scene } from './scene.ts';

watchFaults();

function frame(type: number, payload: Uint8Array): Uint8Array {
  return concatBytes(encodeVarint(type), encodeVarint(payload.length), payload);
}

/** HEADERS of `name: value`, whatever those are. */
function headers(...lines: readonly string[]): Uint8Array {
  const fields = lines.map((line) => {
    const colon = line.indexOf(': ', 1);
    return { name: line.slice(0, colon), value: line.slice(colon + 2) };
  });
  return frame(0x01, new QpackEncoder().encode(0, fields));
}

const text = (content: string): Uint8Array => frame(0x00, new TextEncoder().encode(content));
const POST = [':method: POST', ':scheme: https', ':authority: localhost', ':path: /'];

/** A gateway, whose clients are those of `scene`: what comes is asked of the origin at this port, and its answer is the answer. */
async function gateway(scene: Scene, port: number): Promise<() => Promise<void>> {
  const { certificatePem: ca } = await certificate();
  const agent = new Http3Agent({
    ...{ ...scene.world, ca, servername: 'localhost' },
    connect: (given) =>
      connectHttp3({ ...given, host: '10.0.0.9', port, socket: scene.network.openPort('10.0.0.8') }),
  });
  const handler: Http3Handler = ({ url, method, headers, body, signal }) =>
    fetch(url, { agent, method, headers, body, duplex: 'half', signal });
  const socket = scene.network.openPort('10.0.0.2');
  scene.server = await scene.serve(handler, { socket, onError: () => new Response(null, { status: 502 }) });
  return async () => {
    await scene.until(scene.server.close());
    await scene.until(agent.close());
  };
}

/** Send these bytes as a request; returns the code that its stream was reset with, or 'answered'. */
async function send(scene: Scene, session: Http3Session, ...bytes: readonly Uint8Array[]): Promise<string> {
  const ended = new Promise<string>((resolve) => {
    const stream = session.openStream(
      {},
      {
        onReset: (code) => resolve(`0x${code.toString(16)}`),
        onReadable: () => {
          while (stream.read(new Uint8Array(1000)) > 0);
          if (stream.finished) resolve('answered');
        },
      },
    )!;
    stream.write(concatBytes(...bytes), true);
    session.wake();
  });
  return scene.until(ended);
}

test('a gateway passes no malformed request on', async () => {
  covers('rfc9114-4.1.2-1');
  const complete: string[] = [];
  const heads: string[] = [];
  const scene = await Scene.create(() => new Response('x'));
  await scene.until(scene.server.close());
  const origin = await scene.serve(
    async (request) => {
      heads.push(request.method);
      const content = await request.text().catch(() => 'cut');
      if (content !== 'cut') complete.push(content);
      return new Response('x');
    },
    { socket: scene.network.openPort('10.0.0.9') },
  );
  const close = await gateway(scene, origin.address.port);
  const session = await scene.connect();
  for (const head of [
    headers(...POST, 'X-Upper: 1'),
    headers(...POST, 'connection: close'),
    headers(...POST.slice(1)),
    headers(...POST, ':path: /again'),
    headers(...POST, 'a: b\nc: d'),
    headers(...POST, 'content-length: one'),
  ])
    expect(await send(scene, session, head, text('abc'))).toBe('0x10e');
  expect(heads).toEqual([]);
  // Whether content is as long as it says is known at its end, when its beginning was passed on.
  for (const content of [[text('abc')], [text('abc'), text('def')]])
    expect(await send(scene, session, headers(...POST, 'content-length: 5'), ...content)).toBe('0x10e');
  expect(await send(scene, session, headers(...POST), text('abc'), headers(':status: 200'))).toBe('0x10e');
  await scene.network.pass(1_000_000);
  expect(complete).toEqual([]);
  // What is well-formed goes through.
  expect(await send(scene, session, headers(...POST, 'content-length: 3'), text('abc'))).toBe('answered');
  expect(complete).toEqual(['abc']);
  await scene.until(session.close());
  await close();
  await scene.until(origin.close());
});

test.each<[string, string, readonly Uint8Array[]]>([
  ['without a status', 'status 502', [headers('a: b')]],
  ['with a field in upper case', 'status 502', [headers(':status: 200', 'X-Upper: 1')]],
  ['with the field connection', 'status 502', [headers(':status: 200', 'connection: close')]],
  ['with a line feed in a value', 'status 502', [headers(':status: 200', 'a: b\nc: d')]],
  ['that is shorter than it says', 'failed', [headers(':status: 200', 'content-length: 5'), text('abc')]],
  ['that is longer than it says', 'failed', [headers(':status: 200', 'content-length: 2'), text('abc')]],
  ['with a status after content', 'failed', [headers(':status: 200'), text('abc'), headers(':status: 200')]],
  ['that is well-formed', 'abc', [headers(':status: 200', 'content-length: 3'), text('abc')]],
])('of a response %s its client gets: %s', async (_kind, outcome, answer) => {
  covers('rfc9114-4.1.2-1');
  const { certificatePem: cert, privateKeyPem: key } = await certificate();
  const scene = await Scene.create(() => new Response('x'));
  await scene.until(scene.server.close());
  const socket = scene.network.openPort('10.0.0.9');
  const origin = await listen(
    { ...scene.world, cert, key, socket, ALPNProtocols: ['h3'] },
    async (connection) => {
      const control = await connection.openStream({ unidirectional: true });
      await control.writable.getWriter().write(concatBytes(Uint8Array.of(0), frame(0x04, new Uint8Array(0))));
      for await (const stream of connection) {
        if (stream.unidirectional) continue;
        const writer = stream.writable.getWriter();
        for (const bytes of answer) await writer.write(bytes);
        await writer.close().catch(() => {});
      }
    },
  );
  const close = await gateway(scene, origin.address.port);
  const session = await scene.connect();
  const got = await scene.until(
    ask(session).then(
      ({ status, text: content }) => (status === 200 ? content : `status ${status}`),
      () => 'failed',
    ),
  );
  expect(got).toBe(outcome);
  await scene.until(session.close());
  await close();
  await scene.until(origin.close());
});
