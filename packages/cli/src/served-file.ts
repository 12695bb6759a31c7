import { realpath } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { openLentFile, type ServedFile } from './lent-file.ts';

/** Status numbers of HTTP, with which streams are reset, too. */
export const Status = { BadRequest: 400, NotFound: 404, TooLong: 414, ServerError: 500, Busy: 503 } as const;

/**
 * Open the file that a request path names below `root`, or return the status of the refusal. A path that
 * leads out of `root` is "not found", so that the answer does not tell which other files exist.
 *
 * @param root - a path from `realpath`.
 * @param requestPath - percent-encoded, from the network.
 */
export async function openServedFile(root: string, requestPath: string): Promise<ServedFile | number> {
  // A slash at the end names a directory.
  if ((requestPath.split(/[?#]/, 1)[0] ?? '').endsWith('/')) return Status.NotFound;
  const path = await servedPath(root, requestPath);
  if (typeof path === 'number') return path;
  try {
    return (await openLentFile(path)) ?? Status.NotFound;
  } catch (error) {
    return statusOf(error);
  }
}

/** The real path below `root` that a request path names, with or without a slash at its end; or the status of the refusal. */
export async function servedPath(root: string, requestPath: string): Promise<string | number> {
  const segments = segmentsOf(requestPath);
  if (segments === undefined) return Status.NotFound;
  try {
    const path = await realpath(join(root, segments.join(sep)));
    // A link inside the root may lead out of it, so its target is checked.
    if (path !== root && !path.startsWith(root.endsWith(sep) ? root : root + sep)) return Status.NotFound;
    return path;
  } catch (error) {
    return statusOf(error);
  }
}

function statusOf(error: unknown): number {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'EMFILE' || code === 'ENFILE' ? Status.Busy : Status.NotFound;
}

/** The decoded names of a path, or undefined when one of them could lead out of the root. */
function segmentsOf(requestPath: string): string[] | undefined {
  const path = requestPath.split(/[?#]/, 1)[0] ?? '';
  if (!path.startsWith('/')) return undefined;
  try {
    const segments = path.slice(1).split('/').map(decodeURIComponent);
    // A slash at the end names a directory.
    if (segments.at(-1) === '') segments.pop();
    return segments.every(isName) ? segments : undefined;
  } catch {
    return undefined;
  }
}

function isName(segment: string): boolean {
  return segment !== '' && segment !== '.' && segment !== '..' && !/[/\\\p{Cc}]/u.test(segment);
}
