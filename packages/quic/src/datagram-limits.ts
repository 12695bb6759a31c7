/** How long and how many datagrams may wait in one direction, with the meanings of WebTransport. */
export class DatagramLimits {
  private age: number | null = null;
  private mark: number;
  private readonly onChange: () => void;

  /** @param onChange - is called after a limit was set. */
  constructor(highWaterMark: number, onChange: () => void) {
    this.mark = highWaterMark;
    this.onChange = onChange;
  }

  /** The age in milliseconds, or null for none. */
  get maxAge(): number | null {
    return this.age;
  }

  /** 0 means null. Throws a RangeError for a value that is no age. */
  set maxAge(milliseconds: number | null) {
    if (milliseconds !== null && (typeof milliseconds !== 'number' || !(milliseconds >= 0)))
      throw new RangeError('a maximum age is a number of milliseconds, 0 or more, or null');
    this.age = milliseconds === 0 ? null : milliseconds;
    this.onChange();
  }

  get highWaterMark(): number {
    return this.mark;
  }

  /** 0 means 1. Throws a RangeError for a value that is no number of datagrams. */
  set highWaterMark(count: number) {
    if (typeof count !== 'number' || !(count >= 0))
      throw new RangeError('a high-water mark is a number of datagrams, 0 or more');
    this.mark = Math.max(count, 1);
    this.onChange();
  }

  /** Whether a datagram that has waited since `atUs` is too old. */
  isTooOld(atUs: number, nowUs: number): boolean {
    return this.age !== null && nowUs - atUs > this.age * 1000;
  }
}
