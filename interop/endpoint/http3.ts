import { createReadStream } from 'node:fs';
import { stat, writeFile } from 'node:fs/promises';
import { basename, join, normalize } from 'node:path';
import { Readable } from 'node:stream';
import type { ConnectOptions, ListenOptions } from 'tsquic';
import { fetch, Http3Agent, type Http3Server, serve } from 'tsquic/http3';

/** Fetches files over HTTP/3 on one connection, and writes them to `directory` by the last part of their path. */
export async function fetchOverHttp3(
  options: ConnectOptions,
  urls: readonly URL[],
  directory: string,
): Promise<void> {
  const { ALPNProtocols: _, host: __, port: ___, onSession: ____, onToken: _____, ...connecting } = options;
  const agent = new Http3Agent(connecting);
  try {
    await Promise.all(
      urls.map(async (url) => {
        const response = await fetch(url, { agent });
        if (!response.ok || response.body === null)
          throw new Error(`${url.pathname}: status ${response.status}`);
        await writeFile(join(directory, basename(url.pathname)), response.body);
      }),
    );
  } finally {
    await agent.close();
  }
}

/** Serves the files below `root` over HTTP/3. */
export function serveOverHttp3(options: ListenOptions, root: string): Promise<Http3Server> {
  const { ALPNProtocols: _, onError: __, ...listening } = options;
  return serve(listening, async (request) => {
    try {
      // A path that begins at the root does not lead above it.
      const path = join(root, normalize(decodeURI(new URL(request.url).pathname)));
      const { size } = await stat(path);
      const body = Readable.toWeb(createReadStream(path)) as ReadableStream<Uint8Array>;
      return new Response(body, { headers: { 'content-length': String(size) } });
    } catch {
      return new Response(null, { status: 404 });
    }
  });
}
