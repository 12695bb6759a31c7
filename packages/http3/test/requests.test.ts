import { describe, expect, test } from '@jest/globals';
import type { Http3Event, RequestHead } from '@tsquic/http3';
import { covers } from '@tsquic/testing';
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
});
