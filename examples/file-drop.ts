// Takes files by uploads, and lists and returns them; sends them by fetch. Content is never in memory as a whole.
//   node -C tsquic-src --import ./tools/ts.mjs examples/file-drop.ts serve cert.pem key.pem FOLDER [PORT]
//   node -C tsquic-src --import ./tools/ts.mjs examples/file-drop.ts send cert.pem PORT FILE…
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream, openAsBlob, readFileSync } from 'node:fs';
import { readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import { fetch, Http3Agent, serve } from 'tsquic/http3';

const [mode, ...words] = process.argv.slice(2);
try {
  await (mode === 'serve' ? receive(words) : send(words));
} catch (error) {
  const { message, cause } = error as Error;
  console.error(`file-drop: ${message}${cause instanceof Error ? `: ${cause.message}` : ''}`);
  process.exitCode = 1;
}

async function receive([cert = '', key = '', folder = '.', port = '0']: readonly string[]): Promise<void> {
  const identity = { cert: readFileSync(cert), key: readFileSync(key, 'utf8') };
  const options = { host: '127.0.0.1', port: Number(port), ...identity, maxRequestBodyBytes: Infinity };
  const server = await serve(options, async (request) => {
    const { pathname } = new URL(request.url);
    if (pathname === '/')
      return Response.json((await readdir(folder)).filter((name) => !name.endsWith('.part')));
    const name = decodeURIComponent(pathname.slice(1));
    if (!/^\w[\w.-]{0,99}$/.test(name) || name.endsWith('.part'))
      return new Response('no such name\n', { status: 400 });
    if (request.method === 'PUT') return save(request, join(folder, name));
    return give(join(folder, name));
  });
  console.log(`listening on port ${server.address.port}`);
  process.once('SIGTERM', () => void server.close());
}

/** A file gets its name when it is complete. */
async function save({ body, signal }: Request, file: string): Promise<Response> {
  const part = `${file}.${crypto.randomUUID()}.part`;
  const hash = createHash('sha256');
  const hashed = new TransformStream<Uint8Array, Uint8Array>({
    transform: (chunk, controller) => {
      hash.update(chunk);
      controller.enqueue(chunk);
    },
  });
  try {
    const stream = body ?? new Blob([]).stream();
    await stream.pipeThrough(hashed).pipeTo(Writable.toWeb(createWriteStream(part)), { signal });
    await rename(part, file);
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  }
  console.log(`${basename(file)} is here`);
  return new Response(hash.digest('hex'), { status: 201 });
}

async function give(file: string): Promise<Response> {
  const found = await stat(file).catch(() => undefined);
  if (found?.isFile() !== true) return new Response('no such file\n', { status: 404 });
  const body = Readable.toWeb(createReadStream(file)) as ReadableStream<Uint8Array>;
  return new Response(body, { headers: { 'content-length': `${found.size}` } });
}

async function send([ca = '', port = '', ...files]: readonly string[]): Promise<void> {
  const agent = new Http3Agent({ ca: readFileSync(ca) });
  const origin = `https://127.0.0.1:${port}`;
  await Promise.all(
    files.map(async (file) => {
      const url = `${origin}/${encodeURIComponent(basename(file))}`;
      const sent = await fetch(url, { method: 'PUT', body: await openAsBlob(file), agent });
      console.log(`${basename(file)}: ${sent.status} ${await sent.text()}`);
      const { body } = await fetch(url, { agent });
      let bytes = 0;
      for await (const chunk of body!) bytes += (chunk as Uint8Array).length;
      console.log(`${basename(file)}: ${bytes} bytes came back`);
    }),
  );
  const names = (await (await fetch(origin, { agent })).json()) as string[];
  console.log(`there are ${names.sort().join(' ')}`);
  await agent.close();
}
