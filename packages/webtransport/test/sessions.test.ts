import { describe, expect, test } from '@jest/globals';
import { Http3Code } from '@tsquic/http3';
import { decodeApplicationCode, encodeApplicationCode, WebTransportCode } from '@tsquic/webtransport/session';
import { Scene } from './scene.ts';

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('a session', () => {
  test('is established, with streams of every kind both ways', () => {
    const scene = new Scene();
    const { client, server } = scene.open();
    expect(scene.requests[0]!.head).toMatchObject({
      protocol: 'webtransport-h3',
      scheme: 'https',
      path: '/',
    });
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const)
      for (const unidirectional of [true, false]) {
        const count = to.streams.length;
        const sent = scene.send(from, unidirectional, 'hello');
        scene.run(() => to.streams[count]?.told[0] === 'end', 'the stream');
        const received = to.streams[count]!;
        expect(received.text).toBe('hello');
        expect(received.stream).toMatchObject({
          unidirectional,
          isLocal: false,
          isWritable: !unidirectional,
        });
        if (!unidirectional) {
          received.stream!.write(bytesOf('back'), true);
          scene.run(() => sent.told.includes('end'), 'the answer');
          expect(sent.text).toBe('back');
        }
        scene.run(() => sent.told.includes('delivered'), 'the delivery');
      }
    scene.run(
      () => client.session!.streamCount + server.session!.streamCount === 0,
      'the end of the streams',
    );
  });

  test('carries datagrams both ways', () => {
    const scene = new Scene();
    const { client, server } = scene.open();
    expect(client.session!.sendDatagram(bytesOf('one'))).toBe(true);
    expect(server.session!.sendDatagram(bytesOf('two'))).toBe(true);
    scene.run(() => client.datagrams.length + server.datagrams.length === 2);
    expect([server.datagrams[0], client.datagrams[0]]).toEqual(['one', 'two'].map(bytesOf));
    const largest = client.session!.maxDatagramBytes;
    expect(largest).toBeGreaterThan(1000);
    expect(client.session!.sendDatagram(new Uint8Array(largest + 1))).toBe(false);
    expect(client.session!.sendDatagram(new Uint8Array(largest))).toBe(true);
    scene.run(() => server.datagrams.length === 2);
  });

  test.each(['client', 'server'] as const)('is closed by the %s with code and text', (side) => {
    const scene = new Scene();
    const both = scene.open();
    const other = side === 'client' ? both.server : both.client;
    const open = [scene.send(both.client, false, 'a', false), scene.send(both.server, true, 'b', false)];
    scene.run(() => both.server.streams.length + both.client.streams.length === 2);
    both[side].session!.close({ code: 7, reason: 'bye' });
    scene.run(() => both.client.told.includes('finished') && both.server.told.includes('finished'));
    expect(both[side].ends).toEqual([{ kind: 'closed', code: 7, reason: 'bye', remote: false }]);
    expect(other.ends).toEqual([{ kind: 'closed', code: 7, reason: 'bye', remote: true }]);
    for (const stream of [...open, ...both.client.streams, ...both.server.streams])
      expect(stream.told.at(-1)).toBe('gone closed');
    expect(other.session!.openStream(false, {})).toBeUndefined();
    expect(other.session!.sendDatagram(bytesOf('x'))).toBe(false);
    expect([scene.client.sessions.size, scene.server.sessions.size]).toEqual([0, 0]);
  });

  test('streams of one that is over end with WT_SESSION_GONE', () => {
    const scene = new Scene();
    const { client, server } = scene.open();
    const sent = scene.send(client, false, 'a', false);
    scene.run(() => server.streams.length === 1);
    server.session!.close({ code: 0, reason: '' });
    scene.run(() => scene.pair.client.has('stream-stopped'));
    expect(scene.pair.client.eventsOf('stream-stopped')[0]!.code).toBe(WebTransportCode.SessionGone);
    expect(sent.told).toContain('stopped undefined');
  });

  test('a text is cut between two characters', () => {
    const scene = new Scene();
    const { client, server } = scene.open();
    client.session!.close({ code: 1, reason: 'ä'.repeat(600) });
    scene.run(() => server.ends.length === 1);
    expect(server.ends[0]).toEqual({ kind: 'closed', code: 1, reason: 'ä'.repeat(512), remote: true });
  });

  test('is asked to come to its end by capsule and by GOAWAY, and goes on', () => {
    const scene = new Scene();
    const { client, server } = scene.open();
    server.session!.drain();
    scene.run(() => client.told.includes('draining'));
    scene.serverEngine.goAway(false);
    scene.pass(100_000);
    expect(client.told.filter((one) => one === 'draining')).toHaveLength(1);
    scene.send(client, true, 'still');
    scene.run(() => server.streams[0]?.text === 'still');
  });

  test('codes of streams arrive unchanged, also beyond reset headers', () => {
    const scene = new Scene();
    const { client, server } = scene.open();
    const sent = scene.send(client, true, 'x'.repeat(5000), false);
    sent.stream!.reset(42);
    scene.run(() => server.streams[0]?.told[0] === 'reset 42', 'the reset');
    const other = scene.send(client, false, 'x', false);
    scene.run(() => server.streams.length === 2);
    server.streams[1]!.stream!.stopSending(43);
    scene.run(() => other.told.includes('stopped 43'), 'STOP_SENDING');
    expect(scene.pair.client.eventsOf('stream-stopped')[0]!.code).toBe(0x52e4a40fa907);
  });

  test('a reset without a code of an application has none', () => {
    const scene = new Scene();
    const { client, server } = scene.open();
    const sent = scene.send(client, true, 'x', false);
    scene.run(() => server.streams.length === 1);
    scene.clientConnection.stream(sent.stream!.id)!.reset(0x1234);
    scene.run(() => server.streams[0]!.told.length > 0);
    expect(server.streams[0]!.told).toEqual(['reset undefined']);
  });

  test('ends with the connection', () => {
    const scene = new Scene();
    const { client, server } = scene.open();
    scene.serverConnection.close(Http3Code.NoError);
    scene.run(() => client.ends.length + server.ends.length === 2);
    expect(client.ends[0]).toMatchObject({
      kind: 'disconnected',
      reason: { kind: 'application', remote: true },
    });
  });

  test('a refusal is told with its status', () => {
    const scene = new Scene({ onRequest: (request) => request.reject(403) });
    const client = scene.ask();
    scene.run(() => client.ends.length === 1);
    expect(client.ends[0]).toMatchObject({ kind: 'rejected', head: { status: 403 } });
    expect([scene.client.sessions.size, scene.server.sessions.size]).toEqual([0, 0]);
  });

  test('one that the client gives up is over for the server, whatever it answers then', () => {
    const scene = new Scene({ onRequest: () => {} });
    const client = scene.ask();
    scene.run(() => scene.requests.length === 1);
    client.session!.close({ code: 0, reason: '' });
    scene.run(() => scene.requests[0]!.isOver);
    scene.accept(scene.requests[0]!);
    scene.requests[0]!.reject(404);
    scene.pass(100_000);
    expect(scene.clientConnection.closeReason).toBeUndefined();
    expect(scene.server.sessions.size).toBe(0);
  });
});

describe('several sessions of one connection', () => {
  test('have streams and datagrams of their own', () => {
    const scene = new Scene();
    const one = scene.open({ path: '/1' });
    const two = scene.open({ path: '/2' });
    expect([one.client.session!.id, two.client.session!.id]).toEqual([0, 4]);
    scene.send(two.client, true, 'two');
    scene.send(one.client, true, 'one');
    two.server.session!.sendDatagram(bytesOf('d2'));
    scene.run(
      () => one.server.streams.length + two.server.streams.length + two.client.datagrams.length === 3,
    );
    expect([one.server.streams[0]!.text, two.server.streams[0]!.text]).toEqual(['one', 'two']);
    one.client.session!.close({ code: 0, reason: '' });
    scene.run(() => one.server.ends.length === 1);
    scene.send(two.client, true, 'more');
    scene.run(() => two.server.streams[1]?.text === 'more');
    expect(one.client.datagrams).toEqual([]);
  });

  test('are as many as the server takes', () => {
    const scene = new Scene({ server: { maxSessions: 2 } });
    scene.open();
    scene.open();
    const third = scene.ask();
    scene.run(() => third.ends.length === 1);
    expect(third.ends[0]).toMatchObject({ kind: 'failed', code: Http3Code.RequestRejected, remote: true });
  });

  test('are one where flow control is off', () => {
    const scene = new Scene({ client: { dialects: ['02'] } });
    scene.open();
    expect(scene.client.connect({ authority: 'a', path: '/' })).toBe('too-many');
  });
});

describe('the protocol', () => {
  test.each([
    [['one', 'two'], 'two', 'two'],
    [['one'], 'three', undefined],
    [[], 'one', undefined],
  ])('of %j the server names %s', (protocols, chosen, expected) => {
    const scene = new Scene({ onRequest: (request, { accept }) => void accept.call(scene, request, chosen) });
    const { client } = scene.open({ protocols });
    expect(scene.requests[0]!.protocols).toEqual(protocols);
    expect(scene.requests[0]!.session.protocol).toBe(expected);
    expect(client.session!.protocol).toBe(expected);
  });
});

test('codes are mapped both ways as the draft does it', () => {
  const pairs = [
    [0, 0x52e4a40fa8db],
    [42, 0x52e4a40fa906],
    [43, 0x52e4a40fa907],
    [0x1d, 0x52e4a40fa8f8],
    [0x1e, 0x52e4a40fa8fa],
    [0xffff_ffff, 0x52e5ac983162],
  ] as const;
  for (const [code, mapped] of pairs) {
    expect(encodeApplicationCode(code)).toBe(mapped);
    expect(decodeApplicationCode(mapped)).toBe(code);
  }
  for (const unmapped of [
    0,
    0x1234,
    0x52e4a40fa8da,
    0x52e4a40fa8f9,
    0x52e5ac983163,
    WebTransportCode.SessionGone,
  ])
    expect(decodeApplicationCode(unmapped)).toBeUndefined();
  for (let code = 0; code < 2000; code++)
    expect(decodeApplicationCode(encodeApplicationCode(code))).toBe(code);
});
