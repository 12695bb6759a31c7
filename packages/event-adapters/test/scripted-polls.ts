import type { BellSystem } from '../src/ffi/poll-bell.ts';
import type { PollSystem } from '../src/ffi/poll-set.ts';

/** Plays the parts of Linux that tell when sockets are ready: epoll, and asynchronous requests that count in an eventfd. */
export class ScriptedPolls implements PollSystem, BellSystem {
  readonly isPacked: boolean;
  /** Calls but those that ask, in order. */
  readonly log: string[] = [];
  /** What the next `epoll_wait` gives: the data of each socket, and its events. */
  ready: (readonly [data: number, events: number])[] = [];
  /** Copies of the requests that were made. */
  readonly requests: Uint8Array[] = [];
  /** Requests that are complete. */
  done = 0;
  /** Calls that fail. */
  readonly failures: Set<string> = new Set();
  private readonly memories = new Map<bigint, ArrayBufferLike>();

  constructor(isPacked = true) {
    this.isPacked = isPacked;
  }

  addressOf(bytes: Uint8Array): bigint {
    const address = BigInt(this.memories.size + 1) * 0x10000n;
    this.memories.set(address, bytes.buffer);
    return address;
  }

  readonly calls: PollSystem['calls'] & BellSystem['calls'] = {
    epoll_create1: () => this.result('epoll_create1', 10),
    epoll_ctl: (_set, operation, fd, event) => {
      const view = this.at(event);
      const data = view.getUint32(this.isPacked ? 4 : 8, true);
      this.log.push(`${['', 'add', 'delete', 'change'][operation]} ${fd} ${view.getUint32(0, true)} ${data}`);
      return 0;
    },
    epoll_wait: (_set, events, most) => {
      const told = this.ready.splice(0, most);
      const step = this.isPacked ? 12 : 16;
      told.forEach(([data, bits], i) => {
        this.at(events).setUint32(i * step, bits, true);
        this.at(events).setUint32(i * step + step - 8, data, true);
      });
      return this.result('epoll_wait', told.length);
    },
    eventfd: () => this.result('eventfd', 11),
    io_setup: (_count, context) => {
      this.at(context).setBigUint64(0, 0x7000n, true);
      return this.result('io_setup', 0);
    },
    io_submit: (context, _count, list) => {
      const request = this.at(this.at(list).getBigUint64(0, true));
      this.requests.push(new Uint8Array(request.buffer, request.byteOffset, 64).slice());
      return this.result('io_submit', context === 0x7000n ? 1 : -1);
    },
    io_getevents: () => {
      if (this.done === 0) return 0;
      this.done--;
      return 1;
    },
  };

  private result(call: string, result: number): number {
    return this.failures.has(call) ? -1 : result;
  }

  private at(address: bigint): DataView {
    const base = address & ~0xffffn;
    return new DataView(this.memories.get(base)!, Number(address - base));
  }
}
