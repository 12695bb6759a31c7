import { afterEach, expect, test } from '@jest/globals';
import { type QuicStream, QuicStreamError } from 'tsquic';
import { type ConnectedPair, connectedPair, pause, take } from './endpoints.ts';

const CODE = 17;
/** More than all that the two ends hold for a reader that does not read. */
const MUCH = new Uint8Array(16_000_000);
/** More than the peer's window, and no more than that and the buffer of this end. */
const SOME = new Uint8Array(300_000);

let pair: ConnectedPair | undefined;
afterEach(async () => pair?.close());

/** Ways to give up while the peer lets nothing move on. */
const WAYS: Readonly<Record<string, (stream: QuicStream) => Promise<unknown>>> = {
  'a writer, while its write waits': async (stream) => {
    const writer = stream.writable.getWriter();
    const written = writer.write(MUCH);
    await until(() => stream.bytesWritten > 0);
    void writer.abort(new QuicStreamError(CODE));
    await written;
  },
  'a writer, while its close waits for what was written': async ({ writable }) => {
    const writer = writable.getWriter();
    await writer.write(SOME);
    const closed = writer.close();
    await pause(10);
    void writer.abort(new QuicStreamError(CODE));
    await closed;
  },
};

test.each(Object.keys(WAYS))('%s resets the stream at once', async (name) => {
  pair = await connectedPair();
  const stream = await pair.client.openStream();
  const given = WAYS[name]!(stream).then(
    () => 'it went on',
    (error: unknown) => error,
  );
  expect(await given).toMatchObject({ errorCode: CODE });
  const reader = (await take(pair.server)).readable.getReader();
  const read = async (): Promise<void> => {
    while (!(await reader.read()).done);
  };
  await expect(read()).rejects.toMatchObject({ errorCode: CODE });
});

async function until(happened: () => boolean): Promise<void> {
  while (!happened()) await pause(1);
}
