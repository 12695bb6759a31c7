import type { Address } from '@tsquic/quic-core';

/** A NAT in front of a host, as data. */
export interface NatOptions {
  /** The outer address at first, and each change: everything sent later leaves from the new one. In order of time. */
  readonly bindings: readonly { readonly atUs: number; readonly address: Address }[];
  /** Whether the old outer address goes on letting datagrams in. Default false. */
  readonly keepsOld?: boolean;
}

/** Translates between one inner address and an outer one that changes on a schedule. */
export class Nat {
  readonly options: NatOptions;

  constructor(options: NatOptions) {
    this.options = options;
  }

  /** The outer address of what leaves now. */
  outerAddress(nowUs: number): Address {
    const { bindings } = this.options;
    let index = 0;
    while (index + 1 < bindings.length && bindings[index + 1]!.atUs <= nowUs) index++;
    return bindings[index]!.address;
  }

  /** Whether what is sent to `outer` reaches the inside now. */
  admits(outer: Address, nowUs: number): boolean {
    if (this.options.keepsOld !== true) return isSame(this.outerAddress(nowUs), outer);
    return this.options.bindings.some(({ atUs, address }) => atUs <= nowUs && isSame(address, outer));
  }
}

function isSame(a: Address, b: Address): boolean {
  return a.ip === b.ip && a.port === b.port;
}
