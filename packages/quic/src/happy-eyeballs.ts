import type { Clock } from '@tsquic/event-adapters';

/** Options of `raceAttempts`. */
export interface Race<T> {
  /** The addresses, in the order in which they are tried. */
  readonly addresses: readonly string[];
  /**
   * Try one address. When the signal is aborted, the attempt must fail and release everything; without one, nothing stops
   * it.
   */
  readonly attempt: (address: string, signal: AbortSignal | undefined) => Promise<T>;
  /** Release the result of an attempt that succeeded too late. */
  readonly discard: (late: T) => void;
  /** Choose the failure to report when all attempts failed, in the order in which they did. */
  readonly choose: (failures: readonly unknown[]) => unknown;
  /** Time until the next address is tried in parallel. */
  readonly delayUs: number;
  readonly clock: Clock;
  readonly signal: AbortSignal | undefined;
}

/**
 * Try several addresses of one host, RFC 8305 §5: the next one after a delay, or at once when all before it
 * have failed. The first success is the result and the others are aborted. Rejects with the signal's reason,
 * or when the last attempt has failed.
 */
export function raceAttempts<T>(race: Race<T>): Promise<T> {
  const [only, second] = race.addresses;
  if (only !== undefined && second === undefined && race.signal === undefined)
    return race.attempt(only, undefined);
  return new Promise<T>((resolve, reject) => {
    const failures: unknown[] = [];
    const stop = new AbortController();
    let next = 0;
    let over = false;
    const alarm = race.clock.createAlarm(() => begin());
    let ended = 0;
    const finish = (settle: () => void): void => {
      over = true;
      alarm.cancel();
      race.signal?.removeEventListener('abort', onAbort);
      settle();
      // The usual race has one attempt, and its end makes no exception that nobody reads.
      if (ended < next) stop.abort();
    };
    const onAbort = (): void => finish(() => reject(race.signal?.reason));
    const begin = (): void => {
      const address = race.addresses[next];
      if (over || address === undefined) return;
      next++;
      if (next < race.addresses.length) alarm.set(race.delayUs);
      race.attempt(address, stop.signal).then(onSuccess, onFailure);
    };
    const onSuccess = (value: T): void => {
      ended++;
      if (over) race.discard(value);
      else finish(() => resolve(value));
    };
    const onFailure = (error: unknown): void => {
      ended++;
      if (over) return;
      failures.push(error);
      if (next < race.addresses.length) {
        if (failures.length === next) begin();
      } else if (failures.length === next) finish(() => reject(race.choose(failures)));
    };
    race.signal?.addEventListener('abort', onAbort, { once: true });
    begin();
  });
}

/** Addresses of the two families in turn, IPv6 first, otherwise in the given order. RFC 8305 §4 */
export function interleaveFamilies(addresses: readonly string[]): string[] {
  const six = addresses.filter((address) => address.includes(':'));
  const four = addresses.filter((address) => !address.includes(':'));
  const ordered: string[] = [];
  for (let index = 0; index < Math.max(six.length, four.length); index++) {
    ordered.push(...six.slice(index, index + 1), ...four.slice(index, index + 1));
  }
  return ordered;
}
