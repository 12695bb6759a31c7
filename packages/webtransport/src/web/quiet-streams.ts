import { ignorable } from './settlement.ts';

/**
 * Web streams whose promises may be ignored: a peer decides when a read or a write fails, and must not end the program by that. Code
 * that awaits a promise gets its rejection.
 */
export class QuietReadable<T> extends ReadableStream<T> {
  override getReader(options: { readonly mode: 'byob' }): ReadableStreamBYOBReader;
  override getReader(): ReadableStreamDefaultReader<T>;
  override getReader(options?: {
    readonly mode: 'byob';
  }): ReadableStreamBYOBReader | ReadableStreamDefaultReader<T> {
    if (options?.mode === undefined) return new QuietReader<T>(this);
    return options.mode === 'byob' ? quietByob(super.getReader({ mode: 'byob' })) : super.getReader(options);
  }

  override pipeTo(...args: Parameters<ReadableStream<T>['pipeTo']>): Promise<void> {
    return ignorable(super.pipeTo(...args));
  }

  override cancel(reason?: unknown): Promise<void> {
    return ignorable(super.cancel(reason));
  }
}

class QuietReader<T> extends ReadableStreamDefaultReader<T> {
  override read(): ReturnType<ReadableStreamDefaultReader<T>['read']> {
    return ignorable(super.read());
  }

  override cancel(reason?: unknown): Promise<void> {
    return ignorable(super.cancel(reason));
  }
}

/** A reader of this kind is made by the stream; its `read` is wrapped on the object. */
function quietByob(reader: ReadableStreamBYOBReader): ReadableStreamBYOBReader {
  const read = reader.read.bind(reader);
  Object.defineProperty(reader, 'read', {
    value: (...args: Parameters<typeof read>) => ignorable(read(...args)),
    configurable: true,
    writable: true,
  });
  return reader;
}

/** The same for writing. */
export class QuietWritable<T> extends WritableStream<T> {
  override getWriter(): WritableStreamDefaultWriter<T> {
    return new QuietWriter<T>(this);
  }

  override close(): Promise<void> {
    return ignorable(super.close());
  }

  override abort(reason?: unknown): Promise<void> {
    return ignorable(super.abort(reason));
  }
}

class QuietWriter<T> extends WritableStreamDefaultWriter<T> {
  override write(chunk: T): Promise<void> {
    return ignorable(super.write(chunk));
  }

  override close(): Promise<void> {
    return ignorable(super.close());
  }

  override abort(reason?: unknown): Promise<void> {
    return ignorable(super.abort(reason));
  }
}
