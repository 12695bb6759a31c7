import { constants, type Stats } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';

/** A file that may be sent. The receiver closes `handle`. */
export interface ServedFile {
  readonly handle: FileReader;
  readonly size: number;
  /** When it was changed last, milliseconds. */
  readonly mtimeMs: number;
}

/** The functions by which a file is read. */
export type FileReader = Pick<FileHandle, 'read' | 'close'>;

/** Most files that keep their descriptor between reads: a stalled stream may hold one of them. */
const MAX_KEPT = 64;
/** Most opens and reads at a time, because each needs a descriptor while it lasts. */
const MAX_AT_WORK = 32;
const FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

let kept = 0;
let atWork = 0;
const waiting: (() => void)[] = [];

/**
 * Open a regular file; undefined when it is not one. However many files are open, this process holds at most
 * about a hundred descriptors for them: above a number of files, each is opened again for each read. Rejects
 * as `open` does.
 */
export function openLentFile(path: string): Promise<ServedFile | undefined> {
  return inTurn(async () => {
    const handle = await open(path, FLAGS);
    try {
      const stats = await handle.stat();
      if (stats.isFile())
        return {
          handle: await LentFile.begin(path, handle, stats),
          size: stats.size,
          mtimeMs: stats.mtimeMs,
        };
    } catch (error) {
      await handle.close();
      throw error;
    }
    await handle.close();
    return undefined;
  });
}

class LentFile implements FileReader {
  private readonly path: string;
  private readonly stats: Stats;
  private handle: FileHandle | undefined = undefined;
  private isClosed = false;

  static async begin(path: string, handle: FileHandle, stats: Stats): Promise<LentFile> {
    const file = new LentFile(path, stats);
    await file.keep(handle);
    return file;
  }

  private constructor(path: string, stats: Stats) {
    this.path = path;
    this.stats = stats;
  }

  readonly read = ((buffer: Uint8Array, offset: number, length: number, position: number) =>
    inTurn(async () => {
      const handle = this.take() ?? (await this.reopen());
      try {
        return await handle.read(buffer, offset, length, position);
      } finally {
        await this.keep(handle);
      }
    })) as FileHandle['read'];

  async close(): Promise<void> {
    this.isClosed = true;
    await this.take()?.close();
  }

  private take(): FileHandle | undefined {
    const { handle } = this;
    this.handle = undefined;
    if (handle !== undefined) kept--;
    return handle;
  }

  private async keep(handle: FileHandle): Promise<void> {
    if (this.isClosed || kept >= MAX_KEPT) return handle.close();
    kept++;
    this.handle = handle;
  }

  /** Open the same file again. Rejects when it was replaced or changed. */
  private async reopen(): Promise<FileHandle> {
    const handle = await open(this.path, FLAGS);
    try {
      const { dev, ino, mtimeMs, size } = await handle.stat();
      const { stats } = this;
      if (dev !== stats.dev || ino !== stats.ino || mtimeMs !== stats.mtimeMs || size !== stats.size)
        throw new Error(`${this.path} has changed`);
      return handle;
    } catch (error) {
      await handle.close();
      throw error;
    }
  }
}

/** Wait until few enough are at work, then do it. */
async function inTurn<T>(work: () => Promise<T>): Promise<T> {
  if (atWork >= MAX_AT_WORK) await new Promise<void>((resolve) => waiting.push(resolve));
  else atWork++;
  try {
    return await work();
  } finally {
    const next = waiting.shift();
    if (next === undefined) atWork--;
    else next();
  }
}
