import { type IncomingMessage, type OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import process from 'node:process';
import type { RequestInfo } from './request-info.ts';

/** How a response of node:http becomes one of the platform. */
export interface NodeResponseOutcome {
  resolve(response: Response): void;
  reject(error: unknown): void;
}

type Done = (error?: Error | null) => void;
type HeadFields = OutgoingHttpHeaders | readonly unknown[];

/**
 * A response as node:http has it, which becomes a `Response` with its head. What it does stands in properties of its own, because
 * frameworks give it another prototype.
 */
export function createNodeResponse(
  request: IncomingMessage,
  info: RequestInfo,
  socket: Socket,
  outcome: NodeResponseOutcome,
): ServerResponse {
  const response = new ServerResponse(request);
  const state = new ResponseState(response, outcome);
  Object.defineProperties(response, {
    socket: { value: socket, configurable: true, writable: true },
    connection: { value: socket, configurable: true, writable: true },
    headersSent: { get: () => state.hasHead, configurable: true },
    finished: { get: () => state.hasEnded, configurable: true },
    writableEnded: { get: () => state.hasEnded, configurable: true },
    writableFinished: { get: () => state.hasFinished, configurable: true },
    writableNeedDrain: { get: () => state.wantsDrain, configurable: true },
  });
  Object.assign(response, callsOf(response, state, info));
  return response;
}

/** The calls of a response that lead to its stream. */
function callsOf(response: ServerResponse, state: ResponseState, info: RequestInfo): object {
  return {
    writeHead(status: number, reason?: string | HeadFields, fields?: HeadFields): ServerResponse {
      response.statusCode = status;
      setFields(response, typeof reason === 'string' ? fields : (fields ?? reason));
      state.begin();
      return response;
    },
    _implicitHeader(): void {
      response.writeHead(response.statusCode);
    },
    flushHeaders: () => state.ensureHead(),
    write: (chunk: unknown, encoding?: BufferEncoding | Done, done?: Done): boolean =>
      state.write(bytesOf(chunk, encoding), callback(encoding, done)),
    end(chunk?: unknown, encoding?: BufferEncoding | Done, done?: Done): ServerResponse {
      const hasChunk = chunk !== undefined && chunk !== null && typeof chunk !== 'function';
      const told = typeof chunk === 'function' ? (chunk as Done) : callback(encoding, done);
      state.end(hasChunk ? bytesOf(chunk, encoding) : undefined, told);
      return response;
    },
    addTrailers: (fields: Record<string, string>) => info.setTrailers(() => fields),
    // Content is asked for when it is read.
    writeContinue: () => {},
    writeProcessing: () => info.inform(102),
    writeEarlyHints: (hints: Record<string, string | string[]>, done?: () => void) => {
      info.inform(
        103,
        Object.entries(hints).flatMap(([name, value]) =>
          [value].flat().map((one) => [name, one] as [string, string]),
        ),
      );
      done?.();
    },
    destroy(error?: Error): ServerResponse {
      state.destroy(error);
      return response;
    },
  };
}

/** How far a response is. */
class ResponseState {
  hasHead = false;
  hasEnded = false;
  hasFinished = false;
  wantsDrain = false;
  private readonly response: ServerResponse;
  private readonly outcome: NodeResponseOutcome;
  private controller: ReadableStreamDefaultController<Uint8Array> | undefined = undefined;
  private isClosed = false;

  constructor(response: ServerResponse, outcome: NodeResponseOutcome) {
    this.response = response;
    this.outcome = outcome;
  }

  ensureHead(): void {
    // Others wrap `writeHead`, to hear of the head before it leaves.
    if (!this.hasHead) this.response.writeHead(this.response.statusCode);
  }

  /** The head is complete. */
  begin(): void {
    const { response } = this;
    if (this.hasHead)
      throw Object.assign(new Error('the head was sent before'), { code: 'ERR_HTTP_HEADERS_SENT' });
    const { statusCode: status } = response;
    const headers = new Headers();
    for (const [name, value] of Object.entries(response.getHeaders()))
      for (const one of [value].flat()) headers.append(name, String(one));
    this.hasHead = true;
    // Calls that set fields look at this one.
    (response as unknown as { _header: string })._header = 'sent';
    try {
      const isEmpty = NO_CONTENT.has(status) || response.req.method === 'HEAD';
      const body = isEmpty ? null : this.createBody();
      this.outcome.resolve(new Response(body, { status, headers }));
    } catch (error) {
      this.outcome.reject(error);
    }
  }

  write(bytes: Uint8Array, done: Done | undefined): boolean {
    if (this.hasEnded) return this.refuse(done);
    this.ensureHead();
    const { controller } = this;
    if (controller !== undefined && !this.isClosed && bytes.length > 0) controller.enqueue(bytes);
    if (done !== undefined) process.nextTick(done);
    this.wantsDrain = !this.isClosed && (controller?.desiredSize ?? 1) <= 0;
    return !this.wantsDrain;
  }

  end(bytes: Uint8Array | undefined, done: Done | undefined): void {
    if (this.hasEnded) return void (done !== undefined && this.refuse(done));
    if (done !== undefined) this.response.once('finish', done);
    const isDefined = bytes !== undefined && !NO_CONTENT.has(this.response.statusCode);
    if (!this.hasHead && isDefined && !this.response.hasHeader('content-length'))
      this.response.setHeader('content-length', bytes.length);
    this.ensureHead();
    if (bytes !== undefined) this.write(bytes, undefined);
    this.hasEnded = true;
    this.wantsDrain = false;
    if (!this.isClosed) this.controller?.close();
    process.nextTick(() => this.finish());
  }

  /** The program gives the response up, or the client does. */
  destroy(error: Error | undefined): void {
    const reason = error ?? new Error('the response was destroyed');
    const wasOpen = !this.isClosed && !this.hasEnded;
    this.close();
    if (!wasOpen) return;
    if (this.controller === undefined) this.outcome.reject(reason);
    else this.controller.error(reason);
  }

  /** Nothing follows. */
  private close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.response.destroyed = true;
    process.nextTick(() => this.response.emit('close'));
  }

  private finish(): void {
    if (this.isClosed) return;
    this.hasFinished = true;
    this.response.emit('finish');
    this.close();
  }

  private createBody(): ReadableStream<Uint8Array> {
    return new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          this.controller = controller;
        },
        pull: () => {
          if (!this.wantsDrain) return;
          this.wantsDrain = false;
          this.response.emit('drain');
        },
        cancel: () => this.close(),
      },
      { highWaterMark: QUEUED_BYTES, size: (chunk) => chunk.length },
    );
  }

  /** As node:http: an error of the program, which it hears of. */
  private refuse(done: Done | undefined): false {
    const error = Object.assign(new Error('write after end'), { code: 'ERR_STREAM_WRITE_AFTER_END' });
    process.nextTick(() => {
      if (done !== undefined) done(error);
      if (this.response.listenerCount('error') > 0) this.response.emit('error', error);
    });
    return false;
  }
}

function setFields(response: ServerResponse, fields: HeadFields | undefined): void {
  if (fields === undefined) return;
  if (!Array.isArray(fields)) {
    for (const [name, value] of Object.entries(fields))
      if (value !== undefined) response.setHeader(name, value as string);
    return;
  }
  const flat = (Array.isArray(fields[0]) ? fields.flat() : fields) as string[];
  for (let index = 0; index + 1 < flat.length; index += 2)
    response.appendHeader(flat[index]!, flat[index + 1]!);
}

function bytesOf(chunk: unknown, encoding: BufferEncoding | Done | undefined): Uint8Array {
  if (chunk instanceof Uint8Array) return chunk;
  if (typeof chunk === 'string') return Buffer.from(chunk, typeof encoding === 'string' ? encoding : 'utf8');
  throw Object.assign(new TypeError('a chunk must be a string or a Uint8Array'), {
    code: 'ERR_INVALID_ARG_TYPE',
  });
}

function callback(encoding: unknown, done: Done | undefined): Done | undefined {
  return typeof encoding === 'function' ? (encoding as Done) : done;
}

const NO_CONTENT: ReadonlySet<number> = new Set([204, 205, 304]);
/** Bytes that wait before `write` returns false, as in node:http. */
const QUEUED_BYTES = 16_384;
