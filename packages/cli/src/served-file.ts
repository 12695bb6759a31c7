import { realpath } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { openLentFile, type ServedFile } from './lent-file.ts';

/** Status numbers of HTTP, which are also the codes streams are reset with. */
export const Status = { BadRequest: 400, NotFound: 404, TooLong: 414, ServerError: 500, Busy: 503 } as const;

/**
 * Open the file that a request path names below `root`, or tell the status of the refusal. Whatever lies outside
 * is "not found", so that an answer tells nothing about the rest of the machine.
 *
 * @param root - as `realpath` gives it.
 * @param requestPath - percent-encoded, from the network.
 */
export async function openServedFile(root: string, requestPath: string): Promise<ServedFile | number> {
  const segments = segmentsOf(requestPath);
  if (segments === undefined) return Status.NotFound;
  try {
    const path = await realpath(join(root, segments.join(sep)));
    // A link inside the root may point anywhere; what counts is where it leads.
    if (!path.startsWith(root.endsWith(sep) ? root : root + sep)) return Status.NotFound;
    const file = await openLentFile(path);
    return file ?? Status.NotFound;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === 'EMFILE' || code === 'ENFILE' ? Status.Busy : Status.NotFound;
  }
}

/** The decoded names of a path, or undefined when one of them could lead elsewhere. */
function segmentsOf(requestPath: string): string[] | undefined {
  const path = requestPath.split(/[?#]/, 1)[0] ?? '';
  if (!path.startsWith('/')) return undefined;
  try {
    const segments = path.slice(1).split('/').map(decodeURIComponent);
    return segments.every(isName) ? segments : undefined;
  } catch {
    return undefined;
  }
}

function isName(segment: string): boolean {
  return segment !== '' && segment !== '.' && segment !== '..' && !/[/\\\p{Cc}]/u.test(segment);
}
