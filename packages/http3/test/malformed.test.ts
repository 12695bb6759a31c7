import { describe, expect, test } from '@jest/globals';
import { concatBytes } from '@tsquic/bytes';
import { Http3Code as Code } from '@tsquic/http3';
import type { QuicStream } from '@tsquic/quic-core';
import { covers } from '@tsquic/testing';
import { data, frame, GET_FIELDS, Hand, headers } from './hand.ts';
import { Scene } from './scene.ts';

const NONE: readonly string[] = [];

/** A GET with these fields in place of those with the same pseudo-header field, and further ones behind. */
function get(...changed: readonly string[]): string[] {
  const nameOf = (text: string): string => text.slice(0, text.indexOf(': ', 1));
  const names = changed.map(nameOf);
  const kept = GET_FIELDS.filter((text) => !names.includes(nameOf(text)));
  return [...kept, ...changed];
}

const without = (name: string): string[] => GET_FIELDS.filter((text) => !text.startsWith(name));

/** Heads of requests that are malformed. */
const REQUESTS: readonly (readonly [title: string, fields: readonly string[], ids: readonly string[]])[] = [
  ['no :method', without(':method'), ['rfc9114-4.3.1-7', 'rfc9114-4.3-4']],
  ['no :scheme', without(':scheme'), ['rfc9114-4.3.1-7']],
  ['no :path', without(':path'), ['rfc9114-4.3.1-7']],
  ['no fields at all', NONE, ['rfc9114-4.3.1-7']],
  ['two of :method', [...GET_FIELDS, ':method: GET'], ['rfc9114-4.3.1-7']],
  ['two of :path', [...GET_FIELDS, ':path: /a'], ['rfc9114-4.3.1-7']],
  ['an empty :method', get(':method: '), ['rfc9114-4.3-4']],
  ['a :method with a space', get(':method: GET /'), ['rfc9114-4.3-4']],
  ['an empty :scheme', get(':scheme: '), ['rfc9114-4.3-4']],
  ['a :scheme that is none', get(':scheme: 1'), ['rfc9114-4.3-4']],
  ['an empty :path', get(':path: '), ['rfc9114-4.3.1-5']],
  ['a relative :path', get(':path: a'), ['rfc9114-4.3.1-5']],
  ['a :path with a space', get(':path: /a b'), ['rfc9114-4.3-4']],
  ['a :path with a fragment', get(':path: /a#b'), ['rfc9114-4.3-4']],
  ['an asterisk for GET', get(':path: *'), ['rfc9114-4.3.1-5']],
  ['neither :authority nor host', without(':authority'), ['rfc9114-4.3.1-8']],
  ['an empty :authority', get(':authority: '), ['rfc9114-4.3.1-9']],
  ['an empty host', [...without(':authority'), 'host: '], ['rfc9114-4.3.1-9']],
  ['a host that is not :authority', [...GET_FIELDS, 'host: other.example'], ['rfc9114-4.3.1-10']],
  ['host twice', [...GET_FIELDS, 'host: test.example', 'host: test.example'], ['rfc9114-4.3.1-10']],
  ['user information', get(':authority: user@test.example'), ['rfc9114-4.3.1-1']],
  ['an :authority with a path', get(':authority: a/b'), ['rfc9114-4.3-4']],
  ...[
    'user@test.example',
    'a/b',
    'a?b',
    'a b',
    'a\\b',
    'a:65536',
    'a:99999999',
    'a:b',
    ':443',
    '[::1',
    '%4',
  ].flatMap((host) => [
    [`a host that is ${host}`, [...without(':authority'), `host: ${host}`], ['rfc9114-4.3-4']] as const,
    [`an :authority that is ${host}`, get(`:authority: ${host}`), ['rfc9114-4.3-4']] as const,
  ]),
  ['CONNECT without a port', [':method: CONNECT', ':authority: test.example'], ['rfc9114-4.4-1']],
  ['CONNECT with an empty port', [':method: CONNECT', ':authority: a:'], ['rfc9114-4.4-1']],
  ['CONNECT with user information', [':method: CONNECT', ':authority: user@a:443'], ['rfc9114-4.4-1']],
  ['a pseudo-header field after a field', ['accept: a', ...GET_FIELDS], ['rfc9114-4.3-5', 'rfc9114-4.3-6']],
  ['an unknown pseudo-header field', [...GET_FIELDS, ':unknown: a'], ['rfc9114-4.3-1', 'rfc9114-4.3-4']],
  ['a pseudo-header field of responses', [...GET_FIELDS, ':status: 200'], ['rfc9114-4.3-2']],
  ['upper case', [...GET_FIELDS, 'Accept: a'], ['rfc9114-4.2-2']],
  ['an empty name', [...GET_FIELDS, ': a'.slice(0)], ['rfc9114-10.3-1']],
  ['a space in a name', [...GET_FIELDS, 'ac cept: a'], ['rfc9114-10.3-1']],
  ['a byte above ASCII in a name', [...GET_FIELDS, 'acc\u00e9pt: a'], ['rfc9114-10.3-1']],
  ['LF in a value', [...GET_FIELDS, 'a: b\nc'], ['rfc9114-10.3-2']],
  ['CR in a value', [...GET_FIELDS, 'a: b\rc'], ['rfc9114-10.3-2']],
  ['NUL in a value', [...GET_FIELDS, 'a: b\0c'], ['rfc9114-10.3-2']],
  ['DEL in a value', [...GET_FIELDS, 'a: b\x7fc'], ['rfc9114-10.3-2']],
  ['a space before a value', [...GET_FIELDS, 'a:  b'], ['rfc9114-10.3-2']],
  ['a space after a value', [...GET_FIELDS, 'a: b '], ['rfc9114-10.3-2']],
  ['LF in a pseudo-header field', get(':path: /\n'), ['rfc9114-10.3-2']],
  ...['connection', 'keep-alive', 'proxy-connection', 'transfer-encoding', 'upgrade'].map(
    (name) => [name, [...GET_FIELDS, `${name}: a`], ['rfc9114-4.2-3', 'rfc9114-4.1-7']] as const,
  ),
  ['te: gzip', [...GET_FIELDS, 'te: gzip'], ['rfc9114-4.2-4']],
  ['a length that is none', [...GET_FIELDS, 'content-length: -1'], ['rfc9114-4.1.2-2']],
  ['two lengths', [...GET_FIELDS, 'content-length: 1', 'content-length: 2'], ['rfc9114-4.1.2-2']],
  ['CONNECT with :path', [':method: CONNECT', ':authority: a:1', ':path: /'], ['rfc9114-4.4-1']],
  ['CONNECT with :scheme', [':method: CONNECT', ':authority: a:1', ':scheme: https'], ['rfc9114-4.4-1']],
  ['CONNECT without :authority', [':method: CONNECT'], ['rfc9114-4.4-1']],
  ['a protocol for GET', [...GET_FIELDS, ':protocol: a'], NONE],
  ['a protocol without :path', [':method: CONNECT', ':protocol: a', ':scheme: https', ':authority: a'], NONE],
];

/** What follows the head of a request with Content-Length 5. */
const CONTENTS: readonly (readonly [title: string, rest: readonly Uint8Array[]])[] = [
  ['less content than promised', [data(4)]],
  ['more content than promised', [data(3), data(3)]],
  ['less content than promised, with trailers', [data(4), headers('a: b')]],
];

/** Trailers that are malformed. */
const TRAILERS: readonly (readonly [title: string, field: string])[] = [
  ['a pseudo-header field', ':path: /'],
  ['a connection-specific field', 'connection: close'],
  ['te', 'te: trailers'],
  ['upper case', 'A: b'],
];

describe('a malformed request ends its stream alone', () => {
  /** The codes that the request ended with, and what the program was told. */
  function outcome(...bytes: readonly Uint8Array[]): { codes: number[]; told: string[] } {
    const scene = new Scene({ client: 'hand' });
    const hand = new Hand(scene.client.connection);
    hand.control();
    const stream = hand.complete(...bytes);
    scene.run(() => scene.pair.client.has('stream-reset'), 'the reset');
    const fine = hand.complete(headers(...GET_FIELDS));
    scene.run(() => scene.server.eventsOf('end').some(({ streamId }) => streamId === fine.id), 'another');
    expect(scene.server.connection.closeReason).toBeUndefined();
    const codes = scene.pair.client.eventsOf('stream-reset').map(({ code }) => code);
    const told = scene.server.events.filter((event) => 'streamId' in event && event.streamId === stream.id);
    return { codes, told: told.map(({ type }) => type) };
  }

  test.each(REQUESTS)('%s', (_title, fields, ids) => {
    covers('rfc9114-4.1.2-2', ...ids);
    const section = fields.length === 0 ? frame(0x01, Uint8Array.of(0, 0)) : headers(...fields);
    expect(outcome(section)).toEqual({ codes: [Code.MessageError], told: [] });
  });

  test.each(CONTENTS)('%s', (_title, rest) => {
    covers('rfc9114-4.1.2-2');
    const head = headers(...GET_FIELDS, 'content-length: 5');
    const { codes, told } = outcome(head, ...rest);
    expect(codes).toEqual([Code.MessageError]);
    expect([told[0], told.at(-1)]).toEqual(['request', 'failed']);
  });

  test.each(TRAILERS)('trailers with %s', (_title, field) => {
    covers('rfc9114-4.3-3');
    const { codes, told } = outcome(headers(...GET_FIELDS), headers(field));
    expect(codes).toEqual([Code.MessageError]);
    expect(told).toEqual(['request', 'failed']);
  });

  test('a request that ends before its head', () => {
    expect(outcome()).toEqual({ codes: [Code.RequestIncomplete], told: [] });
    expect(outcome(frame(0x21))).toEqual({ codes: [Code.RequestIncomplete], told: [] });
  });

  test('an integer of more than 62 bits', () => {
    covers('rfc9204-7.4-2');
    const bytes = Uint8Array.of(0, 0, ...Array.from({ length: 11 }, () => 0xff), 1);
    expect(outcome(frame(0x01, bytes))).toEqual({ codes: [0x200], told: [] });
  });
});

describe('requests that look odd and are well-formed', () => {
  test.each([
    ['host alone', [...without(':authority'), 'host: test.example']],
    ['host like :authority', [...GET_FIELDS, 'host: test.example']],
    ...['[2001:db8::1]:443', 'a:65535', 'a_b.example:', 'xn--a.example', 'a%C3%A9'].map(
      (host) => [host, get(`:authority: ${host}`)] as const,
    ),
    ['an asterisk for OPTIONS', get(':method: OPTIONS', ':path: *')],
    ['te: trailers', [...GET_FIELDS, 'te: trailers']],
    [
      'another scheme, without authority',
      get(':scheme: coap', ':path: a').filter((f) => !f.startsWith(':auth')),
    ],
    ['pseudo-header fields in another order', GET_FIELDS.toReversed()],
    ['an empty value', [...GET_FIELDS, 'a: ']],
    ['bytes above ASCII and tabs in a value', [...GET_FIELDS, 'a: \u00e9\t\u00ff']],
    ['the same length twice', [...GET_FIELDS, 'content-length: 0', 'content-length: 0']],
    ['a method of its own', get(':method: m-search')],
  ])('%s', (_title, fields) => {
    const scene = new Scene({ client: 'hand' });
    const hand = new Hand(scene.client.connection);
    hand.control();
    hand.complete(headers(...fields));
    scene.run(() => scene.server.eventsOf('end').length === 1, 'the request');
    expect(scene.server.eventsOf('failed')).toEqual([]);
  });

  test('a length that is told twice is told once', () => {
    const scene = new Scene({ client: 'hand' });
    new Hand(scene.client.connection).complete(
      headers(...GET_FIELDS, 'content-length: 0', 'a: b', 'content-length: 0', 'a: b'),
    );
    scene.run(() => scene.server.eventsOf('request').length === 1, 'the request');
    expect(scene.server.eventsOf('request')[0]!.head.fields).toEqual([
      { name: 'content-length', value: '0' },
      { name: 'a', value: 'b' },
      { name: 'a', value: 'b' },
    ]);
  });

  test('cookies in several lines are one', () => {
    covers('rfc9114-4.2.1-2');
    const scene = new Scene({ client: 'hand' });
    new Hand(scene.client.connection).complete(
      headers(...GET_FIELDS, 'cookie: a=1', 'x: y', 'cookie: b=2', 'cookie: c=3'),
    );
    scene.run(() => scene.server.eventsOf('request').length === 1, 'the request');
    expect(scene.server.eventsOf('request')[0]!.head.fields).toEqual([
      { name: 'cookie', value: 'a=1; b=2; c=3', sensitive: true },
      { name: 'x', value: 'y' },
    ]);
  });
});

describe('a malformed response ends its stream alone', () => {
  /** A client that has asked by this method, and what became of the answer. */
  function outcome(method: string, act: (stream: QuicStream) => void): { codes: number[]; told: string[] } {
    const scene = new Scene({ server: 'hand' });
    scene.client.engine.request(
      { method, scheme: 'https', authority: 'a', path: '/', fields: [] },
      { ends: true },
    );
    scene.run(() => scene.server.connection.stream(0) !== undefined, 'the request');
    act(scene.server.connection.stream(0)!);
    const isOver = (): boolean => scene.client.events.some(({ type }) => type === 'failed' || type === 'end');
    scene.run(isOver, 'the end');
    scene.pass(100_000);
    expect(scene.client.connection.closeReason).toBeUndefined();
    return {
      codes: scene.pair.server.eventsOf('stream-stopped').map(({ code }) => code),
      told: scene.client.events.map(({ type }) => type),
    };
  }

  const answer =
    (...bytes: readonly Uint8Array[]) =>
    (stream: QuicStream): void =>
      void stream.write(concatBytes(...bytes), true);

  test.each([
    ['no :status', ['a: b'], ['rfc9114-4.3.2-1']],
    ['two of :status', [':status: 200', ':status: 200'], ['rfc9114-4.3-4']],
    ['a :status of two digits', [':status: 20'], ['rfc9114-4.3-4']],
    ['a :status with text', [':status: 200 OK'], ['rfc9114-4.3-4']],
    ['101', [':status: 101'], []],
    ['a pseudo-header field of requests', [':status: 200', ':path: /'], ['rfc9114-4.3-2']],
    ['a :status after a field', ['a: b', ':status: 200'], ['rfc9114-4.3-6']],
    ['te', [':status: 200', 'te: trailers'], ['rfc9114-4.2-4']],
    ['transfer-encoding', [':status: 200', 'transfer-encoding: chunked'], ['rfc9114-4.2-3', 'rfc9114-4.1-7']],
    ['upper case', [':status: 200', 'A: b'], ['rfc9114-4.2-2']],
  ] as const)('%s', (_title, fields, ids) => {
    covers('rfc9114-4.1.2-2', 'rfc9114-4.1.2-4', ...ids);
    const { codes, told } = outcome('GET', (stream) => void stream.write(headers(...fields)));
    expect(codes).toEqual([Code.MessageError]);
    expect(told).toEqual(['failed']);
  });

  test.each([
    ['an interim response alone', 'GET', [headers(':status: 103')]],
    ['nothing', 'GET', []],
    ['less content than promised', 'GET', [headers(':status: 200', 'content-length: 5'), data(4)]],
    ['content in answer to HEAD', 'HEAD', [headers(':status: 200'), data(4)]],
    ['content of 204', 'GET', [headers(':status: 204'), data(4)]],
    ['content of 304', 'GET', [headers(':status: 304'), data(4)]],
    ['a second response', 'GET', [headers(':status: 200'), headers(':status: 200')]],
  ] as const)('%s', (_title, method, bytes) => {
    covers('rfc9114-4.1-2', 'rfc9114-4.1.2-4');
    expect(outcome(method, answer(...bytes)).told.at(-1)).toBe('failed');
  });

  test.each([
    ['a length without content in answer to HEAD', 'HEAD', [headers(':status: 200', 'content-length: 5')]],
    ['a length without content of 304', 'GET', [headers(':status: 304', 'content-length: 5')]],
    [
      'interim responses',
      'GET',
      [headers(':status: 100'), headers(':status: 103', 'link: a'), headers(':status: 200'), data(3)],
    ],
    ['empty DATA frames', 'GET', [headers(':status: 200', 'content-length: 3'), data(0), data(3), data(0)]],
  ] as const)('%s is well-formed', (_title, method, bytes) => {
    expect(outcome(method, answer(...bytes)).told.at(-1)).toBe('end');
  });
});
