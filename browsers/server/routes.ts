import { createHash, randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import type { Http3Handler, RequestInfo } from 'tsquic/http3';
import { SeenRequests, type WaitingRequest } from './seen-request.ts';
import type { SeenSessions } from './web-transport.ts';

/** What the server has besides its routes. */
export interface Site {
  /** The script of the pages. */
  readonly page: string;
  /** SHA-256 of the certificate. */
  readonly hash: Uint8Array<ArrayBuffer>;
  readonly sessions: SeenSessions;
}

/** What a route answers with. */
interface Exchange extends Site {
  readonly request: Request;
  readonly info: RequestInfo;
  readonly query: URLSearchParams;
  readonly seen: WaitingRequest;
  readonly all: SeenRequests;
}

type Route = (exchange: Exchange) => Response | Promise<Response>;

/** Answers what the pages ask. */
export function createHandler(site: Site): Http3Handler {
  const all = new SeenRequests();
  return (request, info) => {
    const { searchParams: query, pathname } = new URL(request.url);
    const number = query.get('number') ?? request.headers.get('x-number') ?? undefined;
    const seen = all.begin(number, request, info);
    const module = /^\/module\/(\d+)\.js$/.exec(pathname)?.[1];
    const route = module === undefined ? ROUTES[pathname] : (): Response => sendModule(Number(module));
    if (route === undefined) return new Response('no such path', { status: 404 });
    return route({ request, info, query, seen, all, ...site });
  };
}

const NO_STORE = { 'cache-control': 'no-store' };
const SCRIPT = { 'content-type': 'text/javascript', ...NO_STORE };
const BYTES = { 'content-type': 'application/octet-stream', ...NO_STORE };

function text(content: string, headers: Readonly<Record<string, string>> = {}, status = 200): Response {
  return new Response(content, {
    status,
    headers: { 'content-type': 'text/plain', ...NO_STORE, ...headers },
  });
}

const ROUTES: Readonly<Record<string, Route>> = {
  '/': ({ query }) =>
    text(
      `<!doctype html><title>tsquic</title><link rel="icon" href="data:,"><script src="/page.js?number=${query.get('number')}-script"></script>`,
      { 'content-type': 'text/html' },
    ),
  '/page.js': ({ page }) => text(page, SCRIPT),
  '/hello': () => text('Hello', { 'x-server': 'tsquic' }),
  '/seen': ({ query, all }) => {
    const found = all.get(query.get('of') ?? '');
    return found === undefined
      ? new Response(null, { status: 204 })
      : Response.json(found, { headers: NO_STORE });
  },
  '/hash': ({ hash }) => new Response(hash, { headers: BYTES }),
  '/seen-session': ({ query, sessions }) => {
    const found = sessions.get(query.get('of') ?? '');
    return found === undefined
      ? new Response(null, { status: 204 })
      : Response.json(found, { headers: NO_STORE });
  },
  '/say': ({ query }) => text(query.get('text') ?? ''),
  '/image.svg': () =>
    text('<svg xmlns="http://www.w3.org/2000/svg" width="70" height="50"/>', {
      'content-type': 'image/svg+xml',
    }),
  '/bytes': ({ request, query, seen }) => {
    const length = Number(query.get('length'));
    const head = { ...BYTES, 'content-length': String(length) };
    if (request.method === 'HEAD') return new Response(null, { headers: head });
    const { bytes, sha256 } = known(length);
    return new Response(streamOf(slices(bytes), seen), { headers: { ...head, 'x-sha256': sha256 } });
  },
  '/digest': async (exchange) => {
    const hash = createHash('sha256');
    let [bytes, beginning] = [0, ''];
    for await (const piece of contentOf(exchange)) {
      hash.update(piece);
      bytes += piece.length;
      if (bytes < SHOWN) beginning += Buffer.from(piece).toString();
    }
    return Response.json({ bytes, sha256: hash.digest('hex'), ...(bytes < SHOWN && { text: beginning }) });
  },
  '/echo': ({ request }) => {
    const length = request.headers.get('content-length');
    return new Response(request.body, {
      headers: { ...BYTES, ...(length !== null && { 'content-length': length }) },
    });
  },
  '/whole': async ({ request }) => new Response(await request.arrayBuffer(), { headers: BYTES }),
  '/method': async ({ request }) => text(`${request.method} ${await request.text()}`),
  '/status': ({ query }) => new Response(null, { status: Number(query.get('code')), headers: NO_STORE }),
  '/redirect': async ({ request, query }) => {
    await request.text();
    const headers = { location: query.get('to') ?? '/', ...NO_STORE };
    return new Response(null, { status: Number(query.get('status')), headers });
  },
  '/fields': ({ query }) => {
    const value = 'v'.repeat(Number(query.get('size')));
    const names = Array.from({ length: Number(query.get('count')) }, (_, index) => [
      `x-sent-${index}`,
      value,
    ]);
    return text('fields', Object.fromEntries(names));
  },
  '/cookies': () => {
    const cookies = ['a=1', 'b=2', 'c=3'].map((pair): [string, string] => [
      'set-cookie',
      `bench-${pair}; path=/`,
    ]);
    return new Response(null, { status: 204, headers: cookies });
  },
  '/compressed': () =>
    new Response(gzipSync('compressed '.repeat(1000)), {
      headers: { 'content-type': 'text/plain', 'content-encoding': 'gzip', ...NO_STORE },
    }),
  '/ranged': ({ request }) => {
    const [, first = '0', last = '99'] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.get('range') ?? '') ?? [];
    const whole = Array.from({ length: 50 }, (_, index) => String(index).padStart(2, '0')).join('');
    const range = { 'content-range': `bytes ${first}-${last}/100` };
    return text(whole.slice(Number(first), Number(last) + 1), range, 206);
  },
  '/tagged': ({ request }) => {
    const headers = { 'content-type': 'text/plain', etag: '"first"', 'cache-control': 'max-age=600' };
    const isKnown = request.headers.get('if-none-match') === '"first"';
    return new Response(isKnown ? null : 'tagged content', { status: isKnown ? 304 : 200, headers });
  },
  '/trailers': ({ info }) => {
    info.setTrailers(() => ({ 'x-trailer': 'ignored' }));
    return text('content before trailers');
  },
  '/interim': ({ info }) => {
    info.inform(103, { link: '</image.svg>; rel=preload; as=image' });
    return text('final');
  },
  '/events': ({ seen }) =>
    new Response(streamOf(events(), seen), { headers: { 'content-type': 'text/event-stream', ...NO_STORE } }),
  '/form': async ({ request }) => {
    const form = await request.formData();
    const file = form.get('file') as File;
    const sha256 = digestOf(new Uint8Array(await file.arrayBuffer()));
    return Response.json({ name: form.get('name'), fileName: file.name, sha256 });
  },
  '/refuse': () => text('too large', {}, 413),
  '/ended': ({ query, all }) =>
    new Response(null, { status: all.hasEnded(Number(query.get('connection'))) ? 200 : 204 }),
  '/proceed': ({ query, all }) => {
    all.get(query.get('of') ?? '')?.proceed();
    return new Response(null, { status: 204 });
  },
  '/reset': ({ query, seen }) => {
    const length = Number(query.get('after'));
    const headers = { ...BYTES, 'content-length': String(2 * length) };
    return new Response(streamOf(broken(length, seen), seen), { headers });
  },
  '/silent': ({ request }) => untilAborted(request.signal),
  '/unread': ({ request }) => untilAborted(request.signal),
  '/drip': ({ seen }) => new Response(streamOf(drops(seen), seen), { headers: BYTES }),
  '/later': async ({ seen }) => {
    await seen.proceeding;
    return text('later');
  },
  '/go': ({ info }) => {
    void info.session.finish().catch(() => {});
    return new Response(null, { status: 204 });
  },
  '/close': ({ info }) => {
    setTimeout(() => void info.session.close(), 100);
    return new Response(null, { status: 204 });
  },
};

const SHOWN = 100;

/** Counts what it and those before it count. */
function sendModule(number: number): Response {
  const source =
    number === 0
      ? 'export const sum = 0;'
      : `import { sum as before } from '/module/${number - 1}.js'; export const sum = before + ${number};`;
  return text(source, SCRIPT);
}

/** The content of the request, which is counted. */
async function* contentOf({ request, seen }: Exchange): AsyncGenerator<Uint8Array, void> {
  if (request.body === null) return;
  for await (const piece of request.body as AsyncIterable<Uint8Array>) {
    seen.received += piece.length;
    yield piece;
  }
}

/** Supplies what it is asked for, which is counted. */
function streamOf(
  pieces: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  seen: WaitingRequest,
): ReadableStream<Uint8Array> {
  const iterator =
    Symbol.asyncIterator in pieces ? pieces[Symbol.asyncIterator]() : pieces[Symbol.iterator]();
  return new ReadableStream(
    {
      async pull(controller) {
        const next = await iterator.next();
        if (next.done === true) return controller.close();
        seen.sent += next.value.length;
        controller.enqueue(next.value);
      },
      async cancel() {
        await iterator.return?.();
      },
    },
    { highWaterMark: 0 },
  );
}

function* slices(bytes: Uint8Array): Generator<Uint8Array, void> {
  for (let at = 0; at < bytes.length; at += SLICE_BYTES) yield bytes.subarray(at, at + SLICE_BYTES);
}

const SLICE_BYTES = 65_536;

async function* events(): AsyncGenerator<Uint8Array, void> {
  for (let number = 1; number <= 5; number++) {
    yield new TextEncoder().encode(`data: ${number}\n\n`);
    await pause(50);
  }
}

async function* drops(seen: WaitingRequest): AsyncGenerator<Uint8Array, void> {
  while (seen.state === 'open') {
    yield new Uint8Array(1024);
    await pause(20);
  }
}

/** The fault that is meant. */
export class PlannedFault extends Error {}

async function* broken(length: number, { proceeding }: WaitingRequest): AsyncGenerator<Uint8Array, void> {
  yield new Uint8Array(length);
  await proceeding;
  throw new PlannedFault('the content ends in the middle');
}

function untilAborted(signal: AbortSignal): Promise<Response> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error));
  });
}

const contents = new Map<number, { readonly bytes: Uint8Array; readonly sha256: string }>();

/** Random bytes of this length, always the same ones. */
function known(length: number): { readonly bytes: Uint8Array; readonly sha256: string } {
  const found = contents.get(length);
  if (found !== undefined) return found;
  const bytes = randomBytes(length);
  const made = { bytes, sha256: digestOf(bytes) };
  contents.set(length, made);
  return made;
}

function digestOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, ms));
}
