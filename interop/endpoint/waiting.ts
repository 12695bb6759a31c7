/** Resolves when `isDone` says so; rejects after ten seconds without `what`. */
export async function until(what: string, isDone: () => boolean): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  while (!isDone()) {
    if (performance.now() > deadline) throw new Error(`${what} did not come in ${PATIENCE_MS / 1000} s`);
    await pause(POLL_MS);
  }
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, ms));
}

const PATIENCE_MS = 10_000;
const POLL_MS = 5;
