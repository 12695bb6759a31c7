const FIRST_CAPACITY = 32;

/**
 * Remembers, for every packet in flight, which facts it carried, so that an acknowledgement or a loss finds
 * its way back to whoever wrote them.
 *
 * A fact is a kind and up to three numbers (a stream ID and a byte range, a sequence number). Facts stand
 * in typed arrays that grow by doubling and are then reused: sending a packet allocates nothing. A packet
 * keeps two absolute indices, from and to.
 */
export class DeliveryLog {
  /** Absolute index of the next fact; its slot is this modulo the capacity. */
  head = 0;
  private kinds = new Uint8Array(FIRST_CAPACITY);
  private values = new Float64Array(FIRST_CAPACITY * 3);
  /** Absolute index of the oldest fact still needed. */
  private tail = 0;

  add(kind: number, a: number, b: number, c: number): void {
    if (this.head - this.tail === this.kinds.length) this.grow();
    const slot = this.head++ % this.kinds.length;
    this.kinds[slot] = kind;
    this.values[slot * 3] = a;
    this.values[slot * 3 + 1] = b;
    this.values[slot * 3 + 2] = c;
  }

  kindAt(index: number): number {
    return this.kinds[index % this.kinds.length]!;
  }

  /** @param which - 0, 1 or 2. */
  valueAt(index: number, which: number): number {
    return this.values[(index % this.kinds.length) * 3 + which]!;
  }

  /** Facts before `index` will not be asked for again. */
  release(index: number): void {
    if (index > this.tail) this.tail = index;
  }

  private grow(): void {
    const size = this.kinds.length;
    const kinds = new Uint8Array(size * 2);
    const values = new Float64Array(size * 6);
    for (let i = this.tail; i < this.head; i++) {
      const from = i % size;
      const to = i % (size * 2);
      kinds[to] = this.kinds[from]!;
      values[to * 3] = this.values[from * 3]!;
      values[to * 3 + 1] = this.values[from * 3 + 1]!;
      values[to * 3 + 2] = this.values[from * 3 + 2]!;
    }
    this.kinds = kinds;
    this.values = values;
  }
}
