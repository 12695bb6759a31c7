import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { expect, test } from '@jest/globals';
import { createDuplex } from 'tsquic/node';
import { connectedPair } from './endpoints.ts';

/** Where `Writable.fromWeb` of Node 20 and 22 ends the program: many writes wait when the stream is given up. */
test.each(['by its signal', 'by the peer', 'by the end of the connection'])(
  'a pipeline into a duplex that is aborted %s rejects, and nothing else happens',
  async (how) => {
    const pair = await connectedPair();
    const stream = await pair.client.openStream();
    const duplex = createDuplex(stream);
    const abort = new AbortController();
    async function* flood(): AsyncGenerator<Uint8Array> {
      for (;;) yield await Promise.resolve(new Uint8Array(100_000));
    }
    const ended = pipeline(Readable.from(flood(), { highWaterMark: 64 }), duplex, {
      signal: abort.signal,
    }).then(
      () => 'nothing',
      (error: Error) => error.name,
    );
    for (let count = 0; count < 40; count++) duplex.write(new Uint8Array(100_000));
    const { value: theirs } = await pair.server[Symbol.asyncIterator]().next();
    if (how === 'by its signal') abort.abort();
    else if (how === 'by the peer') theirs?.destroy();
    else await pair.server.close({ code: 9 });
    expect(await ended).not.toBe('nothing');
    await pair.close();
  },
);
