import { describe, expect, test } from '@jest/globals';
import { encodeVarint } from '@tsquic/bytes';
import { Http3Code as Code, type Http3Event, type RequestHead } from '@tsquic/http3';
import { covers } from '@tsquic/testing';
import { data, frame, GET_FIELDS, Hand, headers, identifier } from './hand.ts';
import { type End, readEverything, Scene } from './scene.ts';

const GET: RequestHead = { method: 'GET', scheme: 'https', authority: 'a', path: '/', fields: [] };

/** Whether the first request is open. */
const isOpen = (end: End): boolean => end.engine.stream(0) !== undefined;

/** Answers the request on this stream. */
function answer(end: End, streamId: number): void {
  end.engine.stream(streamId)!.respond({ status: 204, fields: [] }, true);
}

describe('a server that goes', () => {
  test('announces it, lets come what is on its way, and finishes what it accepted', () => {
    covers('rfc9114-5.2-4', 'rfc9114-5.2-8');
    const scene = new Scene();
    const { client, server } = scene;
    client.engine.request(GET, { ends: true });
    scene.run(() => server.eventsOf('end').length === 1, 'the first request');
    server.engine.goAway(false);
    server.engine.goAway(false);
    // Written before GOAWAY can arrive.
    client.engine.request(GET, { ends: true });
    scene.run(() => client.eventsOf('goaway').length === 1, 'GOAWAY');
    expect(client.engine.request(GET, { ends: true }) === undefined).toBe(true);
    expect(client.engine.acceptsRequests).toBe(false);
    scene.run(() => server.eventsOf('end').length === 2, 'the second request');
    server.engine.goAway();
    scene.run(() => client.eventsOf('goaway').length === 2, 'the second GOAWAY');
    expect([server.eventsOf('drained').length, client.eventsOf('drained').length]).toEqual([0, 0]);
    for (const id of [0, 4]) answer(server, id);
    scene.run(
      () => server.eventsOf('drained').length === 1 && client.eventsOf('drained').length === 1,
      'rest',
    );
    expect(client.eventsOf('failed')).toEqual([]);
    client.engine.close();
    scene.run(() => server.eventsOf('closed').length === 1, 'the end');
    expect(server.eventsOf('closed')[0]!.reason).toMatchObject({ kind: 'application', code: Code.NoError });
  });

  test('rejects what has no head, so that it is not held', () => {
    const scene = new Scene({ client: 'hand' });
    const hand = new Hand(scene.client.connection);
    hand.control();
    const begun = hand.bidi(Uint8Array.of(1));
    const other = hand.bidi(headers(...GET_FIELDS));
    const { engine } = scene.server;
    scene.run(() => scene.server.eventsOf('request').length === 1, 'the other request');
    expect(engine.nextRequestId).toBe(8);
    engine.goAway();
    engine.rejectUnread(begun.id);
    expect(engine.stream(begun.id)).toBeDefined();
    engine.rejectUnread();
    expect([engine.stream(begun.id) === undefined, engine.stream(other.id) === undefined]).toEqual([
      ...[true, false],
    ]);
    scene.run(() => scene.pair.client.has('stream-reset'), 'the rejection');
    expect(scene.pair.client.events.find(({ type }) => type === 'stream-reset')).toMatchObject({
      ...{ streamId: begun.id, code: Code.RequestRejected },
    });
  });

  test('has drained once its responses have arrived, so that closing loses none', () => {
    const body = new Uint8Array(100_000).fill(7);
    let left = body;
    const scene = new Scene({
      link: { delayUs: 20_000 },
      onServer: ({ type }, { engine }) => {
        if (type === 'drained') engine.close();
        if (type !== 'end' && type !== 'writable') return;
        const stream = engine.stream(0)!;
        if (type === 'end') stream.respond({ status: 200, fields: [] });
        left = left.subarray(stream.write(left, true));
        if (left.length === 0) engine.goAway();
      },
    });
    const { client, server } = scene;
    client.engine.request(GET, { ends: true });
    scene.run(() => client.eventsOf('closed').length === 1, 'the end');
    expect(server.eventsOf('drained').length).toBe(1);
    expect(client.events.map(({ type }) => type).filter((type) => type !== 'content')).toEqual([
      ...['settings', 'goaway', 'response', 'end', 'drained', 'closed'],
    ]);
    expect(client.contentOf(0)).toEqual(body);
  });

  test('has drained once its last word has arrived, also where that is lost at first', () => {
    covers('rfc9114-5.2-8');
    const scene = new Scene({
      link: {
        ...{ delayUs: 20_000, loss: { kind: 'random', rate: 1 } },
        lossDuring: [{ fromUs: 300_000, untilUs: 310_000 }],
      },
      onServer: ({ type }, { engine }) => {
        if (type === 'drained') engine.close();
      },
    });
    const { client, server } = scene;
    scene.pass(300_000 - scene.pair.world.nowUs);
    server.engine.goAway();
    expect(server.eventsOf('drained')).toEqual([]);
    scene.run(() => client.eventsOf('closed').length === 1, 'the end');
    expect(client.events.map(({ type }) => type)).toEqual(['settings', 'goaway', 'drained', 'closed']);
    expect(server.eventsOf('drained').length).toBe(1);
  });

  test('waits for no acknowledgment of what the client does not want', () => {
    const scene = new Scene({ client: 'hand', link: { delayUs: 20_000 } });
    const hand = new Hand(scene.client.connection);
    hand.control();
    const stream = hand.complete(headers(...GET_FIELDS));
    scene.run(() => scene.server.eventsOf('end').length === 1, 'the request');
    const response = scene.server.engine.stream(0)!;
    response.respond({ status: 200, fields: [] });
    response.write(new Uint8Array(9000), true);
    scene.server.engine.goAway();
    scene.pass(10_000);
    expect(scene.server.eventsOf('drained')).toEqual([]);
    stream.stopSending(Code.RequestCancelled);
    scene.run(() => scene.server.eventsOf('drained').length === 1, 'rest');
  });

  test('rejects what comes after its last word', () => {
    covers('rfc9114-4.1.1-5');
    const scene = new Scene({ link: { delayUs: 20_000 } });
    const { client, server } = scene;
    client.engine.request(GET, { ends: true });
    scene.run(() => server.eventsOf('end').length === 1, 'the first request');
    server.engine.goAway();
    client.engine.request(GET, { ends: true });
    scene.run(() => client.eventsOf('failed').length === 1, 'the rejection');
    expect(client.eventsOf('failed')[0]).toMatchObject({
      streamId: 4,
      rejected: true,
      code: Code.RequestRejected,
    });
    answer(server, 0);
    scene.run(() => client.eventsOf('drained').length === 1, 'rest');
    expect(server.eventsOf('request').length).toBe(1);
  });

  test('rejects requests of a client that does not listen, with the code for it', () => {
    covers('rfc9114-4.1.1-5');
    const scene = new Scene({ client: 'hand' });
    const hand = new Hand(scene.client.connection);
    hand.bidi(headers(...GET_FIELDS));
    scene.run(() => scene.server.eventsOf('request').length === 1, 'the request');
    scene.server.engine.goAway();
    hand.bidi(headers(...GET_FIELDS));
    const { client } = scene.pair;
    scene.run(() => client.has('stream-reset') && client.has('stream-stopped'), 'the rejection');
    expect(client.eventsOf('stream-reset')[0]).toMatchObject({ streamId: 4, code: Code.RequestRejected });
    expect(client.eventsOf('stream-stopped')[0]).toMatchObject({ streamId: 4, code: Code.RequestRejected });
    expect(scene.server.eventsOf('request').length).toBe(1);
  });

  test('a client gives up what the server does not take, and retries elsewhere', () => {
    const scene = new Scene({ server: 'hand' });
    for (let i = 0; i < 3; i++) scene.client.engine.request(GET, { ends: true });
    const hand = new Hand(scene.server.connection);
    hand.control(frame(0x07, Uint8Array.of(255, 255, 255, 255, 255, 255, 255, 252)), identifier(0x07, 4));
    scene.run(() => scene.client.eventsOf('failed').length === 2, 'the rejections');
    expect(scene.client.eventsOf('failed').map(({ streamId, rejected }) => [streamId, rejected])).toEqual([
      [4, true],
      [8, true],
    ]);
    expect(isOpen(scene.client)).toBe(true);
  });
});

describe('a client that goes', () => {
  test('says so, and makes no further requests', () => {
    const scene = new Scene();
    const { client, server } = scene;
    client.engine.request(GET, { ends: true });
    client.engine.goAway();
    client.engine.goAway();
    expect(client.engine.request(GET) === undefined).toBe(true);
    scene.run(() => server.eventsOf('goaway').length === 1 && server.eventsOf('end').length === 1, 'GOAWAY');
    answer(server, 0);
    scene.run(() => client.eventsOf('drained').length === 1, 'rest');
  });
});

describe('requests that are given up', () => {
  test('by the client: the server is told, and stops', () => {
    covers('rfc9114-4.1.1-9');
    const scene = new Scene({ onServer: answerSlowly });
    const request = scene.client.engine.request({ ...GET, method: 'POST' })!;
    scene.run(() => scene.client.eventsOf('response').length === 1, 'the response');
    request.cancel();
    request.cancel();
    expect([request.read(new Uint8Array(9)), request.write(new Uint8Array(9))]).toEqual([0, 0]);
    scene.run(() => scene.server.eventsOf('failed').length === 1, 'the failure');
    expect(scene.server.eventsOf('failed')[0]).toMatchObject({ code: Code.RequestCancelled, isRemote: true });
    expect(isOpen(scene.server)).toBe(false);
    expect(isOpen(scene.client)).toBe(false);
  });

  test('by the server, processed or not', () => {
    const scene = new Scene();
    scene.client.engine.request(GET, { ends: true });
    scene.run(() => scene.server.eventsOf('request').length === 1, 'the request');
    scene.server.engine.stream(0)!.cancel();
    scene.run(() => scene.client.eventsOf('failed').length === 1, 'the failure');
    expect(scene.client.eventsOf('failed')[0]).toMatchObject({
      code: Code.RequestCancelled,
      rejected: false,
    });
  });

  test('a server that has answered wants no more content, and the response is kept', () => {
    covers('rfc9114-4.1-16');
    const scene = new Scene({
      onServer: (event, end) => {
        if (event.type !== 'request') return;
        const stream = end.engine.stream(event.streamId)!;
        stream.respond({ status: 200, fields: [] });
        stream.write(Uint8Array.of(1, 2, 3), true);
        stream.stopReading();
      },
    });
    const request = scene.client.engine.request({ ...GET, method: 'POST' })!;
    request.write(new Uint8Array(10));
    scene.run(() => scene.client.eventsOf('end').length === 1, 'the response');
    expect(scene.client.contentOf(0)).toEqual(Uint8Array.of(1, 2, 3));
    scene.run(() => scene.client.eventsOf('stopped').length === 1, 'STOP_SENDING');
    expect(scene.client.eventsOf('stopped')[0]!.code).toBe(Code.NoError);
    expect(request.write(new Uint8Array(10))).toBe(0);
    scene.pass(100_000);
    expect([isOpen(scene.server), isOpen(scene.client)]).toEqual([false, false]);
  });

  test('the decoder tells which streams it reads no further', () => {
    const scene = new Scene({ client: 'hand' });
    const { connection } = scene.client;
    const hand = new Hand(connection);
    hand.control();
    const [given, refused] = [hand.bidi(headers(...GET_FIELDS)), hand.bidi(headers(':method: GET'))];
    scene.run(() => scene.server.eventsOf('request').length === 1, 'the request');
    given.reset(Code.RequestCancelled);
    scene.run(() => scene.server.eventsOf('failed').length === 1, 'the failure');
    scene.pass(100_000);
    expect([given.id, refused.id]).toEqual([0, 4]);
    // Stream 3 is the control stream. Behind its type, the decoder stream has a Stream Cancellation of each, RFC 9204 §4.4.2.
    const decoderStream = new Uint8Array(9);
    const count = connection.stream(7)!.read(decoderStream);
    expect([...decoderStream.subarray(0, count)]).toEqual([0x03, 0x40 | refused.id, 0x40 | given.id]);
  });

  test('a response that had begun says that the request was processed', () => {
    covers('rfc9114-4.1.1-6');
    const scene = new Scene({ server: 'hand' });
    scene.client.engine.request(GET, { ends: true });
    scene.run(() => scene.server.connection.stream(0) !== undefined, 'the request');
    const stream = scene.server.connection.stream(0)!;
    stream.write(headers(':status: 200'));
    scene.run(() => scene.client.eventsOf('response').length === 1, 'the response');
    stream.reset(Code.RequestRejected);
    scene.run(() => scene.client.eventsOf('failed').length === 1, 'the failure');
    expect(scene.client.eventsOf('failed')[0]).toMatchObject({ code: Code.RequestRejected, rejected: false });
  });

  test('a request that is over is found while the program handles what was told of it', () => {
    const scene = new Scene({
      client: 'hand',
      onServer: (event, { engine }) => {
        if (event.type !== 'request' && event.type !== 'end') return;
        const stream = engine.stream(event.streamId)!;
        if (event.type === 'request') stream.respond({ status: 200, fields: [] });
        else expect(stream.write(Uint8Array.of(1), true)).toBe(0);
      },
    });
    const hand = new Hand(scene.client.connection);
    hand.control();
    hand.bidi(headers(...GET_FIELDS, 'content-length: 0'), data(1));
    scene.run(() => scene.server.eventsOf('failed').length === 1, 'the failure');
    const request = headers(...GET_FIELDS);
    const stopped = hand.bidi(request.subarray(0, 4));
    scene.run(() => scene.server.connection.stream(stopped.id) !== undefined, 'the stream');
    stopped.stopSending(Code.NoError);
    scene.pass(100_000);
    stopped.write(request.subarray(4), true);
    scene.run(() => scene.server.eventsOf('end').length === 1, 'the end');
    scene.server.pump();
    expect([0, stopped.id].map((id) => scene.server.engine.stream(id))).toEqual([undefined, undefined]);
  });

  test('an unknown code is one like any other', () => {
    covers('rfc9114-8-2');
    const scene = new Scene({ client: 'hand' });
    const hand = new Hand(scene.client.connection);
    const stream = hand.bidi(headers(...GET_FIELDS));
    scene.run(() => scene.server.eventsOf('request').length === 1, 'the request');
    stream.reset(0x7777);
    scene.run(() => scene.server.eventsOf('failed').length === 1, 'the failure');
    expect(scene.server.connection.closeReason).toBeUndefined();
  });
});

test('a client that gives up requests over and over ends its connection', () => {
  const scene = new Scene({ client: 'hand', server: { maxAbandonedRequests: 20 } });
  const hand = new Hand(scene.client.connection);
  hand.control();
  const rapid = (): boolean => {
    const stream = scene.client.connection.openStream();
    stream?.write(headers(...GET_FIELDS));
    stream?.resetAt(Code.RequestCancelled, stream.writtenBytes);
    return scene.server.connection.closeReason !== undefined;
  };
  scene.run(rapid, 'the end');
  expect(scene.server.connection.closeReason).toMatchObject({ code: Code.ExcessiveLoad, remote: false });
});

test.each([
  ['content above its length', [headers(...GET_FIELDS, 'content-length: 0'), data(1)]],
  ['trailers that are malformed', [headers(...GET_FIELDS), headers(':path: /')]],
  ['a head that is malformed', [headers(':method: GET')]],
  ['fields that are too large', [headers(...GET_FIELDS, `a: ${'b'.repeat(17_000)}`)]],
])('a client that makes the server give up requests ends its connection: %s', (_title, bytes) => {
  covers('rfc9114-10.5-2', 'rfc9114-10.5-3');
  const scene = new Scene({ client: 'hand', server: { maxAbandonedRequests: 20 } });
  const hand = new Hand(scene.client.connection);
  hand.control();
  for (let i = 0; i < 20; i++) {
    hand.bidi(...bytes);
    scene.pass(20_000);
  }
  expect(scene.server.connection.closeReason).toBeUndefined();
  hand.bidi(...bytes);
  scene.run(() => scene.server.connection.closeReason !== undefined, 'the end');
  expect(scene.server.connection.closeReason).toMatchObject({ code: Code.ExcessiveLoad, remote: false });
});

test('completed requests make good for those that are given up', () => {
  const scene = new Scene({
    server: { maxAbandonedRequests: 2 },
    onServer: (event, end) => {
      if (event.type === 'end') answer(end, event.streamId);
    },
  });
  for (let i = 0; i < 10; i++) {
    const isGivenUp = i % 2 === 1;
    const request = scene.client.engine.request(GET, { ends: !isGivenUp })!;
    scene.run(() => scene.server.eventsOf('request').length === i + 1, 'the request');
    if (isGivenUp) request.cancel();
    else scene.run(() => scene.client.engine.stream(request.id) === undefined, 'the response');
  }
  scene.pass(100_000);
  expect(scene.server.connection.closeReason).toBeUndefined();
});

/** A response whose content never ends. */
function answerSlowly(event: Http3Event, end: End): void {
  readEverything(event, end);
  if (event.type !== 'request') return;
  end.engine.stream(event.streamId)!.respond({ status: 200, fields: [] });
  end.engine.stream(event.streamId)!.write(encodeVarint(7));
}
