/** A handshake needs few rows in each of three spaces, and a client that is not validated can begin one. */
const FIRST_CAPACITY = 4;
const NO_KINDS = new Uint8Array(0);
const NO_VALUES = new Float64Array(0);

/**
 * Remembers, for every packet in flight, which facts it carried, so that an acknowledgement or a loss finds
 * its way back to the part that wrote them.
 *
 * A fact is a kind and up to three numbers (a stream ID and a byte range, a sequence number). Facts stand
 * in typed arrays that grow by doubling and are then reused: sending a packet allocates nothing. A packet
 * keeps two absolute indices, from and to.
 */
export class DeliveryLog {
  /** Absolute index of the next fact; its slot is this modulo the capacity. */
  head = 0;
  private kinds: Uint8Array = NO_KINDS;
  private values: Float64Array = NO_VALUES;
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

  /** Set one of the three values of a fact, for the next call of `valueAt`. */
  setValue(index: number, which: number, value: number): void {
    this.values[(index % this.kinds.length) * 3 + which] = value;
  }

  /** Facts before `index` will not be asked for again. */
  release(index: number): void {
    if (index > this.tail) this.tail = index;
  }

  /** Forget everything, and give the memory back. */
  clear(): void {
    this.tail = this.head;
    this.kinds = NO_KINDS;
    this.values = NO_VALUES;
  }

  private grow(): void {
    const size = this.kinds.length;
    const wider = Math.max(size * 2, FIRST_CAPACITY);
    const kinds = new Uint8Array(wider);
    const values = new Float64Array(wider * 3);
    for (let i = this.tail; i < this.head; i++) {
      const from = i % size;
      const to = i % wider;
      kinds[to] = this.kinds[from]!;
      values[to * 3] = this.values[from * 3]!;
      values[to * 3 + 1] = this.values[from * 3 + 1]!;
      values[to * 3 + 2] = this.values[from * 3 + 2]!;
    }
    this.kinds = kinds;
    this.values = values;
  }
}
