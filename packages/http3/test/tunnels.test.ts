import { describe, expect, test } from '@jest/globals';
import { bytesFromLatin1 } from '@tsquic/bytes';
import { Http3Code as Code, type RequestHead } from '@tsquic/http3';
import { covers } from '@tsquic/testing';
import { data, Hand, headers } from './hand.ts';
import { type Program, readEverything, Scene } from './scene.ts';

const LENGTH = { name: 'content-length', value: '3' };
const AGENT = { name: 'user-agent', value: 'a' };
const TUNNEL: RequestHead = {
  ...{ method: 'CONNECT', scheme: '', authority: 'host.example:443', path: '' },
  fields: [AGENT],
};
const SESSION: RequestHead = {
  ...{ method: 'CONNECT', protocol: 'test', scheme: 'https', authority: 'a', path: '/' },
  fields: [AGENT],
};
const CONNECT = [':method: CONNECT', ':authority: host.example:443'] as const;

/** Answers each request with this status at once. */
const answering =
  (status: number): Program =>
  (event, end) => {
    readEverything(event, end);
    if (event.type === 'request')
      end.engine.stream(event.streamId)?.respond({ status, fields: [LENGTH, AGENT] });
  };

describe.each([
  ['without a protocol', TUNNEL],
  ['with a protocol', SESSION],
])('a tunnel %s', (_title, head) => {
  test('has no content whose length could be told, whatever fields say', () => {
    covers('rfc9114-4.4-1');
    const scene = new Scene({ onServer: answering(200) });
    scene.run(() => scene.client.engine.hasPeerSettings, 'SETTINGS');
    const request = scene.client.engine.request({ ...head, fields: [LENGTH, AGENT] })!;
    request.write(bytesFromLatin1('more than three bytes'), true);
    scene.run(() => scene.server.eventsOf('end').length === 1, 'the end');
    expect(scene.server.eventsOf('request')[0]!.head.fields).toEqual([AGENT]);
    scene.run(() => scene.client.eventsOf('response').length === 1, 'the response');
    expect(scene.client.eventsOf('response')[0]!.head.fields).toEqual([AGENT]);
    scene.server.engine.stream(0)!.write(bytesFromLatin1('and so are these'), true);
    scene.run(() => scene.client.eventsOf('end').length === 1, 'the other end');
    expect(scene.client.contentOf(0)).toEqual(bytesFromLatin1('and so are these'));
  });

  test('has no trailers: a client may not send them, a server ends the tunnel', () => {
    const scene = new Scene({ onServer: answering(200) });
    scene.run(() => scene.client.engine.hasPeerSettings, 'SETTINGS');
    const request = scene.client.engine.request(head)!;
    expect(() => request.sendTrailers([])).toThrow(/tunnel/);
    request.write(new Uint8Array(0), true);
    scene.run(() => scene.server.eventsOf('end').length === 1, 'the end');
    scene.server.engine.stream(0)!.sendTrailers([AGENT]);
    scene.run(() => scene.client.eventsOf('end').length === 1, 'the other end');
    expect([scene.client.eventsOf('trailers'), scene.client.eventsOf('failed')]).toEqual([[], []]);
  });
});

test('a server tells no length of content where it opens a tunnel', () => {
  covers('rfc9114-4.4-1');
  const sent = [[AGENT], [LENGTH, AGENT]].map((fields) => {
    const scene = new Scene({ client: 'hand', onServer: () => {} });
    const stream = new Hand(scene.client.connection).bidi(headers(...CONNECT));
    scene.run(() => scene.server.eventsOf('request').length === 1, 'the request');
    scene.server.engine.stream(0)!.respond({ status: 200, fields });
    scene.run(() => stream.readableBytes > 0, 'the response');
    const bytes = new Uint8Array(200);
    return bytes.slice(0, stream.read(bytes));
  });
  expect(sent[1]).toEqual(sent[0]);
});

test('a tunnel that is refused has a response like any other', () => {
  const scene = new Scene({ onServer: answering(403) });
  scene.client.engine.request(TUNNEL);
  scene.run(() => scene.client.eventsOf('response').length === 1, 'the response');
  expect(scene.client.eventsOf('response')[0]!.head.fields).toEqual([LENGTH, AGENT]);
  const response = scene.server.engine.stream(0)!;
  response.write(bytesFromLatin1('abc'));
  response.sendTrailers([AGENT]);
  scene.run(() => scene.client.eventsOf('end').length === 1, 'the end');
  expect(scene.client.eventsOf('trailers').length).toBe(1);
});

test('a length of a response to CONNECT that is no number is ignored with it', () => {
  const scene = new Scene({ server: 'hand' });
  scene.client.engine.request(TUNNEL);
  scene.run(() => scene.server.connection.stream(0) !== undefined, 'the request');
  scene.server.connection
    .stream(0)!
    .write(new Uint8Array([...headers(':status: 200', 'content-length: x'), ...data(2)]), true);
  scene.run(() => scene.client.eventsOf('end').length === 1, 'the end');
  expect(scene.client.contentOf(0).length).toBe(2);
});

describe('tunnels that the client resets', () => {
  const MOST = 10;

  /** Resets one tunnel after another; the hand waits before each reset until `mayReset`. */
  function resetTunnels(scene: Scene, passUs: number, alsoStop: boolean): void {
    const hand = new Hand(scene.client.connection);
    hand.control();
    for (let i = 0; i < 3 * MOST && scene.server.connection.closeReason === undefined; i++) {
      const stream = hand.bidi(headers(...CONNECT));
      scene.pass(passUs);
      if (alsoStop) stream.discard(Code.RequestCancelled);
      else stream.resetAt(Code.RequestCancelled, stream.writtenBytes);
      scene.pass(passUs);
    }
    scene.pass(100_000);
  }

  test.each([false, true])(
    'after they know that it is open are no requests given up (stopped %s)',
    (alsoStop) => {
      covers('rfc9114-10.5-2');
      const scene = new Scene({
        ...{ client: 'hand', onServer: answering(200) },
        server: { maxAbandonedRequests: MOST },
        link: { delayUs: 1000 },
      });
      resetTunnels(scene, 50_000, alsoStop);
      expect(scene.server.eventsOf('request').length).toBe(3 * MOST);
      expect(scene.server.connection.closeReason).toBeUndefined();
    },
  );

  test.each([
    ['before it can know, though the server has answered', 200, 0, false],
    ['before it can know, and stops as well', 200, 0, true],
    ['that was refused', 403, 50_000, false],
  ])('count %s', (_title, status, passUs, alsoStop) => {
    covers('rfc9114-10.5-2', 'rfc9114-10.5-3');
    const scene = new Scene({
      ...{ client: 'hand', onServer: answering(status) },
      server: { maxAbandonedRequests: MOST },
      link: { delayUs: 10_000 },
    });
    resetTunnels(scene, passUs, alsoStop);
    expect(scene.server.connection.closeReason).toMatchObject({ code: Code.ExcessiveLoad, remote: false });
  });
});
