import { describe, expect, test } from '@jest/globals';
import { concatBytes, encodeVarint } from '@tsquic/bytes';
import { encodeCapsule, Http3Code, type Http3Stream } from '@tsquic/http3';
import { CapsuleType, WebTransportCode, WebTransportSetting } from '@tsquic/webtransport/session';
import { type Log, Scene, type SceneOptions } from './scene.ts';

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
/** A capsule that says how long it is, whatever that is. */
const capsule = (type: number, ...value: readonly Uint8Array[]): Uint8Array =>
  encodeCapsule({ type, value: concatBytes(...value) });

/** A client that follows no rule: its engine makes the request, and the test writes. */
function attack(options: SceneOptions = {}): {
  readonly scene: Scene;
  readonly connect: Http3Stream;
  readonly server: Log;
} {
  const scene = new Scene({ client: 'hand', ...options });
  scene.run(() => scene.clientEngine.hasPeerSettings, 'SETTINGS');
  const connect = scene.clientEngine.request({
    ...{
      method: 'CONNECT',
      scheme: 'https',
      authority: 'a',
      path: '/',
      protocol: 'webtransport-h3',
      fields: [],
    },
  })!;
  scene.run(() => scene.accepted.length === 1, 'the session');
  return { scene, connect, server: scene.accepted[0]! };
}

/** A stream of the client with these first bytes. */
function open(scene: Scene, unidirectional: boolean, ...bytes: readonly Uint8Array[]): number {
  const stream = scene.clientConnection.openStream({ unidirectional })!;
  stream.write(concatBytes(...bytes));
  return stream.id;
}

const UNI = encodeVarint(0x54);
const BIDI = encodeVarint(0x41);

describe('capsules that end the session', () => {
  test.each([
    [
      'a text beyond 1024 bytes',
      capsule(CapsuleType.CloseSession, new Uint8Array(4), new Uint8Array(1025)),
      'MessageError',
    ],
    ['a close without its code', capsule(CapsuleType.CloseSession, new Uint8Array(3)), 'MessageError'],
    [
      'a text that is no UTF-8',
      capsule(CapsuleType.CloseSession, new Uint8Array(4), Uint8Array.of(0xc0)),
      'MessageError',
    ],
    ['WT_MAX_STREAM_DATA', capsule(CapsuleType.MaxStreamData, Uint8Array.of(0, 0)), 'MessageError'],
    ['WT_STREAM_DATA_BLOCKED', capsule(CapsuleType.StreamDataBlocked, Uint8Array.of(0, 0)), 'MessageError'],
    ['a limit that is no integer', capsule(CapsuleType.MaxData, Uint8Array.of(0x40)), 'MessageError'],
    ['a limit with bytes behind it', capsule(CapsuleType.MaxData, Uint8Array.of(1, 1)), 'MessageError'],
    ['WT_MAX_DATA that raises nothing', capsule(CapsuleType.MaxData, encodeVarint(1)), 'FlowControlError'],
    [
      'WT_MAX_STREAMS that raises nothing',
      capsule(CapsuleType.MaxStreamsUni, encodeVarint(1)),
      'FlowControlError',
    ],
    [
      'WT_MAX_STREAMS above 2^60',
      capsule(CapsuleType.MaxStreamsBidi, Uint8Array.of(0xd0, 0, 0, 0, 0, 0, 0, 1)),
      'FlowControlError',
    ],
    [
      'WT_STREAMS_BLOCKED above 2^60',
      capsule(CapsuleType.StreamsBlockedBidi, Uint8Array.of(0xff, 0, 0, 0, 0, 0, 0, 0)),
      'FlowControlError',
    ],
    [
      'bytes behind the close',
      concatBytes(capsule(CapsuleType.CloseSession, new Uint8Array(4)), Uint8Array.of(0x40)),
      'MessageError',
    ],
    [
      'a capsule behind the close',
      concatBytes(capsule(CapsuleType.CloseSession, new Uint8Array(4)), capsule(CapsuleType.DrainSession)),
      'MessageError',
    ],
  ] as const)('%s', (_name, bytes, code) => {
    const { scene, connect, server } = attack();
    connect.write(bytes);
    scene.run(() => scene.pair.client.has('stream-reset'), 'the reset');
    const expected = { ...Http3Code, ...WebTransportCode }[code];
    expect(scene.pair.client.eventsOf('stream-reset')[0]).toMatchObject({ streamId: 0, code: expected });
    expect(server.ends).toHaveLength(1);
    expect(scene.serverConnection.closeReason).toBeUndefined();
    expect(scene.server.sessions.size).toBe(0);
  });

  test('data that follows the close in a later packet', () => {
    const { scene, connect, server } = attack();
    connect.write(capsule(CapsuleType.CloseSession, new Uint8Array(4)));
    scene.run(() => server.ends.length === 1);
    connect.write(Uint8Array.of(0x17, 0));
    // The answer of the server has ended, so that its reading half alone can be given up.
    scene.run(() => scene.pair.client.has('stream-stopped'));
    expect(scene.pair.client.eventsOf('stream-stopped')[0]!.code).toBe(Http3Code.MessageError);
    expect(server.ends).toEqual([{ kind: 'closed', code: 0, reason: '', remote: true }]);
  });

  test('an end within a capsule', () => {
    const { scene, connect, server } = attack();
    connect.write(Uint8Array.of(0x68), true);
    scene.run(() => server.ends.length === 1);
    expect(server.ends[0]).toMatchObject({ kind: 'failed', code: Http3Code.MessageError, remote: false });
  });
});

test.each([
  ['of a known type', CapsuleType.CloseSession, true],
  ['of an unknown type', 0x1234, false],
])('a capsule %s with a length of 2^62 takes no memory', (_name, type, ends) => {
  const { scene, connect, server } = attack();
  connect.write(concatBytes(encodeVarint(type), new Uint8Array(8).fill(0xff)));
  let written = 0;
  for (let i = 0; i < 100; i++) {
    written += connect.write(new Uint8Array(10_000));
    scene.pass(20_000);
  }
  expect(server.ends.length).toBe(ends ? 1 : 0);
  if (!ends) expect(written).toBeGreaterThan(500_000);
  expect(scene.serverConnection.closeReason).toBeUndefined();
});

describe('streams', () => {
  test('that wait for a session are few, and the oldest are rejected', () => {
    const scene = new Scene({ client: 'hand', server: { maxWaitingStreams: 3 } });
    scene.run(() => scene.clientEngine.hasPeerSettings);
    const ids = Array.from({ length: 5 }, () => open(scene, true, UNI, encodeVarint(400)));
    scene.run(() => scene.pair.client.eventsOf('stream-stopped').length === 2, 'the rejections');
    const stopped = scene.pair.client.eventsOf('stream-stopped');
    expect(stopped.map(({ streamId }) => streamId).toSorted((a, b) => a - b)).toEqual(ids.slice(0, 2));
    expect(stopped.every(({ code }) => code === WebTransportCode.BufferedStreamRejected)).toBe(true);
    expect(scene.server.sessions.waitingStreams).toBe(3);
  });

  test('that come before their session get it, also those that were reset', () => {
    const scene = new Scene({ client: 'hand' });
    scene.run(() => scene.clientEngine.hasPeerSettings);
    open(scene, true, UNI, encodeVarint(0), bytesOf('early'));
    const reset = scene.clientConnection.openStream({ unidirectional: true })!;
    reset.write(concatBytes(UNI, encodeVarint(0), bytesOf('lost')));
    reset.resetAt(0x52e4a40fa8db, 3);
    scene.run(() => scene.server.sessions.waitingStreams === 2, 'the streams');
    scene.clientEngine.request({
      ...{
        method: 'CONNECT',
        scheme: 'https',
        authority: 'a',
        path: '/',
        protocol: 'webtransport-h3',
        fields: [],
      },
    });
    scene.run(() => scene.accepted[0]?.streams.length === 2, 'the session');
    const [first, second] = scene.accepted[0]!.streams;
    expect(first!.text).toBe('early');
    expect(second!.told).toEqual(['reset 0']);
    expect(scene.server.sessions.waitingStreams).toBe(0);
  });

  test('that wait for a session that is refused, or over, end with WT_SESSION_GONE', () => {
    const scene = new Scene({ client: 'hand', onRequest: (request) => request.reject(404) });
    scene.run(() => scene.clientEngine.hasPeerSettings);
    open(scene, false, BIDI, encodeVarint(4));
    scene.run(() => scene.server.sessions.waitingStreams === 1);
    const connect = scene.clientEngine.request({
      ...{
        method: 'CONNECT',
        scheme: 'https',
        authority: 'a',
        path: '/',
        protocol: 'webtransport-h3',
        fields: [],
      },
    })!;
    scene.run(() => scene.pair.client.has('stream-reset'), 'the end of the stream');
    expect(scene.pair.client.eventsOf('stream-reset')[0]).toMatchObject({
      streamId: 0,
      code: WebTransportCode.SessionGone,
    });
    connect.cancel();
    scene.pass(100_000);
    const late = open(scene, false, BIDI, encodeVarint(4));
    scene.run(
      () => scene.pair.client.eventsOf('stream-reset').some(({ streamId }) => streamId === late),
      'the late one',
    );
  });

  test.each([
    ['a stream that a client does not open for requests', 3],
    ['a stream of one way', 2],
    ['a stream of the server', 1],
  ])('that name %s end the connection', (_name, id) => {
    const { scene } = attack();
    open(scene, true, UNI, encodeVarint(id));
    scene.run(() => scene.serverConnection.closeReason !== undefined);
    expect(scene.serverConnection.closeReason).toMatchObject({ code: Http3Code.IdError });
  });

  test('whose header comes byte by byte are read, and cut ones are dropped', () => {
    const { scene, server } = attack();
    const stream = scene.clientConnection.openStream({ unidirectional: true })!;
    for (const byte of [0x40, 0x54, 0x40, 0x00, 0x61]) {
      stream.write(Uint8Array.of(byte));
      scene.pass(30_000);
    }
    expect(server.streams[0]!.text).toBe('a');
    const cut = scene.clientConnection.openStream({ unidirectional: true })!;
    cut.write(Uint8Array.of(0x40, 0x54, 0x40), true);
    scene.pass(50_000);
    expect([server.streams.length, scene.server.sessions.waitingStreams]).toEqual([1, 0]);
  });

  test('more than the session allows end it', () => {
    const { scene, server } = attack({ server: { maxSessionStreams: 2 } });
    for (let i = 0; i < 3; i++) open(scene, true, UNI, encodeVarint(0));
    scene.run(() => server.ends.length === 1);
    expect(server.ends[0]).toMatchObject({ kind: 'failed', code: WebTransportCode.FlowControlError });
  });

  test('with more data than the session allows end it', () => {
    const { scene, server } = attack({ server: { sessionWindowBytes: 1000 } });
    open(scene, true, UNI, encodeVarint(0), new Uint8Array(1001));
    scene.run(() => server.ends.length === 1);
    expect(server.ends[0]).toMatchObject({ kind: 'failed', code: WebTransportCode.FlowControlError });
  });

  test('a WT_STREAM frame anywhere else ends the connection', () => {
    const { scene, connect } = attack();
    scene.clientConnection.stream(connect.id)!.write(concatBytes(BIDI, encodeVarint(0)));
    scene.run(() => scene.serverConnection.closeReason !== undefined);
    expect(scene.serverConnection.closeReason).toMatchObject({ code: Http3Code.FrameError });
  });
});

test('a client that breaks the rules in session after session loses the connection', () => {
  const scene = new Scene({ client: 'hand' });
  scene.run(() => scene.clientEngine.hasPeerSettings);
  for (let i = 0; i < 70; i++) {
    const connect = scene.clientEngine.request({
      ...{ method: 'CONNECT', scheme: 'https', authority: 'a', path: '/', fields: [] },
      protocol: 'webtransport-h3',
    });
    connect?.write(capsule(CapsuleType.CloseSession));
    scene.pass(100_000);
  }
  expect(scene.accepted).toHaveLength(65);
  expect(scene.serverConnection.closeReason).toMatchObject({ code: Http3Code.ExcessiveLoad, remote: false });
});

describe('what nobody reads', () => {
  test('streams keep within the limits of the transport, and the session goes on', () => {
    const { scene, server } = attack({ server: { sessionWindowBytes: 50_000, maxSessionStreams: 50 } });
    server.reads = false;
    for (let i = 0; i < 40; i++) open(scene, true, UNI, encodeVarint(0), new Uint8Array(1000));
    scene.pass(500_000);
    expect(server.streams).toHaveLength(40);
    expect(server.streams.every(({ bytes }) => bytes.length === 0)).toBe(true);
    for (const stream of server.streams) stream.stream!.stopSending(0);
    scene.pass(300_000);
    scene.server.sessions.all()[0]!.sendDatagram(Uint8Array.of(1));
    expect(server.ends).toEqual([]);
  });

  test('datagrams displace each other', () => {
    const { scene, connect, server } = attack();
    server.onDatagram = () => {};
    for (let i = 0; i < 1000; i++) {
      connect.sendDatagram(new Uint8Array(100).fill(i));
      if (i % 20 === 0) scene.pass(5000);
    }
    scene.pass(100_000);
    let count = 0;
    while (server.session!.receiveDatagram() !== undefined) count++;
    expect(count).toBe(64);
  });
});

test('a client ends the connection for SETTINGS_WT_ENABLED above 1', () => {
  const scene = new Scene({ serverHttp: { settings: new Map([[WebTransportSetting.Draft15, 2]]) } });
  scene.run(() => scene.clientConnection.closeReason !== undefined);
  expect(scene.clientConnection.closeReason).toMatchObject({ code: Http3Code.SettingsError, remote: false });
});

test('a server that names a protocol that was not offered is left with WT_ALPN_ERROR', () => {
  const scene = new Scene({
    onRequest: (request) => void request.accept({ fields: [{ name: 'wt-protocol', value: '"x"' }] }),
  });
  const client = scene.ask({ protocols: ['a'] });
  scene.run(() => client.ends.length === 1);
  expect(client.ends[0]).toMatchObject({ kind: 'failed', code: WebTransportCode.AlpnError, remote: false });
});
