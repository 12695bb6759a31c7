import { createSecureServer, type Http2ServerRequest, type Http2ServerResponse } from 'node:http2';
import { once } from 'node:events';
import { answerFileRequest } from './file-answer.ts';
import type { ServedFile } from './lent-file.ts';
import type { KeyPair } from './trust.ts';

/** Where a companion listens, and what it tells. */
export interface TcpCompanionOptions {
  readonly host: string;
  readonly port: number;
  readonly keyPair: KeyPair;
  /** A path from `realpath`. */
  readonly root: string;
}

/** The same files over HTTP/2 and HTTP/1.1, for browsers, which ask for HTTP/3 once `alt-svc` has told them of it. */
export interface TcpCompanion {
  close(): Promise<void>;
}

/** Listens. Rejects with the system's error. */
export async function openTcpCompanion({
  host,
  port,
  keyPair,
  root,
}: TcpCompanionOptions): Promise<TcpCompanion> {
  const altSvc = `h3=":${port}"; ma=86400`;
  const server = createSecureServer({ ...keyPair, allowHTTP1: true }, (request, response) => {
    answer(root, altSvc, request, response).catch(() => response.destroy());
  });
  const sockets = new Set<{ destroy(): void }>();
  server.on('connection', (socket: { destroy(): void; once(event: 'close', listener: () => void): void }) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  // A client that ends the handshake, or sends what is no HTTP, ends its own connection.
  server.on('tlsClientError', () => undefined);
  server.on('sessionError', () => undefined);
  server.listen({ host, port });
  await once(server, 'listening');
  return {
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

async function answer(
  root: string,
  altSvc: string,
  request: Http2ServerRequest,
  response: Http2ServerResponse,
): Promise<void> {
  request.on('error', () => undefined);
  response.on('error', () => undefined);
  request.resume();
  const fields = Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(', ') : value,
    ]),
  );
  const {
    status,
    fields: head,
    content,
  } = await answerFileRequest(root, {
    ...{ method: request.method, path: request.url, fields },
  });
  response.writeHead(status, { ...head, 'alt-svc': altSvc });
  if (content === undefined) return void response.end();
  try {
    await send(content, response);
  } finally {
    await content.handle.close();
  }
}

async function send({ handle, size }: ServedFile, response: Http2ServerResponse): Promise<void> {
  for (let at = 0; at < size;) {
    const chunk = new Uint8Array(Math.min(size - at, CHUNK_BYTES));
    const { bytesRead } = await handle.read(chunk, 0, chunk.length, at);
    if (bytesRead === 0 || response.destroyed) throw new Error('the file, or who wants it, has gone');
    at += bytesRead;
    if (response.write(chunk.subarray(0, bytesRead))) continue;
    await Promise.race([once(response, 'drain'), once(response, 'close')]);
  }
  response.end();
}

const CHUNK_BYTES = 64 * 1024;
