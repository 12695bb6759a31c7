import { describe, expect, test } from '@jest/globals';
import { encodeVarint, fromHex } from '@tsquic/bytes';
import { Http3Code as Code } from '@tsquic/http3';
import { covers } from '@tsquic/testing';
import { data, frame, GET_FIELDS, Hand, headers, identifier, section, settings } from './hand.ts';
import { Scene, type SceneOptions } from './scene.ts';

const GET = headers(...GET_FIELDS);
const OK = headers(':status: 200');

/** What a hostile side does, the code that its connection must end with, and the requirements. */
type Row = readonly [title: string, act: (hand: Hand) => void, code: number, ids: readonly string[]];

/** What either side may do wrong on streams of its own. */
const BY_BOTH: readonly Row[] = [
  [
    'no SETTINGS first',
    (hand) => hand.uni(0, identifier(0x07, 0)),
    Code.MissingSettings,
    ['rfc9114-6.2.1-2'],
  ],
  [
    'DATA first on the control stream',
    (hand) => hand.uni(0, data(1)),
    Code.MissingSettings,
    ['rfc9114-6.2.1-2'],
  ],
  ['a reserved frame first', (hand) => hand.uni(0, frame(0x21)), Code.MissingSettings, ['rfc9114-6.2.1-2']],
  [
    'DATA on the control stream',
    (hand) => hand.control(data(1)),
    Code.FrameUnexpected,
    ['rfc9114-7.2.1-1', 'rfc9114-7.2.1-2'],
  ],
  ['HEADERS on the control stream', (hand) => hand.control(GET), Code.FrameUnexpected, ['rfc9114-7.2.2-1']],
  [
    'PUSH_PROMISE on the control stream',
    (hand) => hand.control(frame(0x05, encodeVarint(0))),
    Code.FrameUnexpected,
    ['rfc9114-7.2.5-9'],
  ],
  [
    'a second SETTINGS frame',
    (hand) => hand.control(settings()),
    Code.FrameUnexpected,
    ['rfc9114-7.2.4-1', 'rfc9114-7.2.4-2'],
  ],
  [
    'a setting twice',
    (hand) => hand.uni(0, settings([6, 100], [6, 100])),
    Code.SettingsError,
    ['rfc9114-7.2.4-5'],
  ],
  ...[0, 2, 3, 4, 5].map((id): Row => [
    `setting ${id}, which is reserved`,
    (hand) => hand.uni(0, settings([id, 1])),
    Code.SettingsError,
    ['rfc9114-7.2.4.1-3'],
  ]),
  ['ENABLE_CONNECT_PROTOCOL of 2', (hand) => hand.uni(0, settings([8, 2])), Code.SettingsError, []],
  [
    'H3_DATAGRAM of 2',
    (hand) => hand.uni(0, settings([0x33, 2])),
    Code.SettingsError,
    ['rfc9297-2.1.1-1', 'rfc9297-2.1.1-2'],
  ],
  [
    'a setting that is cut short',
    (hand) => hand.uni(0, frame(0x04, fromHex('0640'))),
    Code.FrameError,
    ['rfc9114-7.1-1', 'rfc9114-7.1-2'],
  ],
  [
    'a setting without a value',
    (hand) => hand.uni(0, frame(0x04, fromHex('06'))),
    Code.FrameError,
    ['rfc9114-7.1-2'],
  ],
  [
    '65 settings',
    (hand) => hand.uni(0, settings(...Array.from({ length: 65 }, (_, i) => [100 + i, 1] as const))),
    Code.ExcessiveLoad,
    [],
  ],
  [
    'SETTINGS of 9000 bytes',
    (hand) => hand.uni(0, encodeVarint(4), encodeVarint(9000)),
    Code.ExcessiveLoad,
    [],
  ],
  [
    'GOAWAY of no bytes',
    (hand) => hand.control(frame(0x07)),
    Code.FrameError,
    ['rfc9114-7.1-2', 'rfc9114-10.8-1'],
  ],
  [
    'GOAWAY with a byte too many',
    (hand) => hand.control(frame(0x07, fromHex('0000'))),
    Code.FrameError,
    ['rfc9114-7.1-2', 'rfc9114-7.1-3', 'rfc9114-10.8-1'],
  ],
  [
    'GOAWAY of nine bytes',
    (hand) => hand.control(frame(0x07, new Uint8Array(9))),
    Code.FrameError,
    ['rfc9114-7.1-2'],
  ],
  [
    'GOAWAY that names more than before',
    (hand) => hand.control(identifier(0x07, 4), identifier(0x07, 8)),
    Code.IdError,
    ['rfc9114-5.2-9'],
  ],
  [
    'CANCEL_PUSH of a push that was never promised',
    (hand) => hand.control(identifier(0x03, 0)),
    Code.IdError,
    ['rfc9114-7.2.3-8', 'rfc9114-7.2.3-9'],
  ],
  ...[0x02, 0x06, 0x08, 0x09].map((type): Row => [
    `frame ${type} of HTTP/2 on the control stream`,
    (hand) => hand.control(frame(type)),
    Code.FrameUnexpected,
    ['rfc9114-7.2.8-3'],
  ]),
  [
    'a second control stream',
    (hand) => [hand.control(), hand.control()],
    Code.StreamCreationError,
    ['rfc9114-6.2.1-3'],
  ],
  [
    'a second encoder stream',
    (hand) => [hand.control(), hand.uni(2), hand.uni(2)],
    Code.StreamCreationError,
    ['rfc9204-4.2-2'],
  ],
  [
    'a second decoder stream',
    (hand) => [hand.control(), hand.uni(3), hand.uni(3)],
    Code.StreamCreationError,
    ['rfc9204-4.2-2'],
  ],
  [
    'the control stream ends',
    (hand) => hand.control().write(new Uint8Array(0), true),
    Code.ClosedCriticalStream,
    ['rfc9114-6.2.1-5'],
  ],
  [
    'the control stream is reset',
    (hand) => resetLater(hand.control()),
    Code.ClosedCriticalStream,
    ['rfc9114-6.2.1-5'],
  ],
  [
    'the encoder stream ends',
    (hand) => [hand.control(), hand.uni(2).write(new Uint8Array(0), true)],
    Code.ClosedCriticalStream,
    ['rfc9204-4.2-4'],
  ],
  [
    'the decoder stream ends',
    (hand) => [hand.control(), hand.uni(3).write(new Uint8Array(0), true)],
    Code.ClosedCriticalStream,
    ['rfc9204-4.2-4'],
  ],
  [
    'an Insert Count Increment of zero',
    (hand) => [hand.control(), hand.uni(3, fromHex('00'))],
    0x202,
    ['rfc9204-4.4.3-1'],
  ],
  [
    'a table capacity above the limit',
    (hand) => [hand.control(), hand.uni(2, fromHex('3fe27f'))],
    0x201,
    ['rfc9204-4.3.1-2'],
  ],
];

/** What a client may do wrong. */
const BY_CLIENT: readonly Row[] = [
  ...BY_BOTH,
  ['DATA before HEADERS', (hand) => hand.bidi(data(1)), Code.FrameUnexpected, ['rfc9114-4.1-3']],
  [
    'HEADERS after the trailers',
    (hand) => hand.bidi(GET, headers('a: b'), headers('a: b')),
    Code.FrameUnexpected,
    ['rfc9114-4.1-3', 'rfc9114-4.1-2'],
  ],
  [
    'DATA after the trailers',
    (hand) => hand.bidi(GET, headers('a: b'), data(1)),
    Code.FrameUnexpected,
    ['rfc9114-4.1-3'],
  ],
  [
    'SETTINGS on a request stream',
    (hand) => hand.bidi(GET, settings()),
    Code.FrameUnexpected,
    ['rfc9114-7.2.4-3', 'rfc9114-7.2.4-4'],
  ],
  [
    'CANCEL_PUSH on a request stream',
    (hand) => hand.bidi(GET, identifier(0x03, 0)),
    Code.FrameUnexpected,
    ['rfc9114-7.2.3-7'],
  ],
  ['GOAWAY on a request stream', (hand) => hand.bidi(GET, identifier(0x07, 0)), Code.FrameUnexpected, []],
  [
    'MAX_PUSH_ID on a request stream',
    (hand) => hand.bidi(GET, identifier(0x0d, 0)),
    Code.FrameUnexpected,
    ['rfc9114-7.2.7-1'],
  ],
  [
    'PRIORITY_UPDATE on a request stream',
    (hand) => hand.bidi(GET, identifier(0xf0700, 0)),
    Code.FrameUnexpected,
    ['rfc9218-7.2-1', 'rfc9218-7.2-2'],
  ],
  [
    'PUSH_PROMISE of a client',
    (hand) => hand.bidi(GET, frame(0x05, encodeVarint(0))),
    Code.FrameUnexpected,
    ['rfc9114-7.2.5-10', 'rfc9114-7.2.5-11'],
  ],
  ...[0x02, 0x06, 0x08, 0x09].map((type): Row => [
    `frame ${type} of HTTP/2 on a request stream`,
    (hand) => hand.bidi(frame(type)),
    Code.FrameUnexpected,
    ['rfc9114-7.2.8-3'],
  ]),
  [
    'HEADERS within a tunnel',
    (hand) => hand.bidi(headers(':method: CONNECT', ':authority: a:1'), headers('a: b')),
    Code.FrameUnexpected,
    ['rfc9114-4.4-3'],
  ],
  [
    'a stream that ends within a HEADERS frame',
    (hand) => hand.complete(fromHex('0105')),
    Code.FrameError,
    ['rfc9114-7.1-4'],
  ],
  [
    'a stream that ends within a DATA frame',
    (hand) => hand.complete(GET, fromHex('000561')),
    Code.FrameError,
    ['rfc9114-7.1-4'],
  ],
  [
    'a stream that ends within the type of a frame',
    (hand) => hand.complete(GET, fromHex('40')),
    Code.FrameError,
    ['rfc9114-7.1-4'],
  ],
  [
    'a stream that ends within the length of a frame',
    (hand) => hand.complete(GET, fromHex('2140')),
    Code.FrameError,
    ['rfc9114-7.1-4'],
  ],
  [
    'a stream that ends within an unknown frame',
    (hand) => hand.complete(GET, fromHex('2105ff')),
    Code.FrameError,
    ['rfc9114-7.1-4'],
  ],
  ['a static index of 99', (hand) => hand.bidi(frame(0x01, fromHex('0000ff24'))), 0x200, ['rfc9204-3.1-1']],
  [
    'a push stream of a client',
    (hand) => hand.uni(0x01, encodeVarint(0)),
    Code.StreamCreationError,
    ['rfc9114-6.2.2-1'],
  ],
  [
    'MAX_PUSH_ID that shrinks',
    (hand) => hand.control(identifier(0x0d, 5), identifier(0x0d, 4)),
    Code.IdError,
    ['rfc9114-7.2.7-4'],
  ],
  [
    'MAX_PUSH_ID with a byte too many',
    (hand) => hand.control(frame(0x0d, fromHex('0500'))),
    Code.FrameError,
    ['rfc9114-7.1-2'],
  ],
  [
    'PRIORITY_UPDATE of no request',
    (hand) => hand.control(identifier(0xf0700, 2)),
    Code.IdError,
    ['rfc9218-7.2-3', 'rfc9218-7.2-4'],
  ],
  [
    'PRIORITY_UPDATE of a push',
    (hand) => hand.control(identifier(0xf0701, 0)),
    Code.IdError,
    ['rfc9218-7.2-8'],
  ],
  [
    'PRIORITY_UPDATE without an identifier',
    (hand) => hand.control(frame(0xf0700)),
    Code.FrameError,
    ['rfc9114-7.1-2'],
  ],
  [
    'a datagram without a stream',
    (hand) => hand.connection.datagrams.send(fromHex('40')),
    Code.DatagramError,
    ['rfc9297-2.1-2'],
  ],
  [
    'a datagram of a stream that cannot be',
    (hand) => hand.connection.datagrams.send(fromHex('d000000000000000')),
    Code.DatagramError,
    ['rfc9297-2.1-1'],
  ],
];

/** What a server may do wrong; a request waits on stream 0. */
const BY_SERVER: readonly Row[] = [
  ...BY_BOTH,
  [
    'what begins a stream of an extension in answer to a request',
    (hand) => answer(hand, encodeVarint(0x41), fromHex('0061')),
    Code.FrameError,
    [],
  ],
  [
    'a bidirectional stream of a server',
    (hand) => hand.bidi(data(1)),
    Code.StreamCreationError,
    ['rfc9114-6.1-3'],
  ],
  ['a push stream', (hand) => hand.uni(0x01, encodeVarint(0)), Code.IdError, ['rfc9114-4.6-2']],
  [
    'a promise',
    (hand) => answer(hand, frame(0x05, encodeVarint(0), section(...GET_FIELDS))),
    Code.IdError,
    ['rfc9114-7.2.5-1', 'rfc9114-7.2.5-2'],
  ],
  [
    'MAX_PUSH_ID of a server',
    (hand) => hand.control(identifier(0x0d, 0)),
    Code.FrameUnexpected,
    ['rfc9114-7.2.7-2', 'rfc9114-7.2.7-3'],
  ],
  [
    'PRIORITY_UPDATE of a server',
    (hand) => hand.control(identifier(0xf0700, 0)),
    Code.FrameUnexpected,
    ['rfc9218-7.2-9', 'rfc9218-7.2-10'],
  ],
  [
    'GOAWAY with a stream that is no request',
    (hand) => hand.control(identifier(0x07, 3)),
    Code.IdError,
    ['rfc9114-7.2.6-1'],
  ],
  [
    'GOAWAY with a large stream that is no request',
    (hand) => hand.control(frame(0x07, fromHex('ffffffffffffffff'))),
    Code.IdError,
    ['rfc9114-7.2.6-1'],
  ],
  [
    'GOAWAY on a request stream',
    (hand) => answer(hand, identifier(0x07, 0)),
    Code.FrameUnexpected,
    ['rfc9114-7.2.6-2'],
  ],
  ['DATA before the response', (hand) => answer(hand, data(1)), Code.FrameUnexpected, ['rfc9114-4.1-3']],
  [
    'DATA after an interim response',
    (hand) => answer(hand, headers(':status: 103'), data(1)),
    Code.FrameUnexpected,
    ['rfc9114-4.1-3'],
  ],
  [
    'HEADERS after the trailers',
    (hand) => answer(hand, OK, headers('a: b'), headers('a: b')),
    Code.FrameUnexpected,
    ['rfc9114-4.1-3'],
  ],
];

function answer(hand: Hand, ...bytes: readonly Uint8Array[]): void {
  const stream = hand.connection.stream(0)!;
  for (const part of bytes) expect(stream.write(part)).toBe(part.length);
}

/** Let the first bytes arrive before the reset. */
function resetLater(stream: {
  resetAt(code: number, reliableSize: number): boolean;
  reset(code: number): void;
  writtenBytes: number;
}): void {
  if (!stream.resetAt(1, stream.writtenBytes)) stream.reset(1);
}

/** The code that the victim closed with. */
function closingCode(
  options: SceneOptions,
  act: (scene: Scene) => void,
  victim: 'client' | 'server',
): number {
  const scene = new Scene(options);
  act(scene);
  const { connection } = scene[victim];
  scene.run(() => connection.closeReason !== undefined, 'the end');
  const reason = connection.closeReason!;
  if (reason.kind !== 'application' || reason.remote) throw new Error(JSON.stringify(reason));
  expect(reason.text.length).toBeGreaterThan(5);
  return reason.code;
}

describe('a client that breaks the protocol ends its connection', () => {
  test.each(BY_CLIENT)('%s', (_title, act, code, ids) => {
    covers(...ids);
    const attack = (scene: Scene): void => act(new Hand(scene.client.connection));
    expect(closingCode({ client: 'hand' }, attack, 'server')).toBe(code);
  });

  test('control, encoder and decoder streams are stopped', () => {
    covers('rfc9114-6.2.1-4', 'rfc9204-4.2-3');
    const attack = (scene: Scene): void => {
      scene.run(() => scene.client.connection.stream(3) !== undefined, 'the control stream');
      scene.client.connection.stream(3)!.stopSending(0);
    };
    expect(closingCode({ client: 'hand' }, attack, 'server')).toBe(Code.ClosedCriticalStream);
  });
});

describe('a server that breaks the protocol ends its connection', () => {
  test.each(BY_SERVER)('%s', (_title, act, code, ids) => {
    covers(...ids);
    const attack = (scene: Scene): void => {
      scene.client.pump();
      scene.client.engine.request(
        { method: 'GET', scheme: 'https', authority: 'a', path: '/', fields: [] },
        { ends: true },
      );
      scene.run(() => scene.server.connection.stream(0) !== undefined, 'the request');
      act(new Hand(scene.server.connection));
    };
    expect(closingCode({ server: 'hand', client: { bidirectionalTypes: [0x41] } }, attack, 'client')).toBe(
      code,
    );
  });
});

describe('what may be ignored is', () => {
  test('unknown frames, settings, streams, and streams without a type', () => {
    covers(
      ...[
        'rfc9114-6.2-1',
        'rfc9114-6.2-4',
        'rfc9114-6.2-6',
        'rfc9114-6.2-10',
        'rfc9114-6.2.3-2',
        'rfc9114-7.2.4-7',
        'rfc9114-7.2.4.1-2',
      ],
      ...['rfc9114-7.2.8-2', 'rfc9114-9-1', 'rfc9114-9-2', 'rfc9204-4.2-7'],
    );
    const scene = new Scene({ client: 'hand' });
    const hand = new Hand(scene.client.connection);
    hand.uni(
      0,
      settings([0x1f * 7 + 0x21, 5], [0x4d44, 1]),
      frame(0x21, new Uint8Array(5000)),
      frame(0x0c, new Uint8Array(9)),
    );
    const reserved = hand.uni(0x1f * 3 + 0x21, new Uint8Array(3000));
    const unknown = hand.uni(0x54, new Uint8Array(30));
    for (const [bytes, code] of [
      [new Uint8Array(0), 0],
      [fromHex('40'), 9],
    ] as const) {
      const cut = scene.client.connection.openStream({ unidirectional: true })!;
      cut.write(bytes);
      if (code === 0) cut.write(bytes, true);
      else cut.reset(code);
    }
    hand.uni(2);
    hand.uni(3);
    hand.complete(
      frame(0x21),
      GET,
      frame(0x40, new Uint8Array(3)),
      data(3),
      frame(0xf07, fromHex('00')),
      headers('a: b'),
      frame(0x5f),
    );
    scene.run(() => scene.server.eventsOf('end').length === 1, 'the request');
    expect(scene.server.events.map(({ type }) => type)).toEqual([
      'settings',
      'request',
      'content',
      'trailers',
      'end',
    ]);
    scene.pass(200_000);
    const stopped = scene.pair.client
      .eventsOf('stream-stopped')
      .map(({ streamId, code }) => [streamId, code])
      .sort(([a], [b]) => a! - b!);
    expect(stopped).toEqual([
      [reserved.id, Code.StreamCreationError],
      [unknown.id, Code.StreamCreationError],
    ]);
    expect(scene.server.connection.closeReason).toBeUndefined();
  });
});
