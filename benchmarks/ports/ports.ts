import { createPortSet, openNodePort, type DatagramPort } from '@tsquic/event-adapters';
import { openBunPort } from '@tsquic/event-adapters/bun';
import { openDenoPort } from '@tsquic/event-adapters/deno';
import { openFfiPort } from '@tsquic/event-adapters/ffi';

/** The ports with sockets, by name: each opens on 127.0.0.1. */
export const PORTS: Readonly<Record<string, () => Promise<DatagramPort>>> = {
  node: () => openNodePort({ ip: '127.0.0.1' }),
  set: async () =>
    createPortSet([
      { port: await openNodePort({ ip: '127.0.0.1' }) },
      { port: await openNodePort({ ip: '::1' }) },
    ]),
  bun: () => openBunPort({ ip: '127.0.0.1' }),
  ffi: () => openFfiPort({ ip: '127.0.0.1' }),
  'ffi-ipv6': () => openFfiPort({ ip: '::1' }),
  deno: () => openDenoPort({ ip: '127.0.0.1' }),
};
