import type { Machine } from './machine.ts';
import { sharedSlots, type Slots } from './slots.ts';

/** Writes what the module needs of a key to a slot. */
export type ExpandKey = (machine: Machine, address: number, bytes: Uint8Array) => void;

/** A key, and its place in the module's memory. */
export class SlotKey {
  readonly bytes: Uint8Array;
  private readonly slots: Slots;
  private readonly expand: ExpandKey;
  private readonly number: number;
  private slot = 0;

  constructor(machine: Machine, bytes: Uint8Array, expand: ExpandKey) {
    this.slots = sharedSlots(machine);
    this.bytes = bytes;
    this.expand = expand;
    this.number = this.slots.nextKey();
  }

  /** Where the expanded key lies. What lay at the payload's place is lost when it has to be expanded again. */
  address(): number {
    const { slots } = this;
    if (!slots.holds(this.slot, this.number)) {
      this.slot = slots.take(this.number);
      this.expand(slots.machine, slots.addressOf(this.slot), this.bytes);
    }
    return slots.addressOf(this.slot);
  }
}
