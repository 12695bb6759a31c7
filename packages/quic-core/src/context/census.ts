/** Members, counted by the network that each came from. */
export class Census<T> {
  private readonly networks = new Map<T, string>();
  private readonly counts = new Map<string, number>();

  get size(): number {
    return this.networks.size;
  }

  /** Members and their networks, in the order in which they came. */
  [Symbol.iterator](): IterableIterator<[T, string]> {
    return this.networks[Symbol.iterator]();
  }

  has(member: T): boolean {
    return this.networks.has(member);
  }

  countOf(network: string): number {
    return this.counts.get(network) ?? 0;
  }

  add(member: T, network: string): void {
    if (this.networks.has(member)) return;
    this.networks.set(member, network);
    this.counts.set(network, this.countOf(network) + 1);
  }

  /** Remove a member; returns its network, or undefined when it was not in the census. */
  remove(member: T): string | undefined {
    const network = this.networks.get(member);
    if (network === undefined) return undefined;
    this.networks.delete(member);
    const left = this.countOf(network) - 1;
    if (left === 0) this.counts.delete(network);
    else this.counts.set(network, left);
    return network;
  }

  /** Count by other networks; the order stays. */
  recount(networkOf: (member: T) => string): void {
    for (const member of [...this.networks.keys()]) {
      this.remove(member);
      this.add(member, networkOf(member));
    }
  }
}
