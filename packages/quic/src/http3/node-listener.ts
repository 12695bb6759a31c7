import type { IncomingMessage, ServerResponse } from 'node:http';
import { reportFault } from '../program-fault.ts';
import { createNodeRequest } from './node-request.ts';
import { createNodeResponse } from './node-response.ts';
import { createSocket } from './node-socket.ts';
import type { Http3Handler } from './serve-options.ts';

/**
 * A handler for `serve` out of one of node:http's `(req, res)`, which an application of Express is too. What it throws or rejects with goes
 * to `onError` of `serve`. `req.socket` has addresses and nothing else of a socket; upgrades do not exist in HTTP/3.
 */
export function nodeHandler(listener: (req: IncomingMessage, res: ServerResponse) => unknown): Http3Handler {
  return (request, info) =>
    new Promise<Response>((resolve, reject) => {
      const socket = createSocket(info);
      const incoming = createNodeRequest(request, info, socket);
      const response = createNodeResponse(incoming, info, socket, { resolve, reject });
      const { signal } = request;
      const onAbort = (): void => void response.destroy(signal.reason as Error);
      signal.addEventListener('abort', onAbort, { once: true });
      socket.once('close', () => void response.destroy());
      response.once('close', () => {
        signal.removeEventListener('abort', onAbort);
        socket.destroy();
      });
      const onFault = (error: unknown): void => {
        if (response.writableEnded) reportFault('a handler of requests', error);
        else if (response.headersSent) response.destroy(error as Error);
        else reject(error);
      };
      try {
        const result = listener(incoming, response);
        if (result instanceof Promise) result.catch(onFault);
      } catch (error) {
        onFault(error);
      }
    });
}
