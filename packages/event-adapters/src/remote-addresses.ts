import type { Address } from '@tsquic/quic-core';

/** Keeps one `Address` object for each remote, so that a datagram allocates none and comparisons are fast. */
export class RemoteAddresses {
  private last: Address = { ip: '', port: 0 };
  private readonly known: Map<string, Address> = new Map();

  intern(ip: string, port: number): Address {
    const { last } = this;
    if (last.port === port && last.ip === ip) return last;
    const key = `${ip} ${port}`;
    let address = this.known.get(key);
    if (address === undefined) {
      if (this.known.size >= MAX_REMOTES) this.known.clear();
      address = { ip, port };
      this.known.set(key, address);
    }
    this.last = address;
    return address;
  }
}

const MAX_REMOTES = 1024;
