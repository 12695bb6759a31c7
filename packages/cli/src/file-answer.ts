import { stat } from 'node:fs/promises';
import fresh from 'fresh';
import { lookup } from 'mrmime';
import { parse } from 'range-parser';
import { directoryListing } from './directory-listing.ts';
import type { FileReader, ServedFile } from './lent-file.ts';
import { openServedFile, servedPath, Status } from './served-file.ts';

/** What is asked for. */
export interface FileRequest {
  readonly method: string;
  /** Path and query, percent-encoded, from the network. */
  readonly path: string;
  /** Fields by their names in lower case. */
  readonly fields: Readonly<Record<string, string | undefined>>;
}

/** The answer: `content` is undefined where there is none, and has to be closed otherwise. */
export interface FileAnswer {
  readonly status: number;
  readonly fields: Readonly<Record<string, string>>;
  readonly content: ServedFile | undefined;
}

/**
 * Answers a request for a file below `root`, RFC 9110: GET and HEAD, one range of bytes, conditions, types by the name's
 * extension; directories by their `index.html`, or a list. A path of digits that names no file is that many zeros.
 *
 * @param root - a path from `realpath`.
 */
export async function answerFileRequest(root: string, request: FileRequest): Promise<FileAnswer> {
  const { method, path } = request;
  if (method !== 'GET' && method !== 'HEAD') return refusal(405, { allow: 'GET, HEAD' });
  const answer = await find(root, path, request);
  if (method === 'GET' || answer.content === undefined) return answer;
  await answer.content.handle.close();
  return { ...answer, content: undefined };
}

async function find(root: string, path: string, request: FileRequest): Promise<FileAnswer> {
  const bare = path.split(/[?#]/, 1)[0] ?? '';
  const place = await servedPath(root, bare);
  if (typeof place === 'number') {
    const size = place === Status.NotFound ? sizeOf(bare) : undefined;
    return size === undefined
      ? refusal(place)
      : answerWith({ ...zeros(size), type: 'application/octet-stream' }, request);
  }
  if (await isDirectory(place)) return answerDirectory(root, place, bare, request);
  if (bare.endsWith('/')) return refusal(Status.NotFound);
  const file = await openServedFile(root, bare);
  if (typeof file === 'number') return refusal(file);
  return answerWith({ ...file, type: typeOf(place) }, request);
}

async function answerDirectory(
  root: string,
  place: string,
  path: string,
  request: FileRequest,
): Promise<FileAnswer> {
  // Relative links need the slash.
  if (!path.endsWith('/')) return refusal(301, { location: `./${path.slice(path.lastIndexOf('/') + 1)}/` });
  const index = await openServedFile(root, `${path}index.html`);
  if (typeof index !== 'number') return answerWith({ ...index, type: HTML }, request);
  const bytes = new TextEncoder().encode(await directoryListing(place, path));
  return answerWith({ ...inMemory(bytes), type: HTML }, request);
}

async function isDirectory(place: string): Promise<boolean> {
  return stat(place).then(
    (stats) => stats.isDirectory(),
    () => false,
  );
}

const HTML = 'text/html; charset=utf-8';

function typeOf(path: string): string {
  const type = lookup(path) ?? 'application/octet-stream';
  return /^text\/|[/+](json|javascript|xml)$/.test(type) ? `${type}; charset=utf-8` : type;
}

async function answerWith(
  { type, ...file }: ServedFile & { readonly type: string },
  { fields }: FileRequest,
): Promise<FileAnswer> {
  const { size, mtimeMs } = file;
  const modified = new Date(Math.max(mtimeMs, 0)).toUTCString();
  const etag = `"${size.toString(16)}-${Math.round(mtimeMs).toString(16)}"`;
  const known = mtimeMs < 0 ? {} : { etag, 'last-modified': modified };
  if (mtimeMs >= 0 && fresh(fields, known)) {
    await file.handle.close();
    return { status: 304, fields: known, content: undefined };
  }
  const head = { 'content-type': type, 'accept-ranges': 'bytes', ...known };
  const asked = mayBePart(fields, etag, modified) ? parse(size, fields['range'] ?? '') : undefined;
  const ranges = asked?.type === 'bytes' && (asked.code & MALFORMED) === 0 ? asked.ranges : undefined;
  if (ranges?.length === 0 && size > 0) {
    await file.handle.close();
    return refusal(416, { 'content-range': `bytes */${size}` });
  }
  // Several at once are not worth their format: the whole has them all. RFC 9110 §14.2
  const range = ranges?.length === 1 ? ranges[0] : undefined;
  if (range === undefined)
    return { status: 200, fields: { ...head, 'content-length': String(size) }, content: file };
  const { start, end } = range;
  const part = {
    'content-range': `bytes ${start}-${end}/${size}`,
    'content-length': String(end - start + 1),
  };
  return { status: 206, fields: { ...head, ...part }, content: partOf(file, start, end + 1) };
}

/** What `parse` says of a field that is none. */
const MALFORMED = 1;

/** Whether a range counts: not where the client has a part of another version. RFC 9110 §13.1.5 */
function mayBePart(fields: FileRequest['fields'], etag: string, modified: string): boolean {
  const condition = fields['if-range'];
  return (
    fields['range'] !== undefined && (condition === undefined || condition === etag || condition === modified)
  );
}

/** The bytes from `start` to before `end`. */
function partOf(file: ServedFile, start: number, end: number): ServedFile {
  const read = ((buffer: Uint8Array, offset: number, length: number, position: number) =>
    file.handle.read(buffer, offset, length, position + start)) as FileReader['read'];
  return { ...file, size: end - start, handle: { read, close: () => file.handle.close() } };
}

/** As many zeros. */
function zeros(size: number): ServedFile {
  return madeFile(size, (room) => room.fill(0));
}

function inMemory(bytes: Uint8Array): ServedFile {
  return madeFile(bytes.length, (room, position) =>
    room.set(bytes.subarray(position, position + room.length)),
  );
}

function madeFile(size: number, fill: (room: Uint8Array, position: number) => void): ServedFile {
  const read = (async (buffer: Uint8Array, offset: number, length: number, position: number) => {
    const bytesRead = Math.min(length, size - position);
    fill(buffer.subarray(offset, offset + bytesRead), position);
    return { bytesRead, buffer };
  }) as FileReader['read'];
  return { size, mtimeMs: -1, handle: { read, close: () => Promise.resolve() } };
}

/** The length of the answer to a path that is a number and names no file: `/12345`. */
function sizeOf(path: string): number | undefined {
  return /^\/\d{1,12}$/.test(path) ? Number(path.slice(1)) : undefined;
}

function refusal(status: number, fields: Readonly<Record<string, string>> = {}): FileAnswer {
  return { status, fields: { 'content-length': '0', ...fields }, content: undefined };
}
