import { describe, expect, test } from '@jest/globals';
import { encodeVarint, fromHex, toHex } from '@tsquic/bytes';
import { Http3Code as Code, type Http3Event, type RequestHead } from '@tsquic/http3';
import { QuicUsageError } from '@tsquic/quic-core';
import { covers } from '@tsquic/testing';
import { data, frame, GET_FIELDS, Hand, headers } from './hand.ts';
import { type End, readEverything, Scene } from './scene.ts';

const GET: RequestHead = { method: 'GET', scheme: 'https', authority: 'a', path: '/', fields: [] };
const LARGE = [{ name: 'x-large', value: 'a'.repeat(20_000) }];

function answer(event: Http3Event, end: End): void {
  readEverything(event, end);
  if (event.type === 'end') end.engine.stream(event.streamId)?.respond({ status: 200, fields: [] }, true);
}

describe('fields that are too large', () => {
  test.each([
    ['by the length of their frame', headers(...GET_FIELDS, `a: ${'\u00ff'.repeat(17_000)}`)],
    ['by their number', headers(...GET_FIELDS, ...Array.from({ length: 600 }, () => 'accept: */*'))],
    ['by what is announced', fromHex('01bfffffff')],
  ])('%s: a server answers 431 and goes on', (_title, bytes) => {
    const scene = new Scene({ client: 'hand', onServer: answer });
    const hand = new Hand(scene.client.connection);
    hand.control();
    const stream = hand.bidi(bytes);
    scene.run(() => scene.client.connection.stream(stream.id)!.readableBytes > 0, 'the answer');
    // HEADERS with a literal ':status' behind the name of static entry 24, RFC 9204 §4.5.4.
    const response = new Uint8Array(100);
    const count = scene.client.connection.stream(stream.id)!.read(response);
    expect(toHex(response.subarray(0, count))).toBe('010800005f0903343331');
    const fine = hand.complete(headers(...GET_FIELDS));
    scene.run(() => scene.server.eventsOf('end').some(({ streamId }) => streamId === fine.id), 'another');
    expect(scene.server.eventsOf('request').length).toBe(1);
  });

  test('trailers and responses end their stream', () => {
    const scene = new Scene({ client: 'hand' });
    const hand = new Hand(scene.client.connection);
    hand.bidi(headers(...GET_FIELDS), headers(`a: ${'b'.repeat(17_000)}`));
    scene.run(() => scene.server.eventsOf('failed').length === 1, 'the failure');
    expect(scene.server.eventsOf('failed')[0]).toMatchObject({ code: Code.ExcessiveLoad, isRemote: false });

    const other = new Scene({ client: { maxFieldSectionSize: 1000 }, server: 'hand' });
    other.client.engine.request(GET, { ends: true });
    other.run(() => other.server.connection.stream(0) !== undefined, 'the request');
    other.server.connection.stream(0)!.write(headers(':status: 200', `a: ${'b'.repeat(1000)}`));
    other.run(() => other.client.eventsOf('failed').length === 1, 'the failure');
    expect(other.client.eventsOf('failed')[0]).toMatchObject({ code: Code.ExcessiveLoad });
  });

  test('a client is told before it sends more than the server takes, with both sizes', () => {
    covers('rfc9114-4.2.2-2');
    const scene = new Scene({ server: { maxFieldSectionSize: 1000 } });
    const { engine } = scene.client;
    scene.run(() => engine.hasPeerSettings, 'SETTINGS');
    // Names, values and 32 bytes for each of five lines.
    const fields = [{ name: 'x', value: 'b'.repeat(1000) }];
    expect(() => engine.request({ ...GET, fields })).toThrow(/size of 1200, and the peer takes 1000/);
    const request = engine.request({ ...GET, method: 'POST' })!;
    expect(() => request.sendTrailers(fields)).toThrow(/size of 1033, and the peer takes 1000/);
    request.sendTrailers([{ name: 'x', value: 'b' }]);
    scene.run(() => scene.server.eventsOf('end').length === 1, 'the request');
  });

  test('a server whose response the client does not take gives it up, and its calls do not throw', () => {
    covers('rfc9114-4.2.2-2');
    const scene = new Scene({ client: { maxFieldSectionSize: 1000 }, onServer: respondLarge });
    scene.client.engine.request(GET, { ends: true });
    scene.run(() => scene.client.eventsOf('failed').length === 1, 'the failure');
    expect(scene.client.eventsOf('failed')[0]).toMatchObject({ code: Code.RequestCancelled, isRemote: true });
    expect(scene.server.eventsOf('failed')).toMatchObject([
      { isRemote: false, text: 'the fields have a size of 20081, and the peer takes 1000: send fewer' },
    ]);
    expect(scene.server.connection.closeReason).toBeUndefined();
  });

  test('content after such a response is not taken, and that does not throw either', () => {
    const taken: number[] = [];
    const scene = new Scene({
      client: { maxFieldSectionSize: 1000 },
      onServer: (event, { engine }) => {
        if (event.type !== 'end') return;
        const stream = engine.stream(event.streamId)!;
        stream.respond({ status: 200, fields: LARGE });
        taken.push(stream.write(new Uint8Array(5), true));
      },
    });
    scene.client.engine.request(GET, { ends: true });
    scene.run(() => scene.client.eventsOf('failed').length === 1, 'the failure');
    expect(taken).toEqual([0]);
  });
});

describe('floods', () => {
  test('of interim responses that the client does not read are left out', () => {
    const scene = new Scene({ client: 'hand' });
    const hand = new Hand(scene.client.connection);
    hand.control();
    const { id } = hand.complete(headers(...GET_FIELDS));
    scene.run(() => scene.server.eventsOf('end').length === 1, 'the request');
    const stream = scene.server.engine.stream(id)!;
    for (let i = 0; i < 5000; i++)
      stream.respond({ status: 103, fields: [{ name: 'x', value: 'a'.repeat(1000) }] });
    stream.respond({ status: 204, fields: [] }, true);
    const client = scene.client.connection.stream(id)!;
    const into = new Uint8Array(10_000);
    let bytes = 0;
    scene.run(() => {
      for (let count = client.read(into); count > 0; count = client.read(into)) bytes += count;
      return client.finished;
    }, 'the response');
    expect(bytes).toBeLessThan(2_000_000);
  });

  test('of interim responses', () => {
    const scene = new Scene({ server: 'hand' });
    scene.client.engine.request(GET, { ends: true });
    scene.run(() => scene.server.connection.stream(0) !== undefined, 'the request');
    for (let i = 0; i < 40; i++) scene.server.connection.stream(0)!.write(headers(':status: 103'));
    scene.run(() => scene.client.eventsOf('failed').length === 1, 'the failure');
    expect(scene.client.eventsOf('interim').length).toBe(33);
    expect(scene.client.eventsOf('failed')[0]!.code).toBe(Code.ExcessiveLoad);
  });

  test('of content that nobody reads stop at flow control', () => {
    const scene = new Scene({ onServer: () => {} });
    const request = scene.client.engine.request({ ...GET, method: 'POST' })!;
    const chunk = new Uint8Array(50_000);
    let sent = 0;
    for (let i = 0; i < 300; i++) {
      sent += request.write(chunk);
      scene.pass(20_000);
    }
    expect(sent).toBeLessThan(2_000_000);
    expect(scene.server.eventsOf('content').length).toBe(1);
    scene.server.read(0);
    scene.run(() => scene.client.eventsOf('writable').length > 0, 'room');
  });
});

describe('calls that are wrong whatever the peer does', () => {
  test('say what is right', () => {
    covers('rfc9114-4.1-1', 'rfc9114-4.2-3', 'rfc9114-4.3-1', 'rfc9114-4.3.1-6');
    const scene = new Scene();
    const { engine } = scene.client;
    for (const head of [
      { ...GET, path: '' },
      { ...GET, method: 'a b' },
      { ...GET, fields: [{ name: 'connection', value: 'close' }] },
      { ...GET, fields: [{ name: 'a', value: 'b\n' }] },
      { ...GET, fields: [{ name: ':path', value: '/' }] },
    ])
      expect(() => engine.request(head)).toThrow(QuicUsageError);
    const request = engine.request(GET)!;
    request.sendTrailers([{ name: 'X-Sum', value: '1' }]);
    expect(() => request.sendTrailers([])).toThrow(/once/);
    expect(() => request.write(Uint8Array.of(1))).toThrow(/ended/);
    scene.run(() => scene.server.eventsOf('end').length === 1, 'the request');
    expect(scene.server.eventsOf('trailers')[0]!.fields).toEqual([{ name: 'x-sum', value: '1' }]);
    const response = scene.server.engine.stream(0)!;
    expect(() => response.write(Uint8Array.of(1))).toThrow(/head/);
    expect(() => response.respond({ status: 101, fields: [] })).toThrow(QuicUsageError);
    expect(() => response.respond({ status: 103, fields: [] }, true)).toThrow(/final/);
    response.respond({ status: 103, fields: [] });
    response.respond({ status: 200, fields: [] });
    expect(() => response.respond({ status: 200, fields: [] })).toThrow(/before/);
    expect(() => response.sendTrailers([{ name: ':status', value: '200' }])).toThrow(QuicUsageError);
    response.write(new Uint8Array(0), true);
    scene.run(() => scene.client.eventsOf('end').length === 1, 'the response');
    expect(scene.client.events.map(({ type }) => type)).toEqual(['settings', 'interim', 'response', 'end']);
  });
});

describe('what follows a response that has no content', () => {
  test.each([204, 304])('%d: neither content nor trailers', (status) => {
    const scene = new Scene();
    scene.client.engine.request(GET, { ends: true });
    scene.run(() => scene.server.eventsOf('end').length === 1, 'the request');
    const response = scene.server.engine.stream(0)!;
    response.respond({ status, fields: [] });
    expect(() => response.write(Uint8Array.of(1))).toThrow(/204 or 304/);
    expect(() => response.sendTrailers([])).toThrow(/204 or 304/);
    expect(response.write(new Uint8Array(0), true)).toBe(0);
    scene.run(() => scene.client.eventsOf('end').length === 1, 'the response');
    expect(() => response.write(Uint8Array.of(1))).toThrow(/204 or 304/);
  });

  test('to HEAD, which is the choice of the client: content is taken and not sent', () => {
    covers('rfc9114-4.1-11');
    const scene = new Scene();
    scene.client.engine.request({ ...GET, method: 'HEAD' }, { ends: true });
    scene.run(() => scene.server.eventsOf('end').length === 1, 'the request');
    const response = scene.server.engine.stream(0)!;
    response.respond({ status: 200, fields: [{ name: 'content-length', value: '5' }] });
    expect([response.write(new Uint8Array(3)), response.write(new Uint8Array(2), true)]).toEqual([3, 2]);
    scene.run(() => scene.client.eventsOf('end').length === 1, 'the response');
    expect(scene.client.contentOf(0).length).toBe(0);
    expect(scene.client.eventsOf('failed')).toEqual([]);
  });
});

describe('field compression', () => {
  test('requests that repeat shrink, and those that are blocked wait for what they need', () => {
    covers('rfc9204-4.2-1', 'rfc9114-7.2.4.2-3');
    const fields = Array.from({ length: 8 }, (_, i) => ({
      name: `x-field-${i}`,
      value: `value ${'ab'.repeat(20)} ${i}`,
    }));
    const scene = new Scene({
      seed: 9,
      onServer: answer,
      link: { delayUs: 10_000, loss: { kind: 'random', rate: 0.1 } },
    });
    scene.run(() => scene.client.engine.hasPeerSettings, 'SETTINGS');
    const sizes: number[] = [];
    for (let i = 0; i < 60; i++) {
      const request = scene.client.engine.request({ ...GET, path: `/${i}`, fields }, { ends: true })!;
      sizes.push(scene.client.connection.stream(request.id)!.writtenBytes);
      if (i % 10 === 9) scene.pass(15_000);
    }
    scene.run(() => scene.client.eventsOf('end').length === 60, 'all responses');
    expect(scene.server.eventsOf('request').map(({ head }) => head.fields)).toEqual(
      Array.from({ length: 60 }, () => fields),
    );
    expect(sizes.at(-1)).toBeLessThan(sizes[0]! / 10);
  });

  test('a table of no capacity needs no streams for it', () => {
    covers('rfc9114-6.2-9');
    const none = { qpackMaxTableCapacity: 0, qpackBlockedStreams: 0 };
    const scene = new Scene({ client: none, server: none, onServer: answer });
    for (let i = 0; i < 3; i++)
      scene.client.engine.request({ ...GET, fields: [{ name: 'x', value: 'y' }] }, { ends: true });
    scene.run(() => scene.client.eventsOf('end').length === 3, 'the responses');
    const unidirectional = scene.pair.server
      .eventsOf('stream-opened')
      .filter(({ streamId }) => (streamId & 2) !== 0);
    expect(unidirectional.length).toBe(1);
  });
});

/** A response whose fields are larger than the client takes. */
function respondLarge(event: Http3Event, end: End): void {
  if (event.type === 'end') end.engine.stream(event.streamId)!.respond({ status: 200, fields: LARGE }, true);
}

test('bytes of chance end a connection at most', () => {
  let closed = 0;
  for (let seed = 1; seed <= 60; seed++) {
    let state = seed;
    const random = (): number => (state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 1) >> 8;
    const noise = (length: number): Uint8Array => Uint8Array.from({ length }, () => random() & 0xff);
    const scene = new Scene({ client: 'hand', onServer: answer, seed });
    const hand = new Hand(scene.client.connection);
    const parts = [
      headers(...GET_FIELDS),
      data(random() % 50),
      noise(random() % 30),
      frame(random() % 16, noise(random() % 9)),
    ];
    const some = (): Uint8Array => parts[random() % parts.length]!;
    for (let i = 0; i < 6; i++) hand.bidi(some(), some(), some());
    hand.uni(random() % 5, some(), some());
    hand.connection.datagrams.send(noise(1 + (random() % 20)));
    hand.uni(0, frame(4, noise(random() % 6)), some(), encodeVarint(random()));
    scene.pass(300_000);
    const reason = scene.server.connection.closeReason;
    if (reason !== undefined) {
      expect(reason.kind).toBe('application');
      closed++;
    }
  }
  expect(closed).toBeGreaterThan(30);
});
