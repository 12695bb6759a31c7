import { type DatagramPort, nodeClock, openNodePort } from '@tsquic/event-adapters';
import type { QuicHostContext } from '@tsquic/quic-core';
import { clientContexts } from './contexts.ts';
import { Endpoint } from './endpoint.ts';
import { QuicError } from './errors.ts';
import { checkClientEndpoint, checkClose } from './option-checks.ts';
import type { ClientEndpointOptions, CloseOptions } from './options.ts';

/**
 * Sockets that many connections of a client share, as option `endpoint` of `connect`: one for IPv4 and one for IPv6, each
 * opened by the first connection that needs it. Connections that share a socket are told apart by their connection
 * IDs, RFC 9000 §5.2; each ends alone. The program may end when none is open.
 *
 * Throws `ERR_QUIC_INVALID_OPTION` for invalid options.
 */
export class QuicEndpoint {
  constructor(options: ClientEndpointOptions) {
    checkClientEndpoint(options);
    sockets.set(this, new ClientSockets(options, clientContexts(options)));
  }

  /** Close every connection, tell the peers, and close the sockets. `connect` rejects with `ERR_QUIC_CLOSED` from now on. */
  async close(options: CloseOptions = {}): Promise<void> {
    checkClose(options);
    await sockets.get(this)!.close(options);
  }

  /** The same as `close()`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** A place on a socket for one connection. */
export interface Berth {
  readonly endpoint: Endpoint;
  /** Whether the connection keeps the program running; without effect once it has left. */
  keepAlive(isKept: boolean): void;
  /** The connection has ended. */
  leave(): void;
}

/** The sockets behind the endpoint of a program. */
export function socketsOf(endpoint: QuicEndpoint): ClientSockets {
  const found = sockets.get(endpoint);
  if (found === undefined) throw new QuicError('ERR_QUIC_INVALID_OPTION', 'endpoint must be a QuicEndpoint');
  return found;
}

/** The implementation of a `QuicEndpoint`. */
export class ClientSockets {
  private readonly options: ClientEndpointOptions;
  private readonly createContext: () => QuicHostContext;
  private readonly byFamily = new Map<'udp4' | 'udp6', Promise<Endpoint>>();
  /** The connections of each endpoint that keep the program running. */
  private readonly kept = new Map<Endpoint, Set<Berth>>();
  private isClosed = false;

  constructor(options: ClientEndpointOptions, createContext: () => QuicHostContext) {
    this.options = options;
    this.createContext = createContext;
  }

  /** A place on the socket that reaches this address. Rejects with the system's error when it cannot be opened. */
  async enter(ip: string): Promise<Berth> {
    this.assertOpen();
    const family = ip.includes(':') ? 'udp6' : 'udp4';
    const opening = this.byFamily.get(family) ?? this.open(family);
    this.byFamily.set(family, opening);
    const endpoint = await opening;
    this.assertOpen();
    return this.berth(endpoint);
  }

  async close({ code, reason }: CloseOptions): Promise<void> {
    this.isClosed = true;
    const openings = [...this.byFamily.values()];
    this.byFamily.clear();
    for (const opening of await Promise.allSettled(openings))
      if (opening.status === 'fulfilled') await opening.value.close(code, reason);
  }

  private berth(endpoint: Endpoint): Berth {
    let isLeft = false;
    const berth = {
      endpoint,
      keepAlive: (isKept: boolean): void => {
        // A program may call ref() after the end: the others alone then decide.
        if (!isLeft) this.keep(berth, isKept);
      },
      leave: (): void => {
        isLeft = true;
        this.keep(berth, false);
      },
    };
    this.keep(berth, true);
    return berth;
  }

  private keep(berth: Berth, isKept: boolean): void {
    const kept = this.kept.get(berth.endpoint)!;
    if (isKept) kept.add(berth);
    else kept.delete(berth);
    berth.endpoint.keepAlive(kept.size > 0);
  }

  private async open(family: 'udp4' | 'udp6'): Promise<Endpoint> {
    try {
      const context = this.createContext();
      const socket = await openSocket(this.options, family);
      const endpoint = new Endpoint({
        context,
        socket,
        clock: this.options.clock ?? nodeClock,
        tracer: this.options.core?.tracer,
        isShared: true,
      });
      this.kept.set(endpoint, new Set());
      return endpoint;
    } catch (error) {
      // The next connection may have better luck.
      this.byFamily.delete(family);
      throw error;
    }
  }

  private assertOpen(): void {
    if (this.isClosed) throw new QuicError('ERR_QUIC_CLOSED', 'the endpoint is closed');
  }
}

/** `localAddress` is of one family; the socket of the other takes any address. */
function openSocket(
  { localAddress = '', localPort = 0 }: ClientEndpointOptions,
  family: 'udp4' | 'udp6',
): Promise<DatagramPort> {
  const isIpv6 = family === 'udp6';
  const any = isIpv6 ? '::' : '0.0.0.0';
  const isOurs = localAddress !== '' && localAddress.includes(':') === isIpv6;
  return openNodePort({ ip: isOurs ? localAddress : any, port: localPort });
}

const sockets = new WeakMap<QuicEndpoint, ClientSockets>();
