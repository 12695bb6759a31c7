/** What was asked for on the command line. */
export interface Arguments {
  readonly name: string;
  readonly seed: number | undefined;
  /** How many seeds, for the commands that run many. */
  readonly seeds: number | undefined;
  readonly pcap: string | undefined;
  /** Include the large transfers. */
  readonly large: boolean;
  /** Compare all runtimes, for the command that hashes. */
  readonly runtimes: boolean;
  readonly crypto: 'node' | 'noble';
  /** Threads for the commands that run many. */
  readonly lanes: number;
  /** Prints for people: on standard output, or on standard error where that is for JSON. */
  readonly say: (text: string) => void;
}

/** How many parts of a command passed, and what it found, for `--json`. */
export interface Outcome {
  readonly passed: number;
  readonly failed: number;
  /** Parts that cannot be run, for the command that has such. */
  readonly notApplicable?: number;
  readonly results: unknown;
}

/** One of the things that `pnpm sim` can do. */
export type Command = (args: Arguments) => Outcome | Promise<Outcome>;
