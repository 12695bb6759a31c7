import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import type { RequestInfo } from './request-info.ts';

/**
 * What `req.socket` is for handlers of node:http: addresses, and something to listen to. Nothing can be written to it or read from it;
 * destroying it gives up its request alone.
 */
class RequestSocket extends Duplex {
  readonly encrypted = true;
  readonly alpnProtocol = 'h3';
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly remoteFamily: string;
  readonly localAddress: string;
  readonly localPort: number;
  readonly servername: string;

  constructor({ connection }: RequestInfo) {
    super({ read: nothing, write: (_chunk, _encoding, done) => done(), emitClose: true });
    const { remoteAddress, localAddress, servername } = connection;
    this.remoteAddress = remoteAddress.ip;
    this.remotePort = remoteAddress.port;
    this.remoteFamily = remoteAddress.ip.includes(':') ? 'IPv6' : 'IPv4';
    this.localAddress = localAddress.ip;
    this.localPort = localAddress.port;
    this.servername = servername;
    this.on('error', nothing);
  }

  /** The options of TCP sockets change nothing here. */
  setTimeout(): this {
    return this;
  }

  setNoDelay(): this {
    return this;
  }

  setKeepAlive(): this {
    return this;
  }

  address(): { readonly address: string; readonly port: number; readonly family: string } {
    return { address: this.localAddress, port: this.localPort, family: this.remoteFamily };
  }
}

export function createSocket(info: RequestInfo): Socket {
  return new RequestSocket(info) as unknown as Socket;
}

function nothing(): void {}
