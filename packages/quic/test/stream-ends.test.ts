import { pipeline } from 'node:stream/promises';
import { type Duplex, PassThrough } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { QuicError, type QuicStream, QuicStreamError } from 'tsquic';
import { createDuplex } from 'tsquic/node';
import { linkOf } from '../src/stream.ts';
import { type ConnectedPair, connectedPair, receive, send, take } from './endpoints.ts';

let pair: ConnectedPair;
beforeAll(async () => {
  pair = await connectedPair();
});
afterAll(() => pair.close());

/** A stream of the client's on which one byte has come, and the server's end of it. */
async function streams(options = {}): Promise<readonly [here: QuicStream, there: QuicStream]> {
  const here = await pair.client.openStream(options);
  const writer = here.writable.getWriter();
  await writer.write(new Uint8Array(1));
  writer.releaseLock();
  return [here, await take(pair.server)];
}

describe('what a peer causes is a QuicError', () => {
  test('close of a stream that the peer has stopped', async () => {
    const [here, there] = await streams();
    const writer = here.writable.getWriter();
    await there.readable.cancel(6);
    await expect(writer.closed).rejects.toBeInstanceOf(QuicStreamError);
    // The standard has a TypeError for this.
    await expect(writer.close()).rejects.toMatchObject({ code: 'ERR_QUIC_STREAM_STOPPED', errorCode: 6 });
    await expect(writer.write(new Uint8Array(1))).rejects.toMatchObject({ errorCode: 6 });
    writer.releaseLock();
    await expect(here.writable.close()).rejects.toMatchObject({ errorCode: 6 });
    here.destroy();
    there.destroy();
  });

  test('to write to a stream that only receives', async () => {
    const [here, there] = await streams({ unidirectional: true });
    const notWritable = { name: 'QuicError', code: 'ERR_QUIC_NOT_WRITABLE' };
    await expect(there.writable.close()).rejects.toMatchObject(notWritable);
    await expect(there.readable.pipeTo(there.writable)).rejects.toMatchObject(notWritable);
    here.destroy();
  });

  test('to pipe such a stream as a Duplex', async () => {
    const [here, there] = await streams({ unidirectional: true });
    const duplex = createDuplex(there);
    await expect(pipeline(duplex, new PassThrough(), duplex)).rejects.toBeInstanceOf(QuicError);
    here.destroy();
  });
});

describe('a Duplex without listeners', () => {
  test('is destroyed by a reset, and throws nothing', async () => {
    const [here, there] = await streams();
    const duplex = createDuplex(there);
    duplex.resume();
    await here.writable.abort(5);
    await new Promise((resolve) => duplex.once('close', resolve));
    expect(duplex.errored).toMatchObject({ code: 'ERR_QUIC_STREAM_RESET', errorCode: 5 });
    here.destroy();
  });

  test('its own errors are thrown as ever', async () => {
    const [here, there] = await streams();
    const duplex = createDuplex(here);
    const failed = new Promise((resolve) => duplex.once('error', resolve));
    duplex.destroy(new Error('a bug'));
    expect(await failed).toEqual(new Error('a bug'));
    expect(() => duplex.emit('error', new Error('nobody listens'))).toThrow('nobody listens');
    expect(duplex.emit('error', new QuicStreamError(1))).toBe(false);
    there.destroy();
  });
});

describe('a Duplex whose peer gives up all but the beginning', () => {
  /** A Duplex that nobody has read of, on which the first 40000 of 50000 bytes are to arrive. */
  async function partial(): Promise<readonly [here: QuicStream, duplex: Duplex]> {
    const [here, there] = await streams();
    const writer = here.writable.getWriter();
    await writer.write(new Uint8Array(49_999));
    const duplex = createDuplex(there);
    // It takes bytes out of the core, up to its high-water mark.
    duplex.read(0);
    here.resetAt(40_000, new QuicStreamError(5));
    return [here, duplex];
  }
  const reset = { code: 'ERR_QUIC_STREAM_RESET', errorCode: 5 };

  test.each([
    [
      'by data events',
      (duplex: Duplex, take: (chunk: Uint8Array) => void) => {
        duplex.on('data', take);
        return new Promise((_resolve, reject) => duplex.once('error', reject));
      },
    ],
    [
      'by an iteration',
      async (duplex: Duplex, take: (chunk: Uint8Array) => void) => {
        for await (const chunk of duplex) take(chunk as Uint8Array);
      },
    ],
    [
      'by a pipeline',
      (duplex: Duplex, take: (chunk: Uint8Array) => void) =>
        pipeline(duplex, async (source: AsyncIterable<Uint8Array>) => {
          for await (const chunk of source) take(chunk);
        }),
    ],
    [
      'when bytes are there',
      (duplex: Duplex, take: (chunk: Uint8Array) => void) => {
        duplex.on('readable', () => {
          for (let chunk = duplex.read(100); chunk !== null; chunk = duplex.read(100))
            take(chunk as Uint8Array);
        });
        return new Promise((_resolve, reject) => duplex.once('error', reject));
      },
    ],
  ])('gives that before the error, %s', async (_how, read) => {
    const [here, duplex] = await partial();
    let bytes = 0;
    await expect(read(duplex, ({ length }) => (bytes += length))).rejects.toMatchObject(reset);
    expect(bytes).toBeGreaterThanOrEqual(40_000);
    expect(duplex.destroyed).toBe(true);
    here.destroy();
  });

  test('holds it until somebody reads', async () => {
    const [here, there] = await streams();
    const writer = here.writable.getWriter();
    await writer.write(new Uint8Array(999));
    const duplex = createDuplex(there);
    duplex.read(0);
    while (duplex.readableLength < 1000) await pause();
    here.resetAt(1000, new QuicStreamError(5));
    while (linkOf(there).receiving?.failure === undefined) await pause();
    expect([duplex.destroyed, duplex.readableLength]).toEqual([false, 1000]);
    const failed = new Promise((resolve) => duplex.once('error', resolve));
    expect(duplex.read()).toHaveLength(1000);
    expect(duplex.destroyed).toBe(false);
    expect(await failed).toMatchObject(reset);
    here.destroy();
  });
});

describe('closed of a stream', () => {
  test('resolves when both directions are over, on both sides', async () => {
    const [here, there] = await streams();
    const closed = [here.closed, there.closed];
    await send(here.writable, '23');
    await receive(there.readable);
    await send(there.writable, 'answer');
    await receive(here.readable);
    await expect(Promise.all(closed)).resolves.toEqual([undefined, undefined]);
    expect(here.closed).toBe(closed[0]);
  });

  test('of one way, when that one is over', async () => {
    const [here, there] = await streams({ unidirectional: true });
    await send(here.writable, '23');
    await receive(there.readable);
    await Promise.all([here.closed, there.closed]);
    await expect(there.closed).resolves.toBeUndefined();
  });

  test('a reader that has enough is no failure', async () => {
    const [here, there] = await streams({ unidirectional: true });
    await there.readable.cancel(3);
    await expect(there.closed).resolves.toBeUndefined();
    await expect(here.closed).rejects.toMatchObject({ code: 'ERR_QUIC_STREAM_STOPPED', errorCode: 3 });
  });

  test('rejects with what this side, or the peer, gave up for', async () => {
    const [here, there] = await streams();
    there.destroy(new QuicStreamError(9));
    await expect(there.closed).rejects.toMatchObject({ errorCode: 9 });
    await expect(here.readable.getReader().read()).rejects.toMatchObject({ errorCode: 9 });
    await expect(here.closed).rejects.toMatchObject({ errorCode: 9 });
  });

  test('rejects with the end of the connection', async () => {
    const other = await connectedPair();
    const stream = await other.client.openStream();
    const { closed } = stream;
    await other.server.close({ code: 4 });
    await expect(closed).rejects.toMatchObject({ code: 'ERR_QUIC_APPLICATION', errorCode: 4 });
    await expect(stream.closed).rejects.toMatchObject({ errorCode: 4 });
    await other.close();
  });
});

test('what is no bytes ends the stream for the peer, too', async () => {
  const [here, there] = await streams();
  const writer = here.writable.getWriter();
  await expect(writer.write('text' as unknown as Uint8Array)).rejects.toThrow(TypeError);
  await expect(receive(there.readable)).rejects.toMatchObject({ code: 'ERR_QUIC_STREAM_RESET' });
  await expect(writer.close()).rejects.toThrow(TypeError);
  there.destroy();
  here.destroy();
});
