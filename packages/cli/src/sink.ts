import { createHash, type Hash } from 'node:crypto';
import { open, rename, rm, type FileHandle } from 'node:fs/promises';
import { dirname, basename, join } from 'node:path';

/** The destination of one download, which takes bytes at its own pace. */
export interface Sink {
  /** Is called when `space` has room again after it had none. */
  onSpace: () => void;
  /** Is called at most once, when bytes can no longer be stored. */
  onFailure: (error: unknown) => void;
  /** Room for the next bytes, never empty; undefined while too many wait to be stored. */
  space(): Uint8Array | undefined;
  /** The first `count` bytes of `space` contain data now. */
  filled(count: number): void;
  /**
   * All bytes have come. Resolves with their SHA-256 (hexadecimal, '' when it was not requested) once they
   * are stored.
   */
  finish(): Promise<string>;
  /** Abandon the download, and remove the partial file. */
  abort(): Promise<void>;
}

/** Options of `createSink`. */
export interface SinkOptions {
  /** Path of the file; '-' is stdout, '' is none. The file appears under its name when it is complete. */
  readonly path: string;
  readonly checksum: boolean;
}

/** A sink that holds at most two chunks in memory. */
export function createSink(options: SinkOptions): Sink {
  return new ChunkSink(destinationOf(options.path), options.checksum ? createHash('sha256') : undefined);
}

/** Collects chunks: one is filled while the other is stored. */
class ChunkSink implements Sink {
  onSpace: () => void = () => {};
  onFailure: (error: unknown) => void = () => {};

  private readonly destination: Destination;
  private readonly hash: Hash | undefined;
  private filling: Uint8Array = new Uint8Array(FIRST_CHUNK_BYTES);
  private filledBytes = 0;
  private spare: Uint8Array | undefined = undefined;
  private storing: Promise<void> | undefined = undefined;
  private wanted = false;
  private failure: unknown = undefined;

  constructor(destination: Destination, hash: Hash | undefined) {
    this.destination = destination;
    this.hash = hash;
  }

  space(): Uint8Array | undefined {
    if (this.filledBytes === this.filling.length) {
      this.wanted = this.storing !== undefined || this.failure !== undefined;
      if (this.wanted) return undefined;
      this.store();
    }
    return this.filledBytes === 0 ? this.filling : this.filling.subarray(this.filledBytes);
  }

  filled(count: number): void {
    this.filledBytes += count;
  }

  async finish(): Promise<string> {
    await this.storing;
    this.store();
    await this.storing;
    if (this.failure !== undefined) throw this.failure;
    await this.destination.complete();
    return this.hash?.digest('hex') ?? '';
  }

  async abort(): Promise<void> {
    await this.storing;
    await this.destination.discard();
  }

  private store(): void {
    const full = this.filling;
    const bytes = full.subarray(0, this.filledBytes);
    this.filling = this.spare ?? new Uint8Array(CHUNK_BYTES);
    this.spare = undefined;
    this.filledBytes = 0;
    this.hash?.update(bytes);
    this.storing = this.destination.write(bytes).then(
      () => this.stored(full),
      (error: unknown) => this.fail(error),
    );
  }

  private stored(chunk: Uint8Array): void {
    this.storing = undefined;
    if (chunk.length === CHUNK_BYTES) this.spare = chunk;
    if (!this.wanted) return;
    this.wanted = false;
    this.onSpace();
  }

  private fail(error: unknown): void {
    this.storing = undefined;
    this.failure = error;
    this.onFailure(error);
  }
}

interface Destination {
  write(bytes: Uint8Array): Promise<void>;
  complete(): Promise<void>;
  discard(): Promise<void>;
}

function destinationOf(path: string): Destination {
  if (path === '') return NOWHERE;
  return path === '-' ? STDOUT : new PartialFile(path);
}

const NOWHERE: Destination = {
  write: () => Promise.resolve(),
  complete: () => Promise.resolve(),
  discard: () => Promise.resolve(),
};

const STDOUT: Destination = {
  write: (bytes) =>
    new Promise((resolve, reject) => {
      process.stdout.write(bytes, (error) => (error ? reject(error) : resolve()));
    }),
  complete: () => Promise.resolve(),
  discard: () => Promise.resolve(),
};

/** A file with a hidden name until it is complete. */
class PartialFile implements Destination {
  private readonly path: string;
  private readonly partialPath: string;
  private handle: FileHandle | undefined = undefined;

  constructor(path: string) {
    this.path = path;
    this.partialPath = join(dirname(path), `.${basename(path)}.part`);
  }

  async write(bytes: Uint8Array): Promise<void> {
    const handle = await this.opened();
    for (let at = 0; at < bytes.length;) {
      at += (await handle.write(bytes, at, bytes.length - at)).bytesWritten;
    }
  }

  async complete(): Promise<void> {
    const handle = await this.opened();
    this.handle = undefined;
    await handle.close();
    await rename(this.partialPath, this.path);
  }

  async discard(): Promise<void> {
    const { handle } = this;
    if (handle === undefined) return;
    this.handle = undefined;
    await handle.close();
    await rm(this.partialPath, { force: true });
  }

  private async opened(): Promise<FileHandle> {
    if (this.handle !== undefined) return this.handle;
    await rm(this.partialPath, { force: true });
    // 'wx' does not follow a link that another program may have made meanwhile.
    this.handle = await open(this.partialPath, 'wx');
    return this.handle;
  }
}

/** Most files are small, so the first chunk is; a large file gets larger ones. */
const FIRST_CHUNK_BYTES = 16 * 1024;
const CHUNK_BYTES = 256 * 1024;
