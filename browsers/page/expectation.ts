/** The browser has no such thing, which is no fault of anybody's. */
export class Unsupported extends Error {}

/** Throws unless `value` is `wanted`, compared as JSON. */
export function expectEqual(what: string, value: unknown, wanted: unknown): void {
  const [is, should] = [JSON.stringify(value), JSON.stringify(wanted)];
  if (is !== should) throw new Error(`${what} is ${shortened(is)} instead of ${shortened(should)}`);
}

/** Throws unless `holds`. */
export function expectThat(holds: boolean, otherwise: string): asserts holds {
  if (!holds) throw new Error(otherwise);
}

/** Rejects unless `promise` does, and resolves to the reason. */
export async function expectRejection(what: string, promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => {
      throw new Error(`${what} did not fail`);
    },
    (reason: unknown) => reason,
  );
}

/** Resolves to the first value that is not undefined, of those that are asked for again and again. */
export async function eventually<T>(
  what: string,
  ask: () => T | undefined | Promise<T | undefined>,
  patienceMs: number = PATIENCE_MS,
): Promise<T> {
  const deadline = performance.now() + patienceMs;
  for (;;) {
    const value = await ask();
    if (value !== undefined) return value;
    if (performance.now() > deadline) throw new Error(`${what} did not come in ${patienceMs / 1000} s`);
    await pause(POLL_MS);
  }
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, ms));
}

/** A machine may be busy. */
const PATIENCE_MS = 60_000;
/** For what some browsers never do. */
export const ABSENCE_MS = 20_000;
const POLL_MS = 50;

function shortened(text: string | undefined): string {
  return text === undefined || text.length <= SHOWN
    ? String(text)
    : `${text.slice(0, SHOWN)}… (${text.length})`;
}

const SHOWN = 200;
