// Programs that do to a socket of node:ffi or bun:ffi what would end a process, were it not looked after. Arguments: the name of one. Each ends
// with the exit code 0 by itself, but for those that say otherwise.
import { setImmediate as turn, setTimeout as pause } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { isMainThread, Worker } from 'node:worker_threads';
import { type DatagramPort, nodeClock, openUdpPort } from '@tsquic/event-adapters';
import { canOpenFfiPort, openFfiPort } from '@tsquic/event-adapters/ffi';

const LOOPBACK = { ip: '127.0.0.1' };

const PROGRAMS: Readonly<Record<string, () => Promise<void>>> = {
  /** Ends with 3, from inside a callback. */
  exit: async () => {
    const [sender, receiver] = await open();
    receiver.onDatagram = () => process.exit(3);
    send(sender, receiver);
  },

  throw: async () => {
    const [sender, receiver] = await open();
    const thrown: unknown[] = [];
    process.on('uncaughtException', (error) => thrown.push(error.message));
    receiver.onDatagram = () => {
      if (thrown.length === 2) return close(sender, receiver);
      setImmediate(() => send(sender, receiver));
      throw new Error('of a handler');
    };
    send(sender, receiver);
  },

  /** Only the callback could run the job of this promise. */
  promise: async () => {
    const [sender, receiver] = await open();
    receiver.onDatagram = () => void Promise.resolve().then(() => close(sender, receiver));
    send(sender, receiver);
  },

  unref: async () => {
    for (const port of await open()) port.unref?.();
  },

  /** Datagrams wait as the program ends, which Node polls for once more as it cleans up. */
  'unref-late': async () => {
    const [sender, receiver] = await open();
    for (const port of [sender, receiver]) port.unref?.();
    await turn();
    process.on('exit', () => send(sender, receiver));
  },

  /** The timer of an alarm that lets the program end is due before the immediate of the same alarm ran. */
  alarm: async () => {
    const alarm = nodeClock.createAlarm(() => {});
    alarm.set(0);
    alarm.unref?.();
    for (const begun = performance.now(); performance.now() - begun < 20;);
    await Promise.resolve();
    void pause(3000, undefined, { ref: false }).then(() => process.exit(9));
  },

  /** Ends while some sockets are open, and others close. */
  closing: async () => {
    close(...(await open()));
    await open();
    process.exit(0);
  },

  /** Sockets of a worker that is ended while datagrams come, and of one that ends by itself. */
  worker: async () => {
    for (const end of ['terminate', 'itself']) {
      const worker = new Worker(new URL(import.meta.url), { argv: ['in-worker'], workerData: end });
      const ended = new Promise((resolve) => worker.on('exit', resolve));
      const kind = await new Promise((resolve) => worker.on('message', resolve));
      if (kind !== 'dgram') throw new Error(`a worker has a socket of the kind ${String(kind)}`);
      if (end === 'terminate') await worker.terminate();
      await ended;
    }
  },
  'in-worker': async () => {
    const { parentPort, workerData } = await import('node:worker_threads');
    const [sender, receiver] = [await openUdpPort(LOOPBACK), await openUdpPort(LOOPBACK)];
    receiver.onDatagram = () => send(sender, receiver);
    send(sender, receiver);
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
    parentPort?.postMessage(sender.kind);
    if (workerData !== 'terminate') setImmediate(() => close(sender, receiver));
  },

  /** Memory that only addresses point at would be collected. */
  collector: async () => {
    const collect = collector();
    for (let round = 0; round < 5; round++) {
      const [sender, receiver] = await open();
      let heard = 0;
      const all = new Promise<void>((resolve) => {
        receiver.onDatagram = (bytes) => {
          if (bytes.some((byte) => byte !== 7)) throw new Error('other bytes than those that were sent');
          if (++heard === 40) resolve();
          else send(sender, receiver, new Uint8Array(1200).fill(7));
          if (heard % 10 === 0) collect();
        };
      });
      send(sender, receiver, new Uint8Array(1200).fill(7));
      await all;
      close(sender, receiver);
      collect();
      Array.from({ length: 100 }, () => new Uint8Array(160).fill(255));
    }
  },

  /** Another part of the program has closed the socket below. */
  closed: async () => {
    const [sender, receiver] = await open();
    const { socket } = receiver as unknown as { readonly socket: { close(): void } };
    // Until libuv has begun to watch it, closing it from elsewhere would end the process, as for every handle of libuv. Timers that
    // are late run before it does, immediates only afterwards.
    await turn();
    socket.close();
    send(sender, receiver);
    send(receiver, sender);
    await pause(1);
    close(receiver);
    const other = await openFfiPort(LOOPBACK);
    const heard = new Promise<void>((resolve) => (other.onDatagram = () => resolve()));
    send(sender, other);
    await heard;
    close(sender, other);
  },

  /** Sockets that are left open, with datagrams in them. */
  left: async () => {
    for (let count = 0; count < 50; count++) {
      const [sender, receiver] = await open();
      send(sender, receiver);
    }
    setImmediate(() => process.exit());
  },

  permission: async () => {
    if (canOpenFfiPort()) throw new Error('a socket that the permissions do not allow');
    await Promise.resolve();
  },
};

const program = PROGRAMS[process.argv[2] ?? ''];
if (program === undefined) throw new Error(`no such program: ${process.argv[2]}`);
if (isMainThread) void pause(200_000, undefined, { ref: false }).then(() => process.exit(9));
await program();

/** A whole collection of garbage. */
function collector(): () => void {
  const { Bun } = globalThis as { readonly Bun?: { gc(isWhole: boolean): void } };
  if (Bun !== undefined) return () => Bun.gc(true);
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as () => void;
}

function open(): Promise<[DatagramPort, DatagramPort]> {
  return Promise.all([openFfiPort(LOOPBACK), openFfiPort(LOOPBACK)]);
}

function send(from: DatagramPort, to: DatagramPort, bytes: Uint8Array = new Uint8Array(1200)): void {
  from.send(bytes, 0, bytes.length, to.local, 0);
}

function close(...ports: DatagramPort[]): void {
  for (const port of ports) port.close();
}
