import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { type Row, type Setting, Trial } from '@tsquic/conform';
import type { RowResult } from './result.ts';

/** An address of IPv4 or IPv6. */
export interface Endpoint {
  readonly ip: string;
  readonly port: number;
}

/** Opens the sockets of a trial, by their numbers. */
export type OpenSocket = (index: number) => Socket;

/** Sockets for a server under test: one for each conversation, until `close`. */
export class ClientSockets {
  private readonly target: Endpoint;
  private readonly opened: Socket[] = [];

  constructor(target: Endpoint) {
    this.target = target;
  }

  readonly open: OpenSocket = () => {
    const socket = createSocket(typeOf(this.target.ip));
    // A datagram that the system refuses is one that was lost.
    socket.on('error', () => {});
    this.opened.push(socket);
    return socket;
  };

  close(): void {
    for (const socket of this.opened) socket.close();
  }
}

/** A socket that listens for clients under test. Rejects with an error of the system. */
export async function listenForClients({ ip, port }: Endpoint): Promise<Socket> {
  const socket = createSocket(typeOf(ip));
  socket.bind(port, ip);
  await once(socket, 'listening');
  socket.on('error', () => {});
  return socket;
}

/**
 * Play a row over real sockets, once. Rejects with the reason of `signal` when that is aborted.
 *
 * @param target - the server under test; undefined when clients come.
 */
export function playRow(
  row: Row,
  setting: Setting,
  open: OpenSocket,
  target: Endpoint | undefined,
  signal: AbortSignal | undefined,
): Promise<RowResult> {
  return new Promise((resolve, reject) => {
    const play = new Play(row, setting, open, target, resolve, reject);
    const onAbort = (): void => play.fail(signal?.reason);
    signal?.addEventListener('abort', onAbort);
    play.onEnd = () => signal?.removeEventListener('abort', onAbort);
    play.start();
  });
}

/** A trial with its sockets and its timer. */
class Play {
  onEnd: () => void = () => {};
  private readonly beganUs = nowUs();
  private readonly trial: Trial;
  private readonly open: OpenSocket;
  private readonly target: Endpoint | undefined;
  private readonly resolve: (result: RowResult) => void;
  private readonly reject: (error: unknown) => void;
  private readonly sockets = new Map<number, Socket>();
  private readonly detach: (() => void)[] = [];
  private timer: NodeJS.Timeout | undefined;

  constructor(
    row: Row,
    setting: Setting,
    open: OpenSocket,
    target: Endpoint | undefined,
    resolve: (result: RowResult) => void,
    reject: (error: unknown) => void,
  ) {
    this.trial = new Trial(row, setting, this.beganUs);
    this.open = open;
    this.target = target;
    this.resolve = resolve;
    this.reject = reject;
  }

  start(): void {
    // Clients come to the first socket, before anything is sent.
    if (this.target === undefined) this.socketOf(0);
    this.step(() => {});
  }

  fail(error: unknown): void {
    this.end();
    this.reject(error);
  }

  private step(change: () => void): void {
    try {
      change();
      this.turn();
    } catch (error) {
      this.fail(error);
    }
  }

  /** Send what is to be sent; then wait, or end. */
  private turn(): void {
    const { trial, target } = this;
    for (let out = trial.nextDatagram(); out !== undefined; out = trial.nextDatagram()) {
      const to = out.to ?? target;
      if (to !== undefined) this.socketOf(out.socket).send(out.bytes, to.port, to.ip);
    }
    clearTimeout(this.timer);
    const { finding, packets, row } = trial;
    if (finding === undefined) {
      const delayMs = Math.max(0, (trial.wakeAtUs - nowUs()) / 1000);
      this.timer = setTimeout(() => this.step(() => trial.onTime(nowUs())), Math.ceil(delayMs));
      return;
    }
    this.end();
    this.resolve({ row, finding, packets, seconds: (nowUs() - this.beganUs) / 1e6 });
  }

  private socketOf(index: number): Socket {
    const known = this.sockets.get(index);
    if (known !== undefined) return known;
    const socket = this.open(index);
    const onMessage = (bytes: Uint8Array, { address, port }: { address: string; port: number }): void =>
      this.step(() => this.trial.incomingDatagram(bytes, index, { ip: address, port }, nowUs()));
    socket.on('message', onMessage);
    this.detach.push(() => socket.off('message', onMessage));
    this.sockets.set(index, socket);
    return socket;
  }

  private end(): void {
    clearTimeout(this.timer);
    for (const undo of this.detach.splice(0)) undo();
    this.onEnd();
  }
}

/** Time of no origin, microseconds. */
function nowUs(): number {
  return performance.now() * 1000;
}

function typeOf(ip: string): 'udp4' | 'udp6' {
  return ip.includes(':') ? 'udp6' : 'udp4';
}
