import { type Machine, SLOT_BYTES, SLOT_COUNT } from './machine.ts';

/**
 * The expanded keys in the module's memory. There is room for some only: a key that has lost its place to another one is
 * expanded again, which takes about a microsecond, so that any number of keys may be kept, and dropped without a word.
 */
export class Slots {
  readonly machine: Machine;
  /** The key in each slot, by number. */
  private readonly keys: Float64Array = new Float64Array(SLOT_COUNT);
  private next = 0;
  private lastKey = 0;

  constructor(machine: Machine) {
    this.machine = machine;
  }

  /** A number for a key, which no other one has. */
  nextKey(): number {
    return ++this.lastKey;
  }

  /** Whether the key is in this slot. */
  holds(slot: number, key: number): boolean {
    return this.keys[slot] === key;
  }

  /** Give a key the slot that was given away longest ago. */
  take(key: number): number {
    const slot = this.next;
    this.next = (slot + 1) % SLOT_COUNT;
    this.keys[slot] = key;
    return slot;
  }

  addressOf(slot: number): number {
    return this.machine.slotsAt + slot * SLOT_BYTES;
  }
}

let shared: Slots | undefined;

/** The slots of the one instance. */
export function sharedSlots(machine: Machine): Slots {
  return (shared ??= new Slots(machine));
}
