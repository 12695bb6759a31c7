import { describe, expect, test } from '@jest/globals';
import type { Http3Event, RequestHead } from '@tsquic/http3';
import { covers } from '@tsquic/testing';
import { Hand, headers } from './hand.ts';
import { type End, readEverything, Scene } from './scene.ts';

const GET: RequestHead = {
  method: 'GET',
  scheme: 'https',
  authority: 'test.example',
  path: '/index.html',
  fields: [{ name: 'accept', value: '*/*' }],
};

/** A server that answers each request, once it is complete, with its own content. */
function echo(event: Http3Event, end: End): void {
  readEverything(event, end);
  if (event.type !== 'end') return;
  const stream = end.engine.stream(event.streamId)!;
  stream.respond({ status: 200, fields: [{ name: 'X-Served-By', value: 'tsquic' }] });
  expect(stream.write(end.contentOf(event.streamId), true)).toBe(end.contentOf(event.streamId).length);
}

describe('requests and responses', () => {
  test('a request of a scheme that needs no authority names none', () => {
    covers('rfc9114-4.3.1-11');
    const scene = new Scene();
    scene.client.engine.request({ ...GET, scheme: 'coap', authority: '' }, { ends: true });
    scene.run(() => scene.server.eventsOf('end').length === 1, 'the request');
    const { head } = scene.server.eventsOf('request')[0]!;
    expect([head.authority, head.fields.filter(({ name }) => name === 'host')]).toEqual(['', []]);
    // An authority without a value would be malformed, so that its being left out is what was sent.
    const byHand = new Scene({ client: 'hand' });
    new Hand(byHand.client.connection).complete(
      headers(':method: GET', ':scheme: coap', ':authority: ', ':path: a'),
    );
    byHand.run(() => byHand.pair.client.has('stream-reset'), 'the reset');
    expect(byHand.server.eventsOf('request')).toEqual([]);
  });

  test('a request without content, and its response', () => {
    covers(
      'rfc9114-4.1-9',
      'rfc9114-4.1-10',
      'rfc9114-4.1-11',
      'rfc9114-4.2-1',
      'rfc9114-6.2.1-1',
      'rfc9114-3.2-5',
    );
    const scene = new Scene({ onServer: echo });
    const request = scene.client.engine.request(GET, { ends: true })!;
    scene.run(() => scene.client.eventsOf('end').length === 1, 'the end');
    expect(scene.server.eventsOf('request')).toEqual([{ type: 'request', streamId: request.id, head: GET }]);
    expect(scene.client.eventsOf('response')).toEqual([
      {
        type: 'response',
        streamId: 0,
        head: { status: 200, fields: [{ name: 'x-served-by', value: 'tsquic' }] },
      },
    ]);
    expect(scene.client.engine.stream(0) === undefined).toBe(true);
    expect(scene.server.engine.stream(0) === undefined).toBe(true);
    expect(scene.client.connection.closeReason).toBeUndefined();
  });

  test('content both ways, over a link that loses packets', () => {
    const scene = new Scene({ onServer: echo, seed: 5, link: { loss: { kind: 'random', rate: 0.05 } } });
    const content = Uint8Array.from({ length: 200_000 }, (_, i) => (i * 7) % 251);
    const request = scene.client.engine.request({ ...GET, method: 'POST' })!;
    let sent = 0;
    scene.run(() => {
      if (sent < content.length) sent += request.write(content.subarray(sent), true);
      return scene.client.eventsOf('end').length === 1;
    }, 'the end');
    expect(scene.client.contentOf(0)).toEqual(content);
  });

  test('a message that has its end and waits for credit tells so, whatever the peer sends then', () => {
    const seen: (readonly [ended: boolean, sent: boolean])[] = [];
    const scene = new Scene({
      context: {
        transport: {
          maxDatagramFrameBytes: 65_535,
          streamWindowBytes: 4096,
          maxStreamWindowBytes: 4096,
          maxSendBufferBytes: 4096,
        },
      },
      onClient: () => undefined,
      onServer: (event, end) => {
        readEverything(event, end);
        if (!('streamId' in event)) return;
        const stream = end.engine.stream(event.streamId);
        if (event.type === 'request') {
          stream!.respond({ status: 200, fields: [] });
          expect([stream!.hasEnded, stream!.hasSent]).toEqual([false, false]);
          expect(stream!.write(new Uint8Array(10_000), true)).toBe(10_000);
        }
        seen.push([stream!.hasEnded, stream!.hasSent]);
      },
    });
    const request = scene.client.engine.request({ ...GET, method: 'POST' })!;
    scene.run(() => scene.server.eventsOf('request').length === 1, 'the request');
    request.write(new Uint8Array(3000), true);
    scene.run(() => scene.server.eventsOf('end').length === 1, 'the end of the request');
    expect(scene.server.events.map(({ type }) => type)).toContain('content');
    expect(new Set(seen.map(String))).toEqual(new Set(['true,false']));
    const misuse = { name: 'QuicUsageError', message: expect.stringMatching(/nothing follows its end/) };
    expect(() => scene.server.engine.stream(request.id)!.write(new Uint8Array(1))).toThrow(
      expect.objectContaining(misuse),
    );
    scene.run(() => {
      scene.client.read(request.id);
      return scene.client.eventsOf('end').length === 1;
    }, 'the end of the response');
    expect(scene.client.contentOf(request.id).length).toBe(10_000);
  });
});
