/** Items under way, in order of arrival; those that arrive at the same time keep their order. */
export class Transit<T> {
  private items: { readonly atUs: number; readonly item: T }[] = [];
  private head = 0;

  push(item: T, atUs: number): void {
    let index = this.items.length;
    // Nearly all items arrive in the order in which they left, so that this loop seldom runs.
    while (index > this.head && this.items[index - 1]!.atUs > atUs) index--;
    this.items.splice(index, 0, { atUs, item });
  }

  /** When the first arrives; Infinity when none is under way. */
  nextUs(): number {
    return this.items[this.head]?.atUs ?? Infinity;
  }

  /** The first item that has arrived by now. */
  pop(nowUs: number): T | undefined {
    if (this.nextUs() > nowUs) return undefined;
    const { item } = this.items[this.head++]!;
    if (this.head * 2 >= this.items.length) {
      this.items = this.items.slice(this.head);
      this.head = 0;
    }
    return item;
  }
}
