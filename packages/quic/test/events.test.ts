import { inspect } from 'node:util';
import { expect, jest, test } from '@jest/globals';
import {
  type ConnectionHandlers,
  type StreamHandlers,
  takeEvents,
  type TakenConnection,
} from 'tsquic/events';
import type { QuicConnection } from 'tsquic';
import { connectedPair, pause, receive, send, serve, dial, take } from './endpoints.ts';

type Handle = TakenConnection['handle'];
type Stream = NonNullable<ReturnType<Handle['stream']>>;

/** Sends everything back, through `setSource` where it can. */
class Echo implements StreamHandlers {
  private readonly stream: Stream;
  private readonly bytes = new Uint8Array(1000);

  constructor(stream: Stream) {
    this.stream = stream;
  }

  onReadable(): void {
    const count = this.stream.read(this.bytes);
    this.stream.write(this.bytes.subarray(0, count), this.stream.finished);
  }
}

/** Resolves once `isTrue()`, looked at again and again. */
async function until(isTrue: () => boolean): Promise<void> {
  for (let looks = 0; !isTrue(); looks++) {
    if (looks === 10_000) throw new Error('it does not come true');
    await pause(1);
  }
}

test('a connection is served by events, and asks by them', async () => {
  const listener = await serve((connection) => {
    takeEvents(connection, () => ({ onStream: (stream) => new Echo(stream) }));
  });
  const client = await dial(listener);
  const answer: number[] = [];
  const { ended } = takeEvents(client, (taken) => {
    const stream = taken.handle.openStream()!;
    let left = 500;
    stream.setSource((room) => {
      const bytes = Math.min(left, room.length);
      room.fill(7, 0, bytes);
      left -= bytes;
      return { bytes, fin: left === 0 };
    });
    const into = new Uint8Array(1000);
    const handlers: ConnectionHandlers & { ended: string } = {
      ended: '',
      onClosed: ({ kind }) => void (handlers.ended = kind),
    };
    taken.followStream(stream, {
      onReadable: () => {
        answer.push(...into.subarray(0, stream.read(into)));
        if (stream.finished) void client.finish();
      },
    });
    taken.wake();
    return handlers;
  });
  expect(ended).toBe('');
  await client.closed;
  expect(answer).toEqual(Array.from({ length: 500 }, () => 7));
  await listener.close();
});

test('streams that wait go to the handlers, those that were taken stay web streams', async () => {
  const { client, server, close } = await connectedPair();
  const first = await client.openStream();
  const sent = send(first.writable, 'first');
  const taken = await take(server);
  const others = await Promise.all(Array.from({ length: 3 }, () => client.openStream()));
  const answers = others.map(({ writable, readable }, index) => {
    void send(writable, `${index}`);
    return receive(readable);
  });
  // All have come.
  await until(() => server.statistics().bytesReceived > 0 && streamsOf(server) === 4);
  const ids: number[] = [];
  takeEvents(server, () => ({
    onStream: (stream) => {
      ids.push(stream.id);
      return new Echo(stream);
    },
  }));
  expect(ids).toEqual(others.map(({ id }) => id));
  expect(await Promise.all(answers)).toEqual(['0', '1', '2']);
  await taken.readable.pipeTo(taken.writable);
  await sent;
  expect(await receive(first.readable)).toBe('first');
  await close();
});

test('the end is told once to connection and streams, also to handlers that come after it', async () => {
  const { client, server, close } = await connectedPair();
  const told: string[] = [];
  takeEvents(server, () => ({
    onStream: () => ({ onClosed: ({ kind }) => void told.push(`stream ${kind}`) }),
    onClosed: ({ kind }) => void told.push(kind),
  }));
  const stream = await client.openStream();
  await stream.writable.getWriter().write(new Uint8Array(1));
  await until(() => streamsOf(server) === 1);
  await client.close({ code: 3 });
  expect(await server.closed).toEqual({ code: 3, reason: '', remote: true });
  expect(told).toEqual(['application', 'stream application']);
  takeEvents(server, () => ({ onClosed: ({ kind }) => void told.push(`late ${kind}`) }));
  expect(told.slice(2)).toEqual(['late application']);
  await close();
});

test('a handler that throws is a warning, and everything else goes on', async () => {
  const { client, server, close } = await connectedPair();
  takeEvents(server, () => ({
    onStream: (stream) => {
      const echo = new Echo(stream);
      if (stream.id !== 0) return echo;
      throw new Error('mine');
    },
  }));
  const warn = jest.spyOn(process, 'emitWarning').mockImplementation(() => {});
  const [bad, good] = [await client.openStream(), await client.openStream()];
  const refused = send(bad.writable, 'x').catch((error: unknown) => error);
  const sent = send(good.writable, 'good');
  expect(await receive(good.readable)).toBe('good');
  await sent;
  expect(warn.mock.calls).toEqual([
    ['an event handler failed: mine', expect.objectContaining({ type: 'QuicProgramFault' })],
  ]);
  warn.mockRestore();
  // The stream that nobody follows is given up by this side, so that its peer does not wait.
  await expect(receive(bad.readable)).rejects.toMatchObject({ code: 'ERR_QUIC_STREAM_RESET' });
  await refused;
  await close();
});

function streamsOf(connection: QuicConnection): number {
  return Number(/streams: (\d+)/.exec(inspect(connection))?.[1]);
}
