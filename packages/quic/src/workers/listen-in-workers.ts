import { availableParallelism } from 'node:os';
import { createNodeProvider } from '@tsquic/crypto/node';
import { canReusePort, type DatagramPort, openNodePort } from '@tsquic/event-adapters';
import { QuicError } from '../errors.ts';
import { openHosts } from '../listen.ts';
import { use } from '../usage.ts';
import { Dispatcher } from './dispatcher.ts';
import { KeyRing } from './key-ring.ts';
import { createSteeringPlan, Steering } from './steering.ts';
import { UsedTickets } from './used-tickets.ts';
import { hostsOf, WorkersListener } from './workers-listener.ts';
import { checkWorkersOptions, type WorkersOptions } from './workers-options.ts';

/**
 * Serve clients on one UDP port in several threads, so that all cores take part. Each runs a module that calls
 * `listenAsWorker`. Connections stay with their worker when clients change their address; sessions, tokens and 0-RTT are
 * those of one server.
 *
 * Rejects with `ERR_QUIC_INVALID_OPTION` for invalid options, with the system's error (`EADDRINUSE`) when the address
 * cannot be bound, and with the error of a module that fails before it listens. Everything is then closed.
 */
export async function listenInWorkers(options: WorkersOptions): Promise<WorkersListener> {
  checkWorkersOptions(options);
  const { signal, quicLb, workers = availableParallelism(), dispatch } = options;
  signal?.throwIfAborted();
  const systemCan = canReusePort();
  if (dispatch === 'system' && !systemCan)
    throw new QuicError(
      'ERR_QUIC_INVALID_OPTION',
      "dispatch: 'system' takes Linux and Node 22.12, 23.1 or newer; leave the option out to do without",
    );
  const crypto = createNodeProvider();
  const plan = createSteeringPlan(crypto, quicLb);
  const steering = use(() => new Steering(crypto, plan));
  const keys = new KeyRing(crypto, options);
  const port = await openExclusive(options);
  const isSystems = systemCan && dispatch !== 'thread';
  // Sockets that may be shared would not notice another server on this port: this one does, and then makes room.
  if (isSystems) port.close();
  const listener = new WorkersListener({
    options,
    steering,
    plan,
    keys,
    tickets: new UsedTickets(!keys.isOwn),
    address: port.local,
    dispatcher: isSystems ? undefined : new Dispatcher(port, steering),
  });
  await listener.start(workers);
  return listener;
}

function openExclusive(options: WorkersOptions): Promise<DatagramPort> {
  return openHosts(hostsOf(options), options.port ?? 0, (ip, port) => openNodePort({ ip, port }));
}
