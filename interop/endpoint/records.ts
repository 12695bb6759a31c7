import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createQlogTracer, type QlogConnection, type QlogSink } from '@tsquic/qlog';
import type { CommonOptions } from 'tsquic';
import type { Contract } from './contract.ts';

/** What an endpoint leaves behind: the secrets of its connections, and a qlog file of each. */
export interface Records {
  readonly options: Pick<CommonOptions, 'onKeyLog' | 'core'>;
  /** Writes what is left to write. */
  close(): void;
}

/** Begins the records that the contract asks for; '' is for none. */
export function openRecords({ keyLog, qlogDirectory }: Pick<Contract, 'keyLog' | 'qlogDirectory'>): Records {
  const files = new Set<QlogFile>();
  const open = ({ logId, isClient }: QlogConnection): QlogSink => {
    const file = new QlogFile(join(qlogDirectory, `${logId}_${isClient ? 'client' : 'server'}.sqlog`));
    files.add(file);
    return file;
  };
  if (qlogDirectory !== '') mkdirSync(qlogDirectory, { recursive: true });
  return {
    options: {
      ...(keyLog !== '' && { onKeyLog: (line: string) => appendFileSync(keyLog, `${line}\n`) }),
      ...(qlogDirectory !== '' && {
        core: {
          tracer: createQlogTracer({ open, qlogNames: 'qvis', wallClock: () => new Date().toISOString() }),
        },
      }),
    },
    close: () => {
      for (const file of files) file.close();
    },
  };
}

/** A file that is written in large pieces, and open only meanwhile. */
class QlogFile implements QlogSink {
  private readonly path: string;
  private text = '';

  constructor(path: string) {
    this.path = path;
    writeFileSync(path, '');
  }

  write(text: string): void {
    this.text += text;
    if (this.text.length >= PIECE_LENGTH) this.close();
  }

  close(): void {
    appendFileSync(this.path, this.text);
    this.text = '';
  }
}

const PIECE_LENGTH = 65_536;
