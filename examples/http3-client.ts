// Asks a server of HTTP/3 for paths, all at once, and prints the answers; `@FILE` sends a file by POST.
//   node -C tsquic-src --import ./tools/ts.mjs examples/http3-client.ts cert.pem PORT PATH…
import { readFileSync } from 'node:fs';
import { createNodeProvider } from '@tsquic/crypto/node';
import { nodeClock, openNodePort, QuicLoop, unixTimeAtZeroUs } from '@tsquic/event-adapters';
import { Http3Connection, type Http3Event, type RequestHead } from '@tsquic/http3';
import { createQuicContext, type QuicEvent } from '@tsquic/quic-core';
import { certificatesFromPem, createCertificateVerifier } from '@tsquic/tls13/x509';

const [caFile = 'cert.pem', portNumber = '4433', ...paths] = process.argv.slice(2);
const to = { ip: '127.0.0.1', port: Number(portNumber) };
const verifier = createCertificateVerifier({
  trustAnchors: certificatesFromPem(readFileSync(caFile, 'utf8')),
});
const context = createQuicContext({ crypto: createNodeProvider(), alpn: ['h3'], verifier, unixTimeAtZeroUs });
const port = await openNodePort({ connect: to });
const loop = new QuicLoop({ context, port, clock: nodeClock, onEvent });
const connection = context.createConnection({ to, from: port.local, serverName: 'localhost' }, loop.nowUs());
const http = new Http3Connection(connection);
loop.wake();

/** What is left to send of each request. */
const unsent = new Map<number, Uint8Array>();
const answers = new Map<number, { path: string; status: number; bytes: number }>();

function onEvent(event: QuicEvent): void {
  http.onEvent(event);
  if (event.type === 'connected') {
    for (const path of paths) ask(path);
    if (answers.size === 0) http.close();
  }
  for (let told = http.nextEvent(); told !== undefined; told = http.nextEvent()) follow(told);
}

function ask(path: string): void {
  const content = path.startsWith('@') ? new Uint8Array(readFileSync(path.slice(1))) : undefined;
  const head: RequestHead = {
    ...{ method: content === undefined ? 'GET' : 'POST', scheme: 'https', authority: 'localhost' },
    ...{
      path: content === undefined ? path : '/',
      fields: [{ name: 'user-agent', value: 'tsquic example' }],
    },
  };
  const request = http.request(head, { ends: content === undefined });
  if (request === undefined) return console.error(`${path}: the server takes no further request`);
  answers.set(request.id, { path, status: 0, bytes: 0 });
  if (content !== undefined) send(request.id, content);
}

function send(streamId: number, content: Uint8Array): void {
  const taken = http.stream(streamId)?.write(content, true) ?? content.length;
  if (taken < content.length) unsent.set(streamId, content.subarray(taken));
  else unsent.delete(streamId);
}

function follow(event: Http3Event): void {
  if (event.type === 'closed') {
    if (answers.size > 0) console.error('closed before all answers:', event.reason);
    loop.close();
  }
  const answer = 'streamId' in event ? answers.get(event.streamId) : undefined;
  if (!('streamId' in event) || answer === undefined) return;
  if (event.type === 'response') answer.status = event.head.status;
  if (event.type === 'content') answer.bytes += countContent(event.streamId);
  if (event.type === 'writable') send(event.streamId, unsent.get(event.streamId) ?? new Uint8Array(0));
  if (event.type === 'failed') console.error(answer.path, event.text, event.code);
  if (event.type !== 'end' && event.type !== 'failed') return;
  console.log(answer.path, answer.status, `${answer.bytes} bytes`);
  answers.delete(event.streamId);
  if (answers.size === 0) http.close();
}

/** Read what there is of an answer; returns how many bytes. */
function countContent(streamId: number): number {
  const stream = http.stream(streamId);
  const chunk = new Uint8Array(16_384);
  let bytes = 0;
  for (let count = stream?.read(chunk) ?? 0; count > 0; count = stream?.read(chunk) ?? 0) bytes += count;
  return bytes;
}
