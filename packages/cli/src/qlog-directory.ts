import { randomBytes } from 'node:crypto';
import { closeSync, constants, mkdirSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Tracer } from '@tsquic/quic-core';
import { createQlogTracer, type QlogConnection, type QlogSink } from '@tsquic/qlog';
import { Failure, systemFailure } from './failure.ts';

/** The qlog directory of `--qlog` or $QLOGDIR. */
export interface QlogDirectory {
  /** The tracer for a context: each connection gets a new file named after its ID and role. */
  readonly tracer: Tracer;
  /** Write all data to the disk. Call it last. */
  close(): void;
}

/**
 * The directory of `--qlog`, or of $QLOGDIR when the option stands alone or is left out; undefined when there
 * is neither. Throws a `Failure` when the option stands alone and the variable is not set, or the directory
 * cannot be made. draft-ietf-quic-qlog-main-schema
 */
export function qlogDirectoryFor(
  option: string | undefined,
  environment: Readonly<Record<string, string | undefined>>,
): QlogDirectory | undefined {
  const directory = option === undefined || option === '' ? (environment['QLOGDIR'] ?? '') : option;
  if (directory === '') {
    if (option === undefined) return undefined;
    throw new Failure(
      'ERR_TSQUIC_QLOG',
      '--qlog without a directory, and QLOGDIR is not set',
      'use --qlog DIR',
    );
  }
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw systemFailure(error, `make ${directory}`);
  }
  const files = new Set<BufferedFile>();
  const open = ({ logId, isClient }: QlogConnection): QlogSink => {
    const name = `${logId}_${isClient ? 'client' : 'server'}${SUFFIX}`;
    const file = new BufferedFile(directory, name, () => files.delete(file));
    files.add(file);
    return file;
  };
  return {
    tracer: createQlogTracer({ open, qlogNames: 'qvis', wallClock: () => new Date().toISOString() }),
    close: () => {
      for (const file of files) file.close();
    },
  };
}

/**
 * A file that is written in pieces of 64 kB and that only its owner can read, because it contains addresses
 * and traffic. An existing file is not overwritten, because clients choose a part of the name. No descriptor
 * is held between pieces. When the disk is full, the file ends and the connection goes on.
 */
class BufferedFile implements QlogSink {
  private readonly onClose: () => void;
  private readonly path: string | undefined;
  private text = '';
  private ended = false;

  constructor(directory: string, name: string, onClose: () => void) {
    this.onClose = onClose;
    this.path = createFile(join(directory, name));
    this.ended = this.path === undefined;
  }

  write(text: string): void {
    if (this.ended) return;
    this.text += text;
    if (this.text.length >= PIECE_LENGTH) this.flush();
  }

  close(): void {
    this.flush();
    this.ended = true;
    this.onClose();
  }

  private flush(): void {
    const { path, text } = this;
    this.text = '';
    if (this.ended || path === undefined || text === '') return;
    this.ended = !succeeds(() => append(path, text));
  }
}

/** Create a new empty file with this name, or a similar one if it exists; returns its path. */
function createFile(path: string): string | undefined {
  for (let attempt = 0; attempt < NAME_ATTEMPTS; attempt++) {
    const name = attempt === 0 ? path : `${path.slice(0, -SUFFIX.length)}-${randomWord()}${SUFFIX}`;
    if (succeeds(() => closeSync(openSync(name, 'wx', 0o600)))) return name;
  }
  return undefined;
}

function append(path: string, text: string): void {
  const descriptor = openSync(path, APPEND);
  try {
    writeSync(descriptor, text);
  } finally {
    closeSync(descriptor);
  }
}

function randomWord(): string {
  return randomBytes(4).toString('hex');
}

function succeeds(step: () => void): boolean {
  try {
    step();
    return true;
  } catch {
    return false;
  }
}

const PIECE_LENGTH = 65_536;
const NAME_ATTEMPTS = 3;
const SUFFIX = '.sqlog';
const APPEND = constants.O_WRONLY | constants.O_APPEND | constants.O_NOFOLLOW;
