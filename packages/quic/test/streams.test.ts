import { finished, pipeline } from 'node:stream/promises';
import { Readable, Writable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { QuicStreamError } from 'tsquic';
import { createDuplex } from 'tsquic/node';
import { type ConnectedPair, connectedPair, receive, send, take, Zeros } from './endpoints.ts';

let pair: ConnectedPair;
beforeAll(async () => {
  pair = await connectedPair({}, { transport: { maxBidirectionalStreams: 3, maxUnidirectionalStreams: 3 } });
});
afterAll(() => pair.close());

describe('streams', () => {
  test('carry bytes both ways', async () => {
    const stream = await pair.client.openStream();
    expect(stream).toMatchObject({ unidirectional: false, local: true });
    const sent = send(stream.writable, 'question');
    const other = await take(pair.server);
    expect(other).toMatchObject({ id: stream.id, local: false });
    expect(await receive(other.readable)).toBe('question');
    await send(other.writable, 'answer');
    expect(await receive(stream.readable)).toBe('answer');
    await sent;
  });

  test.each(['client', 'server'] as const)('of one way, opened by the %s', async (side) => {
    const other = side === 'client' ? pair.server : pair.client;
    const stream = await pair[side].openStream({ unidirectional: true });
    const sent = send(stream.writable, 'one way');
    const incoming = await take(other);
    expect(incoming.unidirectional).toBe(true);
    expect(await receive(incoming.readable)).toBe('one way');
    await sent;
    expect(await receive(stream.readable)).toBe('');
    await expect(send(incoming.writable, 'no')).rejects.toThrow('only receives');
  });

  test('carry megabytes, through a reader with its own buffer', async () => {
    const stream = await pair.client.openStream({ unidirectional: true });
    const total = 3_000_001;
    const sent = new Zeros(total).readable.pipeTo(stream.writable);
    const reader = (await take(pair.server)).readable.getReader({ mode: 'byob' });
    let count = 0;
    for (let view = new Uint8Array(10_000); ;) {
      const { value, done } = await reader.read(view);
      if (done) break;
      count += value.length;
      view = new Uint8Array(value.buffer as ArrayBuffer, 0);
    }
    expect(count).toBe(total);
    await sent;
  });

  test('an empty one ends', async () => {
    const stream = await pair.client.openStream();
    const closed = stream.writable.close();
    const other = await take(pair.server);
    expect(await receive(other.readable)).toBe('');
    await other.writable.close();
    expect(await receive(stream.readable)).toBe('');
    await closed;
  });

  test('close resolves only when the peer has everything', async () => {
    const stream = await pair.client.openStream({ unidirectional: true });
    await send(stream.writable, 'all of it');
    // Without a turn of the event loop: it is there already.
    expect(await receive((await take(pair.server)).readable)).toBe('all of it');
  });

  test('abort tells the reader the code, and cancel the writer', async () => {
    const stream = await pair.client.openStream();
    const writer = stream.writable.getWriter();
    await writer.write(new Uint8Array(10));
    const other = await take(pair.server);
    const reader = other.readable.getReader();
    await reader.read();
    await writer.abort(new QuicStreamError(17));
    await expect(reader.read()).rejects.toMatchObject({ code: 'ERR_QUIC_STREAM_RESET', errorCode: 17 });

    const otherWriter = other.writable.getWriter();
    await otherWriter.write(new Uint8Array(10));
    await stream.readable.cancel(18);
    await expect(otherWriter.closed).rejects.toMatchObject({
      code: 'ERR_QUIC_STREAM_STOPPED',
      errorCode: 18,
    });
  });

  test('destroy gives up both ways, under locks too', async () => {
    const stream = await pair.client.openStream();
    const writer = stream.writable.getWriter();
    const reading = stream.readable.getReader().read();
    await writer.write(new Uint8Array(1));
    const other = await take(pair.server);
    const reason = new Error('enough');
    stream.destroy(reason);
    await expect(reading).rejects.toBe(reason);
    await expect(writer.closed).rejects.toBe(reason);
    await expect(receive(other.readable)).rejects.toMatchObject({ errorCode: 0 });
    other.destroy();
  });

  test('text instead of bytes is refused', async () => {
    const stream = await pair.client.openStream();
    const writer = stream.writable.getWriter();
    await expect(writer.write('text' as unknown as Uint8Array)).rejects.toThrow('Uint8Array');
    stream.destroy();
    // The server hears of it, and the next test is not to take it for its own.
    (await take(pair.server)).destroy();
  });
});

describe('openStream', () => {
  test('waits for the limit of the peer, in order, or does not', async () => {
    const limited = await connectedPair({}, { transport: { maxBidirectionalStreams: 1 } });
    const { client, server } = limited;
    const first = await client.openStream();
    await expect(client.openStream({ waitUntilAvailable: false })).rejects.toMatchObject({
      code: 'ERR_QUIC_STREAMS_UNAVAILABLE',
    });
    const abort = new AbortController();
    const given = client.openStream({ signal: abort.signal });
    const second = client.openStream();
    abort.abort(new Error('no longer'));
    await expect(given).rejects.toThrow('no longer');
    const done = send(first.writable, 'x');
    const other = await take(server);
    await receive(other.readable);
    await other.writable.close();
    await receive(first.readable);
    await done;
    expect((await second).id).toBe(4);
    await limited.close();
    await expect(client.openStream()).rejects.toMatchObject({ code: 'ERR_QUIC_APPLICATION' });
  });

  test('with a signal: aborting it ends the stream, both ways', async () => {
    const abort = new AbortController();
    const stream = await pair.client.openStream({ signal: abort.signal });
    const writer = stream.writable.getWriter();
    await writer.write(new Uint8Array(5));
    const reading = stream.readable.getReader().read();
    const other = await take(pair.server);
    const reason = new Error('aborted');
    abort.abort(reason);
    await expect(reading).rejects.toBe(reason);
    await expect(writer.write(new Uint8Array(1))).rejects.toBe(reason);
    await expect(receive(other.readable)).rejects.toBeInstanceOf(QuicStreamError);
    other.destroy();
  });
});

describe('createDuplex', () => {
  test('works in pipelines', async () => {
    const stream = createDuplex(await pair.client.openStream());
    const echo = take(pair.server).then((other) => {
      const duplex = createDuplex(other);
      return pipeline(duplex, duplex);
    });
    const total = 2_000_000;
    let count = 0;
    const sink = new Writable({
      write(chunk: Uint8Array, _encoding, done) {
        count += chunk.length;
        done();
      },
    });
    await pipeline(Readable.from(chunks(total)), stream, sink);
    await echo;
    expect(count).toBe(total);
  });

  test('of one way: the missing side has ended', async () => {
    const out = createDuplex(await pair.client.openStream({ unidirectional: true }));
    out.end('bytes');
    const incoming = createDuplex(await take(pair.server));
    let text = '';
    for await (const chunk of incoming) text += String(chunk);
    expect(text).toBe('bytes');
    out.resume();
    await finished(out);
  });

  test('destroy carries a code, and a reset destroys', async () => {
    const stream = createDuplex(await pair.client.openStream());
    stream.on('error', () => {});
    stream.write('x');
    const other = createDuplex(await take(pair.server));
    const failed = new Promise((resolve) => other.once('error', resolve));
    other.resume();
    stream.destroy(new QuicStreamError(5));
    expect(await failed).toMatchObject({ errorCode: 5 });
  });
});

function* chunks(total: number): Generator<Buffer> {
  for (let left = total; left > 0; left -= 50_000) yield Buffer.alloc(Math.min(left, 50_000));
}
