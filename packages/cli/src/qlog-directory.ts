import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Tracer } from '@tsquic/quic-core';
import { createQlogTracer, type QlogConnection, type QlogSink } from '@tsquic/qlog';
import { Failure, systemFailure } from './failure.ts';

/** What `--qlog` or $QLOGDIR asks for. */
export interface QlogDirectory {
  /** Give it to a context: each connection gets a file named after its ID and our role. */
  readonly tracer: Tracer;
  /** Write what is not on disk yet. Call it last. */
  close(): void;
}

/**
 * The directory of `--qlog`, or of $QLOGDIR when the option stands alone or is left out; undefined when there is
 * neither. Throws a `Failure` when the option stands alone without the variable, or the directory cannot be made.
 * draft-ietf-quic-qlog-main-schema
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
    mkdirSync(directory, { recursive: true });
  } catch (error) {
    throw systemFailure(error, `make ${directory}`);
  }
  const files = new Set<BufferedFile>();
  const open = ({ logId, isClient }: QlogConnection): QlogSink => {
    const path = join(directory, `${logId}_${isClient ? 'client' : 'server'}.sqlog`);
    const file = new BufferedFile(path, () => files.delete(file));
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

/** A file written in pieces of 64 kB. A disk that is full ends the file, and not the connection. */
class BufferedFile implements QlogSink {
  private readonly onClose: () => void;
  private descriptor: number | undefined;
  private text = '';

  constructor(path: string, onClose: () => void) {
    this.onClose = onClose;
    this.descriptor = orUndefined(() => openSync(path, 'w'));
  }

  write(text: string): void {
    if (this.descriptor === undefined) return;
    this.text += text;
    if (this.text.length >= PIECE_LENGTH) this.flush();
  }

  close(): void {
    this.flush();
    const { descriptor } = this;
    if (descriptor !== undefined) orUndefined(() => closeSync(descriptor));
    this.descriptor = undefined;
    this.onClose();
  }

  private flush(): void {
    const { descriptor, text } = this;
    this.text = '';
    if (descriptor === undefined || text === '') return;
    if (orUndefined(() => writeSync(descriptor, text)) === undefined) this.descriptor = undefined;
  }
}

function orUndefined<T>(step: () => T): T | undefined {
  try {
    return step();
  } catch {
    return undefined;
  }
}

const PIECE_LENGTH = 65_536;
