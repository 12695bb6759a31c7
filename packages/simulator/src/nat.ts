import type { Address } from '@tsquic/quic-core';

/** Options of a NAT in front of a host. */
export interface NatOptions {
  /** The first outer address, and each change: later datagrams leave from the new one. In order of time. */
  readonly bindings: readonly { readonly atUs: number; readonly address: Address }[];
  /** Whether datagrams to the old outer address still pass. Default false. */
  readonly keepsOld?: boolean;
  /**
   * A binding that was idle for so long is dropped: no datagrams pass it inwards, and the next one outwards
   * gets the next port of the outer address. RFC 4787 §4.3. Default: never.
   */
  readonly idleUs?: number;
}

/** Translates between one inner address and an outer one that changes on a schedule. */
export class Nat {
  readonly options: NatOptions;
  private lastOutUs = -Infinity;
  /** Number of dropped bindings. */
  private forgotten = 0;

  constructor(options: NatOptions) {
    this.options = options;
  }

  /** The outer address of a datagram that leaves now. */
  translate(nowUs: number): Address {
    if (this.isForgotten(nowUs) && this.lastOutUs >= 0) this.forgotten++;
    this.lastOutUs = nowUs;
    return this.outerAddress(nowUs);
  }

  /** Whether a datagram to `outer` passes inwards now. */
  admits(outer: Address, nowUs: number): boolean {
    if (this.isForgotten(nowUs)) return false;
    if (this.options.keepsOld !== true) return isSame(this.outerAddress(nowUs), outer);
    return this.options.bindings.some(({ atUs, address }) => atUs <= nowUs && isSame(address, outer));
  }

  private outerAddress(nowUs: number): Address {
    const { bindings } = this.options;
    let index = 0;
    while (index + 1 < bindings.length && bindings[index + 1]!.atUs <= nowUs) index++;
    const { ip, port } = bindings[index]!.address;
    return { ip, port: port + this.forgotten };
  }

  private isForgotten(nowUs: number): boolean {
    return nowUs - this.lastOutUs > (this.options.idleUs ?? Infinity);
  }
}

function isSame(a: Address, b: Address): boolean {
  return a.ip === b.ip && a.port === b.port;
}
