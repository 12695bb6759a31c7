// A proxy over HTTP/3: CONNECT makes a tunnel to a TCP server (RFC 9114 §4.4), on the ports that are named here alone.
//   node -C tsquic-src --import ./tools/ts.mjs examples/connect-proxy.ts cert.pem key.pem [PORT [TARGET_PORT …]]
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { Http3Code, type Http3Stream, type RequestHead } from '@tsquic/http3';
import { listen } from 'tsquic';
import { Http3Session, type Http3StreamHandlers } from 'tsquic/http3';

const [certFile = 'cert.pem', keyFile = 'key.pem', portNumber = '4433', ...targets] = process.argv.slice(2);
const allowed: ReadonlySet<string> = new Set(targets.length === 0 ? ['443'] : targets);
const scratch = new Uint8Array(65_536);
const nothing = new Uint8Array(0);

/** Carries bytes between a request stream and a TCP connection, each way at the pace of the slower side. */
class Tunnel implements Http3StreamHandlers {
  private readonly stream: Http3Stream;
  private readonly socket: Socket;
  private readonly wake: () => void;
  /** Bytes of the TCP server that the client has no room for yet. */
  private waiting: Uint8Array = nothing;
  private isOpen = false;

  constructor(stream: Http3Stream, target: string, wake: () => void) {
    const { hostname, port } = new URL(`tcp://${target}`);
    this.stream = stream;
    this.wake = wake;
    this.socket = connect({
      host: hostname.replace(/^\[(.*)\]$/, '$1'),
      port: Number(port),
      allowHalfOpen: true,
    });
    this.socket.on('connect', () => this.open());
    this.socket.on('data', (bytes) => this.send(bytes));
    this.socket.on('end', () => this.sendEnd());
    this.socket.on('drain', () => this.onContent());
    this.socket.on('error', () => this.fail());
  }

  onContent(): void {
    if (!this.isOpen) return;
    while (!this.socket.writableNeedDrain) {
      const count = this.stream.read(scratch);
      if (count === 0) break;
      this.socket.write(scratch.slice(0, count));
    }
    this.wake();
  }

  /** The client sends no more: FIN. */
  onEnd(): void {
    this.socket.end();
  }

  onWritable(): void {
    const bytes = this.waiting;
    this.waiting = nothing;
    this.send(bytes);
    if (this.waiting.length === 0) this.socket.resume();
  }

  // The client gives up, or the connection does: RST, and neither way goes on.
  onFailed = (): void => this.reset();
  onStopped = (): void => this.reset();
  onClosed = (): void => this.reset();

  private open(): void {
    this.isOpen = true;
    this.stream.respond({ status: 200, fields: [] });
    this.onContent();
  }

  private send(bytes: Uint8Array): void {
    const taken = this.stream.write(bytes);
    if (taken < bytes.length) {
      this.waiting = bytes.slice(taken);
      this.socket.pause();
    }
    this.wake();
  }

  private sendEnd(): void {
    this.stream.write(nothing, true);
    this.wake();
  }

  /** The TCP server cannot be reached, or has reset its connection. */
  private fail(): void {
    if (this.isOpen) this.stream.cancel(Http3Code.ConnectError);
    else this.stream.respond({ status: 502, fields: [] }, true);
    this.wake();
  }

  private reset(): void {
    this.socket.resetAndDestroy();
    this.stream.cancel(Http3Code.ConnectError);
    this.wake();
  }
}

function answer(stream: Http3Stream, head: RequestHead, wake: () => void): Http3StreamHandlers {
  const { method, authority } = head;
  if (method === 'CONNECT' && allowed.has(authority.slice(authority.lastIndexOf(':') + 1)))
    return new Tunnel(stream, authority, wake);
  stream.respond({ status: method === 'CONNECT' ? 403 : 405, fields: [] }, true);
  stream.stopReading();
  return {};
}

const listener = await listen(
  {
    host: '127.0.0.1',
    port: Number(portNumber),
    cert: readFileSync(certFile, 'utf8'),
    key: readFileSync(keyFile, 'utf8'),
    ALPNProtocols: ['h3'],
  },
  (connection) => {
    void new Http3Session(connection, {
      handlers: (session) => ({ onRequest: (stream, head) => answer(stream, head, () => session.wake()) }),
    });
  },
);
console.log(`listening on port ${listener.address.port}`);
process.once('SIGTERM', () => void listener.close());
