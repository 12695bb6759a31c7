import { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { nodeHeadersOf } from './node-headers.ts';
import { headOfInfo, type RequestInfo } from './request-info.ts';

/**
 * A request as node:http has it. What it does stands in properties of its own, because frameworks give it another prototype.
 */
export function createNodeRequest(request: Request, info: RequestInfo, socket: Socket): IncomingMessage {
  const message = new IncomingMessage(socket);
  const { pathname, search } = new URL(request.url);
  message.method = request.method;
  const { path, fields } = headOfInfo(info);
  message.url = path === '*' ? path : `${pathname}${search}`;
  message.httpVersion = '3.0';
  message.httpVersionMajor = 3;
  message.httpVersionMinor = 0;
  // As the client has sent them, but that HTTP/1.1 needs the host. RFC 9114 §4.3.1
  const host = { name: 'host', value: request.headers.get('host') ?? '' };
  const lines = [host, ...fields.filter(({ name }) => name !== 'host')];
  message.rawHeaders = lines.flatMap(({ name, value }) => [name, value]);
  message.headers = nodeHeadersOf(lines);
  supply(message, request, info);
  return message;
}

/** Let the content of the request flow as the message is read. */
function supply(message: IncomingMessage, request: Request, info: RequestInfo): void {
  // A body that nobody reads stays unlocked, so that the server need not wait for it.
  let reader: ReadableStreamDefaultReader<Uint8Array> | undefined = undefined;
  const finish = async (): Promise<void> => {
    // What has no body here may have content, for which nobody waits.
    const trailers = request.body === null ? [] : await info.trailers;
    message.rawTrailers = [...trailers].flat();
    message.trailers = Object.fromEntries(trailers);
    message.complete = true;
    message.push(null);
  };
  const pull = async (): Promise<void> => {
    reader ??= request.body?.getReader();
    const result = await reader?.read();
    if (result === undefined || result.done) await finish();
    else message.push(result.value);
  };
  message._read = (size) => {
    // The message is not read ahead of time before its own method was called.
    IncomingMessage.prototype._read.call(message, size);
    void pull().catch((error: Error) => message.destroy(error));
  };
  const onAbort = (): void => void message.destroy(request.signal.reason as Error);
  request.signal.addEventListener('abort', onAbort, { once: true });
  message.once('close', () => {
    request.signal.removeEventListener('abort', onAbort);
    reader?.cancel().catch(nothing);
  });
}

function nothing(): void {}
