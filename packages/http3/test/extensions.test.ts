import { describe, expect, test } from '@jest/globals';
import { bytesFromLatin1, concatBytes, encodeVarint } from '@tsquic/bytes';
import {
  CapsuleReader,
  DATAGRAM_CAPSULE,
  encodeCapsule,
  Http3Code as Code,
  Http3Connection,
  type Http3Event,
  type RequestHead,
  SettingId,
} from '@tsquic/http3';
import type { QuicConnection } from '@tsquic/quic-core';
import { covers } from '@tsquic/testing';
import { frame, GET_FIELDS, Hand, headers } from './hand.ts';
import { type End, readEverything, Scene } from './scene.ts';

const GET: RequestHead = { method: 'GET', scheme: 'https', authority: 'a', path: '/', fields: [] };
const SESSION: RequestHead = { ...GET, method: 'CONNECT', protocol: 'test-session' };

/** A server that accepts each request, and leaves it open. */
function accept(event: Http3Event, end: End): void {
  readEverything(event, end);
  if (event.type === 'request') end.engine.stream(event.streamId)!.respond({ status: 200, fields: [] });
}

function openSession(scene: Scene): void {
  scene.run(() => scene.client.engine.hasPeerSettings, 'SETTINGS');
  expect(scene.client.engine.request(SESSION)!.id).toBe(0);
  scene.run(() => scene.client.eventsOf('response').length === 1, 'the session');
}

describe('CONNECT', () => {
  test('with a protocol, once the server has enabled it; bytes go both ways', () => {
    covers('rfc9114-7.2.4.2-1', 'rfc9114-9-4');
    const without = new Scene({ onServer: accept, server: { extendedConnect: false } });
    expect(() => without.client.engine.request(SESSION)).toThrow(/not enabled/);
    const scene = new Scene({ onServer: accept });
    openSession(scene);
    expect(scene.server.eventsOf('request')[0]!.head).toEqual(SESSION);
    scene.client.engine.stream(0)!.write(bytesFromLatin1('ping'));
    scene.server.engine.stream(0)!.write(bytesFromLatin1('pong'), true);
    scene.run(() => scene.client.eventsOf('end').length === 1, 'the end');
    expect([scene.client.contentOf(0), scene.server.contentOf(0)]).toEqual([
      bytesFromLatin1('pong'),
      bytesFromLatin1('ping'),
    ]);
  });

  test('is off, and so are datagrams, where the peer says nothing of it', () => {
    covers('rfc9114-9-5');
    const scene = new Scene({ server: 'hand' });
    new Hand(scene.server.connection).control();
    scene.run(() => scene.client.eventsOf('settings').length === 1, 'the settings');
    expect(() => scene.client.engine.request(SESSION)).toThrow(/not enabled/);
    const { protocol: _protocol, ...plain } = SESSION;
    const stream = scene.client.engine.request({ ...plain, method: 'GET' })!;
    expect(stream.sendDatagram(Uint8Array.of(1))).toBe(false);
    // The same at a server whose client says nothing.
    const other = new Scene({ client: 'hand' });
    const hand = new Hand(other.client.connection);
    hand.control();
    hand.bidi(headers(...GET_FIELDS));
    other.run(() => other.server.eventsOf('request').length === 1, 'the request');
    expect(other.server.engine.stream(0)!.sendDatagram(Uint8Array.of(1))).toBe(false);
  });

  test('by settings of an earlier connection, until those of this one come', () => {
    covers('rfc9114-7.2.4.2-6', 'rfc9114-7.2.4.2-7');
    const rememberedSettings = new Map([[SettingId.EnableConnectProtocol, 1]]);
    const scene = new Scene({ client: 'hand', server: 'hand' });
    let earlyData: QuicConnection['earlyData'] = 'none';
    const connection = Object.create(scene.client.connection, {
      earlyData: { get: () => earlyData },
    }) as QuicConnection;
    const engine = new Http3Connection(connection, { rememberedSettings });
    for (earlyData of ['none', 'rejected'] as const) {
      expect(() => engine.request(SESSION)).toThrow(/not enabled/);
      expect(engine.peerSettings.size).toBe(0);
    }
    earlyData = 'offered';
    expect(engine.peerSettings).toBe(rememberedSettings);
    expect(engine.request(SESSION)!.id).toBe(0);
    new Hand(scene.server.connection).control();
    let fed = 0;
    const isTold = (): boolean => {
      const { events } = scene.pair.client;
      while (fed < events.length) engine.onEvent(events[fed++]!);
      return engine.hasPeerSettings;
    };
    scene.run(isTold, 'SETTINGS');
    expect(() => engine.request(SESSION)).toThrow(/not enabled/);
  });

  test('a server that has not enabled it refuses a protocol', () => {
    const scene = new Scene({ client: 'hand', server: { extendedConnect: false } });
    const hand = new Hand(scene.client.connection);
    hand.bidi(headers(':method: CONNECT', ':protocol: a', ':scheme: https', ':authority: a', ':path: /'));
    scene.run(() => scene.pair.client.has('stream-reset'), 'the reset');
    expect(scene.pair.client.eventsOf('stream-reset')[0]!.code).toBe(Code.MessageError);
  });

  test('a tunnel carries bytes alone', () => {
    covers('rfc9114-4.4-1');
    const scene = new Scene({ onServer: accept });
    const tunnel = { method: 'CONNECT', scheme: '', authority: 'host.example:443', path: '', fields: [] };
    scene.client.engine.request(tunnel)!.write(bytesFromLatin1('hello'), true);
    scene.run(() => scene.server.eventsOf('end').length === 1, 'the end');
    expect(scene.server.eventsOf('request')[0]!.head).toEqual(tunnel);
    expect(scene.server.contentOf(0)).toEqual(bytesFromLatin1('hello'));
  });
});

describe('datagrams', () => {
  test('belong to their request, both ways', () => {
    covers('rfc9297-2-1');
    const scene = new Scene({ onServer: accept });
    openSession(scene);
    const [client, server] = [scene.client.engine.stream(0)!, scene.server.engine.stream(0)!];
    expect(client.sendDatagram(bytesFromLatin1('one'))).toBe(true);
    expect(server.sendDatagram(bytesFromLatin1('two'))).toBe(true);
    scene.run(
      () => scene.client.eventsOf('datagram').length + scene.server.eventsOf('datagram').length === 2,
    );
    expect([server.receiveDatagram(), client.receiveDatagram()]).toEqual(['one', 'two'].map(bytesFromLatin1));
    expect(server.receiveDatagram()).toBeUndefined();
  });

  test('are not sent where one side has not said that it takes them', () => {
    covers('rfc9297-2.1.1-3');
    for (const options of [{ client: { datagrams: false } }, { server: { datagrams: false } }]) {
      const scene = new Scene({ ...options, onServer: accept });
      openSession(scene);
      expect(scene.client.engine.stream(0)!.sendDatagram(Uint8Array.of(1))).toBe(false);
    }
  });

  test('of a request that has none end it, and those of no request are dropped', () => {
    covers('rfc9297-2-2', 'rfc9297-2.1-5');
    const scene = new Scene({ client: 'hand' });
    const hand = new Hand(scene.client.connection);
    hand.control();
    hand.bidi(headers(...GET_FIELDS));
    scene.run(() => scene.server.eventsOf('request').length === 1, 'the request');
    hand.connection.datagrams.send(concatBytes(encodeVarint(7), Uint8Array.of(1)));
    hand.connection.datagrams.send(encodeVarint(0));
    scene.run(() => scene.pair.client.has('stream-reset'), 'the reset');
    expect(scene.pair.client.eventsOf('stream-reset')[0]!.code).toBe(Code.DatagramError);
    expect(scene.server.connection.closeReason).toBeUndefined();
  });

  test('that overtake their request wait for it, and end one that has none', () => {
    const scene = new Scene({ client: 'hand' });
    const hand = new Hand(scene.client.connection);
    const parts = [
      headers(':method: CONNECT', ':protocol: a', ':scheme: https', ':authority: a', ':path: /'),
      headers(...GET_FIELDS),
    ];
    for (const [index, part] of parts.entries()) {
      const stream = hand.bidi(part.subarray(0, 3));
      scene.run(() => scene.server.connection.stream(stream.id) !== undefined, 'the stream');
      hand.connection.datagrams.send(Uint8Array.of(index, 7));
      scene.pass(100_000);
      stream.write(part.subarray(3));
    }
    scene.run(() => scene.pair.client.has('stream-reset'), 'the reset');
    expect(scene.server.eventsOf('datagram').map(({ streamId }) => streamId)).toEqual([0]);
    expect(scene.server.engine.stream(0)!.receiveDatagram()).toEqual(Uint8Array.of(7));
    // What is told as a request is told to its end: of the one that has no datagrams the program hears nothing.
    expect(scene.server.eventsOf('request').map(({ streamId }) => streamId)).toEqual([0]);
    expect(scene.pair.client.eventsOf('stream-reset')).toMatchObject([
      { streamId: 4, code: Code.DatagramError },
    ]);
  });

  test('are neither sent nor taken once their half has ended', () => {
    covers('rfc9297-2.1-3', 'rfc9297-2.1-4');
    const scene = new Scene({ onServer: accept });
    openSession(scene);
    const [client, server] = [scene.client.engine.stream(0)!, scene.server.engine.stream(0)!];
    server.write(new Uint8Array(0), true);
    expect(server.sendDatagram(Uint8Array.of(1))).toBe(false);
    client.write(new Uint8Array(0), true);
    scene.run(() => scene.server.eventsOf('end').length === 1, 'the end');
    scene.client.connection.datagrams.send(Uint8Array.of(0, 1));
    scene.pass(200_000);
    expect(scene.server.eventsOf('datagram')).toEqual([]);
    expect(scene.server.connection.closeReason).toBeUndefined();
  });

  test('that nobody reads displace the oldest', () => {
    const scene = new Scene({ onServer: accept });
    openSession(scene);
    for (let i = 0; i < 100; i++) {
      scene.client.engine.stream(0)!.sendDatagram(Uint8Array.of(i));
      scene.pass(5_000);
    }
    scene.pass(200_000);
    const kept: number[] = [];
    const stream = scene.server.engine.stream(0)!;
    for (let next = stream.receiveDatagram(); next !== undefined; next = stream.receiveDatagram())
      kept.push(next[0]!);
    expect(kept).toEqual(Array.from({ length: 64 }, (_, i) => 36 + i));
    expect(scene.server.eventsOf('datagram').length).toBe(1);
  });
});

test('datagrams of all requests that nobody reads have one bound; the longest queue gives way', () => {
  const scene = new Scene({
    client: 'hand',
    onServer: accept,
    context: { alpn: ['h3'], transport: { maxDatagramFrameBytes: 65_535, maxBidirectionalStreams: 50 } },
  });
  const hand = new Hand(scene.client.connection);
  hand.control();
  const head = headers(':method: CONNECT', ':protocol: a', ':scheme: https', ':authority: a', ':path: /');
  // Heads that are not complete, and one that is.
  const streams = Array.from({ length: 40 }, (_, i) => hand.bidi(i === 0 ? head : head.subarray(0, 3)));
  scene.run(() => scene.server.connection.stream(streams.at(-1)!.id) !== undefined, 'the streams');
  const send = (index: number, bytes: number): void =>
    void hand.connection.datagrams.send(concatBytes(encodeVarint(index), new Uint8Array(bytes)));
  send(0, 7);
  for (let round = 0; round < 30; round++) {
    for (let i = 1; i < 40; i++) send(i, 1000);
    scene.pass(20_000);
  }
  for (const stream of streams.slice(1)) stream.write(head.subarray(3));
  scene.run(() => scene.server.eventsOf('request').length === 40, 'the requests');
  const kept = streams.map(({ id }) => {
    const stream = scene.server.engine.stream(id)!;
    let bytes = 0;
    for (let next = stream.receiveDatagram(); next; next = stream.receiveDatagram()) bytes += next.length;
    return bytes;
  });
  expect(kept[0]).toBe(7);
  const sum = kept.reduce((a, b) => a + b, 0);
  expect(sum).toBeLessThanOrEqual(262_144);
  expect(sum).toBeGreaterThan(200_000);
  expect(Math.max(...kept) - Math.min(...kept.slice(1))).toBeLessThanOrEqual(1000);
  // What was read makes room.
  for (let i = 1; i < 40; i++) send(i, 1000);
  scene.pass(50_000);
  expect(streams.slice(1).every(({ id }) => scene.server.engine.stream(id)!.receiveDatagram())).toBe(true);
});

test('datagrams of a request that is over make room for others', () => {
  const scene = new Scene({ client: 'hand', onServer: accept });
  const hand = new Hand(scene.client.connection);
  hand.control();
  const head = headers(':method: CONNECT', ':protocol: a', ':scheme: https', ':authority: a', ':path: /');
  for (let i = 0; i < 20; i++) {
    const stream = hand.bidi(head);
    scene.run(() => scene.server.eventsOf('request').length === i + 1, 'the request');
    for (let n = 0; n < 30; n++) {
      hand.connection.datagrams.send(concatBytes(encodeVarint(stream.id / 4), new Uint8Array(1000)));
      scene.pass(2000);
    }
    scene.pass(50_000);
    if (i < 19) stream.discard(Code.RequestCancelled);
    scene.pass(50_000);
  }
  const last = scene.server.engine.stream(76)!;
  let count = 0;
  while (last.receiveDatagram() !== undefined) count++;
  expect(count).toBe(30);
});

describe('capsules', () => {
  const long = { type: 0x2843, value: Uint8Array.from({ length: 300 }, (_, i) => i % 256) };
  const sent = [
    { type: DATAGRAM_CAPSULE, value: Uint8Array.of(1, 2) },
    { type: 0x17, value: new Uint8Array(500) },
    long,
  ];

  test.each([1, 2, 7, 1000])('come in pieces of %d bytes; unknown ones are skipped', (size) => {
    covers('rfc9297-3.2-3');
    const bytes = concatBytes(...sent.map(encodeCapsule));
    const reader = new CapsuleReader({ types: [DATAGRAM_CAPSULE, long.type] });
    const found = [];
    for (let at = 0; at < bytes.length; at += size)
      found.push(...reader.read(bytes.subarray(at, at + size))!);
    expect(found).toEqual([sent[0], long]);
    expect(reader.mayEnd).toBe(true);
  });

  test('may not end within one, nor be larger than what is kept', () => {
    covers('rfc9297-3.3-5');
    const bytes = encodeCapsule(long);
    for (let length = 1; length < bytes.length; length++) {
      const reader = new CapsuleReader({ types: [long.type] });
      expect(reader.read(bytes.subarray(0, length))).toEqual([]);
      expect(reader.mayEnd).toBe(false);
    }
    expect(
      new CapsuleReader({ types: [long.type], maxBytes: 299 }).read(bytes.subarray(0, 4)),
    ).toBeUndefined();
    expect(new CapsuleReader({ types: [], maxBytes: 0 }).read(bytes)).toEqual([]);
  });
});

describe('priorities', () => {
  const priorityOf = (scene: Scene): number => scene.server.connection.stream(0)!.priority;

  test('a request tells its priority, and may change it', () => {
    covers('rfc9218-7.2-5');
    const scene = new Scene({ onServer: accept });
    const request = scene.client.engine.request(GET, { priority: { urgency: 1, incremental: true } })!;
    scene.run(() => scene.server.eventsOf('request').length === 1, 'the request');
    expect(scene.server.eventsOf('request')[0]!.head.fields).toEqual([{ name: 'priority', value: 'u=1, i' }]);
    expect(priorityOf(scene)).toBe(4);
    request.setPriority({ urgency: 7 });
    scene.run(() => scene.server.eventsOf('priority').length === 1, 'the update');
    expect(scene.server.eventsOf('priority')[0]).toMatchObject({
      streamId: 0,
      priority: { urgency: 7, incremental: false },
    });
    expect(priorityOf(scene)).toBe(17);
  });

  test('what comes before the request counts more than its field', () => {
    const scene = new Scene({ client: 'hand' });
    const hand = new Hand(scene.client.connection);
    const update = (id: number, value: string): Uint8Array =>
      frame(0xf0700, encodeVarint(id), bytesFromLatin1(value));
    hand.control(update(0, 'u=5'), update(0, 'u=0, i'));
    scene.run(() => scene.server.eventsOf('settings').length === 1, 'SETTINGS');
    hand.bidi(headers(...GET_FIELDS, 'priority: u=6'));
    scene.run(() => scene.server.eventsOf('request').length === 1, 'the request');
    expect(priorityOf(scene)).toBe(2);
  });

  test('what comes before the end of the head counts more than its field, and is told of nothing unknown', () => {
    const scene = new Scene({ client: 'hand' });
    const hand = new Hand(scene.client.connection);
    const head = headers(...GET_FIELDS, 'priority: u=7');
    const stream = hand.bidi(head.subarray(0, 4));
    scene.run(() => scene.server.connection.stream(stream.id) !== undefined, 'the stream');
    const update = (value: string): Uint8Array => frame(0xf0700, encodeVarint(0), bytesFromLatin1(value));
    const control = hand.control(update('u=0'));
    stream.stopSending(7);
    scene.run(() => scene.server.eventsOf('settings').length === 1, 'SETTINGS');
    scene.pass(100_000);
    expect(scene.server.events.map(({ type }) => type)).toEqual(['settings']);
    stream.write(head.subarray(4));
    scene.run(() => scene.server.eventsOf('stopped').length === 1, 'the request');
    expect(scene.server.events.map(({ type }) => type)).toEqual(['settings', 'request', 'stopped']);
    expect(scene.server.eventsOf('stopped')[0]).toMatchObject({ streamId: 0, code: 7 });
    expect(priorityOf(scene)).toBe(3);
    control.write(update('u=4'));
    scene.run(() => scene.server.eventsOf('priority').length === 1, 'the update');
  });

  test('of requests to come 128 are kept', () => {
    const scene = new Scene({ client: 'hand' });
    const hand = new Hand(scene.client.connection);
    const updates = Array.from({ length: 200 }, (_, i) =>
      frame(0xf0700, encodeVarint(4 * (200 - i)), bytesFromLatin1('u=0')),
    );
    hand.control(...updates);
    scene.run(() => scene.server.eventsOf('settings').length === 1, 'SETTINGS');
    for (let i = 0; i < 80; i++) hand.bidi(headers(...GET_FIELDS));
    scene.run(() => scene.server.eventsOf('request').length === 80, 'the requests');
    const priorities = Array.from({ length: 80 }, (_, i) => scene.server.connection.stream(4 * i)!.priority);
    // Streams 4 * 200 down to 4 * 73 are kept.
    expect(priorities.slice(0, 73).every((priority) => priority === 8)).toBe(true);
    expect(priorities.slice(73)).toEqual(Array.from({ length: 7 }, () => 3));
  });
});

describe('streams of extensions', () => {
  test('are handed over, of either kind and from either side', () => {
    const options = { streamTypes: [0x54], bidirectionalTypes: [0x41] };
    const scene = new Scene({ client: options, server: options });
    const hands = [new Hand(scene.client.connection), new Hand(scene.server.connection)];
    for (const hand of hands) {
      hand.uni(0x54, Uint8Array.of(9));
      hand.bidi(encodeVarint(0x41), Uint8Array.of(9));
    }
    for (const end of [scene.client, scene.server]) {
      scene.run(() => end.eventsOf('extension-stream').length === 2, 'the streams');
      for (const { streamId, streamType } of end.eventsOf('extension-stream')) {
        expect(streamType).toBe((streamId & 2) === 0 ? 0x41 : 0x54);
        const rest = new Uint8Array(5);
        expect([end.connection.stream(streamId)!.read(rest), rest[0]]).toEqual([1, 9]);
      }
    }
    // Requests go on.
    scene.client.engine.request(GET, { ends: true });
    scene.run(() => scene.server.eventsOf('end').length === 1, 'the request');
  });

  test('what begins them is no frame of the control stream', () => {
    const scene = new Scene({ client: 'hand', server: { bidirectionalTypes: [0x41] } });
    new Hand(scene.client.connection).control(encodeVarint(0x41), Uint8Array.of(0));
    scene.run(() => scene.server.connection.closeReason !== undefined, 'the end');
    expect(scene.server.connection.closeReason).toMatchObject({ code: Code.FrameError });
  });

  test('that are reset before their first integer are no requests that were given up', () => {
    const scene = new Scene({
      client: 'hand',
      server: { bidirectionalTypes: [0x41], maxAbandonedRequests: 5 },
    });
    const hand = new Hand(scene.client.connection);
    hand.control();
    for (let i = 0; i < 20; i++) hand.bidi(Uint8Array.of(0x40)).reset(1);
    scene.pass(100_000);
    expect(scene.server.connection.closeReason).toBeUndefined();
    // Those that were requests count.
    const requests = Array.from({ length: 10 }, () => hand.bidi(headers(...GET_FIELDS)));
    scene.pass(50_000);
    for (const stream of requests) stream.reset(1);
    scene.run(() => scene.server.connection.closeReason !== undefined, 'the end');
    expect(scene.server.connection.closeReason).toMatchObject({ code: Code.ExcessiveLoad });
  });

  test('their settings are told, and so are those of the peer', () => {
    covers('rfc9114-7.2.4.2-11');
    const scene = new Scene({ server: { settings: new Map([[0x2c7cf000, 1]]) } });
    scene.run(() => scene.client.eventsOf('settings').length === 1, 'SETTINGS');
    const told = scene.client.eventsOf('settings')[0]!.settings;
    expect([
      told.get(0x2c7cf000),
      told.get(SettingId.EnableConnectProtocol),
      told.get(SettingId.H3Datagram),
    ]).toEqual([1, 1, 1]);
    // One of them is reserved, and means nothing.
    expect([...told.keys()].filter((id) => (id - 0x21) % 0x1f === 0).length).toBe(1);
  });
});
