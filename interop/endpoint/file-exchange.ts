import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { basename, dirname, join, normalize } from 'node:path';

/** A session of the W3C API, on either side, as far as files need it. */
export interface FileSession {
  readonly incomingBidirectionalStreams: ReadableStream<StreamPair>;
  readonly incomingUnidirectionalStreams: ReadableStream<ReadableStream<Uint8Array>>;
  readonly datagrams: {
    readonly readable: ReadableStream<Uint8Array>;
    /** That of drafts before `createWritable`. */
    readonly writable: WritableStream;
  };
  createBidirectionalStream(options: typeof PATIENT): Promise<StreamPair>;
  createUnidirectionalStream(options: typeof PATIENT): Promise<WritableStream>;
}

interface StreamPair {
  readonly readable: ReadableStream<Uint8Array>;
  readonly writable: WritableStream;
}

/** What files travel by. */
export type Carrier = 'unidirectional' | 'bidirectional' | 'datagram';

/**
 * Answers requests for files below `root` until the session is over: `GET name` on a bidirectional stream by the file on the same one, on
 * a unidirectional stream and in a datagram by `PUSH name`, a line end and the file on a stream or in a datagram of its own.
 */
export async function answerRequests(session: FileSession, root: string): Promise<void> {
  await Promise.allSettled([
    answerBidirectional(session, root),
    answerUnidirectional(session, root),
    answerDatagrams(session, root),
  ]);
}

/** Asks for files, all at once, and writes them to `directory`. Resolves when each is there. */
export async function requestFiles(
  session: FileSession,
  carrier: Carrier,
  names: readonly string[],
  directory: string,
): Promise<void> {
  await mkdir(directory, { recursive: true });
  const missing = new Set(names);
  const store = async (name: string, bytes: Uint8Array): Promise<void> => {
    if (!missing.has(name)) return;
    await writeFile(join(directory, basename(name)), bytes);
    missing.delete(name);
  };
  if (carrier === 'bidirectional') await requestOnStreams(session, names, store);
  else if (carrier === 'unidirectional') await requestPushes(session, names, store);
  else await requestDatagrams(session, missing, store);
  if (missing.size > 0) throw new Error(`${[...missing].join(', ')} did not come`);
}

type Store = (name: string, bytes: Uint8Array) => Promise<void>;

async function requestOnStreams(session: FileSession, names: readonly string[], store: Store): Promise<void> {
  const requests = names.map(async (name) => {
    const { readable, writable } = await session.createBidirectionalStream(PATIENT);
    await Promise.all([
      sendWhole(writable, requestFor(name)),
      bytesOf(readable).then((bytes) => store(name, bytes)),
    ]);
  });
  await Promise.all(requests);
}

async function requestPushes(session: FileSession, names: readonly string[], store: Store): Promise<void> {
  const requests = names.map(async (name) =>
    sendWhole(await session.createUnidirectionalStream(PATIENT), requestFor(name)),
  );
  const streams = session.incomingUnidirectionalStreams.getReader();
  const pushes: Promise<void>[] = [];
  while (pushes.length < names.length) {
    const { value } = await streams.read();
    if (value === undefined) throw new Error('the session ended before every file was pushed');
    pushes.push(bytesOf(value).then((bytes) => storePush(bytes, store)));
  }
  await Promise.all([...requests, ...pushes]);
}

/** A few requests are under way at a time, each of which is made again when no answer comes: datagrams may be lost. */
async function requestDatagrams(
  session: FileSession,
  missing: ReadonlySet<string>,
  store: Store,
): Promise<void> {
  const writer = session.datagrams.writable.getWriter();
  const reader = session.datagrams.readable.getReader();
  const askedAt = new Map<string, number>();
  const ask = async (): Promise<void> => {
    while (missing.size > 0) {
      const now = performance.now();
      const next = [...missing].slice(0, MOST_UNDER_WAY);
      for (const name of next) {
        if (now - (askedAt.get(name) ?? -Infinity) < ASK_AGAIN_MS) continue;
        askedAt.set(name, now);
        await writer.write(requestFor(name));
      }
      await new Promise((resolve) => setTimeout(resolve, TURN_MS));
    }
  };
  const take = async (): Promise<void> => {
    while (missing.size > 0) {
      const { value } = await reader.read();
      if (value === undefined) throw new Error('the session ended before every file was pushed');
      await storePush(value, store);
    }
  };
  await Promise.all([ask(), take()]);
}

async function answerBidirectional(session: FileSession, root: string): Promise<void> {
  // Deno 2.9.6 ends a stream when the pair of its halves is collected as garbage: the pair is held until its answer is written, and by
  // nothing afterwards.
  const underWay = new Set<StreamPair>();
  const streams = session.incomingBidirectionalStreams.getReader();
  const answerNext = async (): Promise<boolean> => {
    const { value: pair } = await streams.read();
    if (pair === undefined) return false;
    underWay.add(pair);
    const send = async (name: string): Promise<void> =>
      sendWhole(pair.writable, await readFile(pathOf(root, name)));
    void answer(pair.readable, send, pair.writable).finally(() => underWay.delete(pair));
    return true;
  };
  while (await answerNext());
}

async function answerUnidirectional(session: FileSession, root: string): Promise<void> {
  for await (const readable of session.incomingUnidirectionalStreams)
    void answer(readable, async (name) => {
      const push = await pushOf(root, name);
      await sendWhole(await session.createUnidirectionalStream(PATIENT), push);
    });
}

async function answerDatagrams(session: FileSession, root: string): Promise<void> {
  const writer = session.datagrams.writable.getWriter();
  for await (const request of session.datagrams.readable) {
    const push = await pushOf(root, nameIn(request)).catch(report);
    if (push !== undefined) await writer.write(push);
  }
}

/** One request and what comes of it: an error is told on the way back, where there is one. */
function answer(
  readable: ReadableStream<Uint8Array>,
  send: (name: string) => Promise<void>,
  back?: WritableStream,
): Promise<void> {
  return bytesOf(readable, MAX_REQUEST_BYTES)
    .then((bytes) => send(nameIn(bytes)))
    .catch((error: unknown) => {
      report(error);
      return back?.abort(error).catch(() => undefined);
    });
}

function report(error: unknown): undefined {
  console.error(`no answer: ${String(error)}`);
}

function requestFor(name: string): Uint8Array {
  return new TextEncoder().encode(`GET ${name}`);
}

function nameIn(request: Uint8Array): string {
  const [, name] = /^GET (\S+)\s*$/.exec(new TextDecoder().decode(request)) ?? [];
  if (name === undefined) throw new Error('what came is no request');
  return name;
}

async function pushOf(root: string, name: string): Promise<Uint8Array> {
  return Buffer.concat([Buffer.from(`PUSH ${name}\n`), await readFile(pathOf(root, name))]);
}

/** A path that begins at the root does not lead above it. */
function pathOf(root: string, name: string): string {
  return join(root, normalize(`/${name}`));
}

async function storePush(bytes: Uint8Array, store: Store): Promise<void> {
  const end = bytes.indexOf(LINE_END);
  const [, name] = /^PUSH (\S+)$/.exec(new TextDecoder().decode(bytes.subarray(0, Math.max(end, 0)))) ?? [];
  if (name === undefined) throw new Error('what came is no PUSH');
  await store(name, bytes.subarray(end + 1));
}

async function sendWhole(writable: WritableStream, bytes: Uint8Array): Promise<void> {
  const writer = writable.getWriter();
  await writer.write(bytes);
  await writer.close();
}

async function bytesOf(readable: ReadableStream<Uint8Array>, most: number = Infinity): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let count = 0;
  for await (const chunk of readable) {
    count += chunk.length;
    if (count > most) throw new Error('the request is too long');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Notes the protocol that both sides agreed on where the runner looks for it. */
export async function noteProtocol(downloads: string, protocol: string): Promise<void> {
  const path = join(downloads, 'negotiated_protocol.txt');
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, protocol);
}

const PATIENT = { waitUntilAvailable: true } as const;
/** More than any request of this protocol needs. */
const MAX_REQUEST_BYTES = 8192;
const LINE_END = 10;
/** Fewer answers than the runner's queue holds. */
const MOST_UNDER_WAY = 10;
const ASK_AGAIN_MS = 500;
const TURN_MS = 5;
