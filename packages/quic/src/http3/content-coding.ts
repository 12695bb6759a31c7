import { Duplex, pipeline, Readable } from 'node:stream';
import type { ReadableWritablePair } from 'node:stream/web';
import { constants, createBrotliDecompress, createGunzip, createInflate, createInflateRaw } from 'node:zlib';
import { QuicReadable } from '../web-readable.ts';

/** What 'accept-encoding' says where the program says nothing. RFC 9110 §12.5.3 */
export const ACCEPTED_CODINGS = 'gzip, deflate, br';

/** Content as it was before it was coded; the same where a coding is unknown. RFC 9110 §8.4 */
export function decodeContent(body: ReadableStream<Uint8Array>, codings: string): ReadableStream<Uint8Array> {
  const names = codings
    .toLowerCase()
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '' && name !== 'identity');
  if (names.length === 0 || names.length > MOST_CODINGS || !names.every((name) => DECODERS.has(name)))
    return body;
  return told(names.reduceRight((coded, name) => coded.pipeThrough(decoder(name)), body));
}

/** The same stream, which fails as `fetch` does where content cannot be decoded: versions of Node tell that in ways of their own. */
function told(decoded: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
  const reader = decoded.getReader();
  const pull = async (controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> => {
    try {
      const { done, value } = await reader.read();
      if (done) controller.close();
      else controller.enqueue(value);
    } catch (error) {
      controller.error(isOfDecoder(error) ? undecodable(error) : error);
    }
  };
  return QuicReadable.over({ pull, cancel: (reason) => reader.cancel(reason) }, { highWaterMark: 0 });
}

/** Whether an error is one of zlib or brotli, rather than of the connection. */
function isOfDecoder(error: unknown): error is Error {
  const code = (error as { readonly code?: unknown } | undefined)?.code;
  return typeof code === 'string' && /^(?:Z_|ERR__ERROR_|ERR_BROTLI_)/.test(code);
}

function undecodable(error: Error): TypeError {
  return new TypeError('the content of the response cannot be decoded', { cause: error.cause ?? error });
}

function decoder(name: string): ReadableWritablePair<Uint8Array, Uint8Array> {
  return Duplex.toWeb(DECODERS.get(name)!());
}

/** Content that is cut short gives what there is of it, as browsers do. */
const LENIENT = { flush: constants.Z_SYNC_FLUSH, finishFlush: constants.Z_SYNC_FLUSH };

/** Some servers leave out the header of zlib, which tells itself by its first byte. RFC 9110 §8.4.1.2, RFC 1950 §2.2 */
async function* inflateEither(coded: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const chunks = coded[Symbol.asyncIterator]();
  let first = await chunks.next();
  while (first.done !== true && first.value.length === 0) first = await chunks.next();
  if (first.done === true) return;
  const { value } = first;
  const inflate = (value[0]! & 0x0f) === ZLIB_DEFLATE ? createInflate(LENIENT) : createInflateRaw(LENIENT);
  const all = async function* (): AsyncGenerator<Uint8Array> {
    yield value;
    yield* { [Symbol.asyncIterator]: () => chunks };
  };
  yield* pipeline(Readable.from(all()), inflate, () => {}) as AsyncIterable<Uint8Array>;
}

const ZLIB_DEFLATE = 8;

const DECODERS: ReadonlyMap<string, () => Duplex> = new Map<string, () => Duplex>([
  ['gzip', () => createGunzip(LENIENT)],
  ['x-gzip', () => createGunzip(LENIENT)],
  ['deflate', () => Duplex.from(inflateEither)],
  [
    'br',
    () =>
      createBrotliDecompress({
        flush: constants.BROTLI_OPERATION_FLUSH,
        finishFlush: constants.BROTLI_OPERATION_FLUSH,
      }),
  ],
]);

/** Codings of one response: each costs memory, and multiplies what a few bytes become. */
const MOST_CODINGS = 2;
