import { createReadStream } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { basename, join, normalize } from 'node:path';
import { Readable } from 'node:stream';
import type { QuicConnection, QuicStream } from 'tsquic';

/** Fetches files by HTTP/0.9, each on a stream of its own, and writes them to `directory` by the last part of their path. */
export async function fetchFiles(
  connection: QuicConnection,
  urls: readonly URL[],
  directory: string,
): Promise<void> {
  const waiting = [...urls];
  const takeTurns = async (): Promise<void> => {
    for (let url = waiting.shift(); url !== undefined; url = waiting.shift())
      await fetchFile(connection, url, directory);
  };
  await Promise.all(Array.from({ length: MAX_AT_ONCE }, takeTurns));
}

/** Each has an open file: fewer than systems allow, and enough to keep a path full. */
const MAX_AT_ONCE = 200;

async function fetchFile(connection: QuicConnection, { pathname }: URL, directory: string): Promise<void> {
  const { readable, writable } = await connection.openStream();
  const writer = writable.getWriter();
  await writer.write(new TextEncoder().encode(`GET ${pathname}\r\n`));
  // The answer tells whether the request has arrived.
  writer.close().catch(() => undefined);
  await writeFile(join(directory, basename(pathname)), readable);
}

/** Answers one request with a file below `root`, or by a reset. Rejects with the reason of the reset. */
export async function answerRequest({ readable, writable }: QuicStream, root: string): Promise<void> {
  try {
    const [, path = ''] = /^GET (\/\S*)/.exec(await readRequest(readable)) ?? [];
    // A path that begins at the root does not lead above it.
    const file = createReadStream(join(root, normalize(decodeURI(path))));
    await Readable.toWeb(file).pipeTo(writable);
  } catch (error) {
    // A path may have bytes that no file has: the client is told, as of a file that is missing.
    await writable.abort().catch(() => undefined);
    throw error;
  }
}

async function readRequest(readable: ReadableStream<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  let [request, bytes] = ['', 0];
  for await (const chunk of readable) {
    bytes += chunk.length;
    if (bytes > MAX_REQUEST_BYTES) throw new Error('the request is too long');
    request += decoder.decode(chunk, { stream: true });
  }
  return request;
}

/** More than any request of this protocol needs: one line, which ends with the stream. */
const MAX_REQUEST_BYTES = 8192;
