/** A work that every stack does in its turn. */
export interface Work {
  readonly name: string;
  readonly about: string;
  /** What `perSecond` counts. */
  readonly unit: string;
  /** The words for a client: before its port and its authority, and after them. */
  readonly verb: string;
  readonly sizes: readonly string[];
  /** What one of `done` is in units. */
  readonly scale: number;
}

const megabits = (bytes: number): number => (bytes * 8) / 1e6;

/** The works, `share` of their usual size. */
export function worksOf(share: number): readonly Work[] {
  const sized = (count: number): string => String(Math.max(1, Math.round(count * share)));
  const bulk = { unit: 'Mbit/s', scale: megabits(1) };
  const about = `${Number((100 * share).toFixed(3))} MB on one stream`;
  const each = { unit: 'a second', scale: 1 };
  return [
    { name: 'download', about, verb: 'download', sizes: [sized(100e6)], ...bulk },
    { name: 'upload', about, verb: 'upload', sizes: [sized(100e6)], ...bulk },
    {
      name: 'requests 1',
      about: '1 KiB, one at a time',
      verb: 'requests',
      sizes: [sized(3000), '1'],
      ...each,
    },
    {
      name: 'requests 32',
      about: '1 KiB, 32 at a time',
      verb: 'requests',
      sizes: [sized(10_000), '32'],
      ...each,
    },
    ...['full', 'resumed', 'early'].map((kind) => ({
      name: `handshakes ${kind}`,
      about: `${kind === 'early' ? '0-RTT' : kind}, each with a request of one byte`,
      verb: 'handshakes',
      sizes: [sized(200), kind],
      ...each,
    })),
    { name: 'idle', about: '500 connections held', verb: 'idle', sizes: [sized(500)], ...each },
  ];
}
