import { expect, test } from '@jest/globals';
import type { Http3Tracer } from '@tsquic/http3';
import { data, frame, GET_FIELDS, Hand, headers, identifier } from './hand.ts';
import { Scene } from './scene.ts';

test('a tracer hears of streams by their types and of frames that mean nothing, as they are read', () => {
  const heard: string[] = [];
  const tracer: Http3Tracer = {
    onStreamType: (streamId, isLocal, type) => heard.push(`stream ${streamId} ${isLocal} ${type}`),
    onFrameParsed: (streamId, { type, length }) => heard.push(`${streamId} ${type} ${length}`),
    onSettings: (isLocal, { size }) => heard.push(`settings ${isLocal} ${size > 0}`),
  };
  const scene = new Scene({ client: 'hand', server: { tracer } });
  const hand = new Hand(scene.client.connection);
  hand.control(frame(0x21, new Uint8Array(9)), identifier(0x0d, 4));
  hand.uni(0x54, Uint8Array.of(1));
  const head = headers(...GET_FIELDS);
  hand.complete(frame(0x21), head, data(3));
  scene.run(() => scene.server.eventsOf('content').length === 1, 'the content');
  scene.pass(100_000);
  expect(heard).toEqual([
    'settings true true',
    'stream 3 true 0',
    'stream 2 false 0',
    '2 settings 0',
    'settings false false',
    '2 unknown 9',
    '2 max_push_id 1',
    'stream 6 false 84',
    'stream 0 false -1',
    '0 unknown 0',
    `0 headers ${head.length - 2}`,
    '0 data 3',
  ]);
});

test('fields that cannot be decoded are told as unknown', () => {
  const fields: unknown[] = [];
  const tracer: Http3Tracer = {
    onFrameParsed: (_streamId, record) => record.type === 'headers' && fields.push(record.fields),
  };
  const scene = new Scene({ client: 'hand', server: { tracer } });
  new Hand(scene.client.connection).bidi(headers(...GET_FIELDS, `a: ${'\u00ff'.repeat(9000)}`));
  scene.run(() => scene.pair.client.has('stream-readable'), 'the answer');
  expect(fields).toEqual([undefined]);
});
