/** What was asked for on the command line. */
export interface Arguments {
  readonly name: string;
  readonly seed: number | undefined;
  /** How many seeds, for the commands that run many. */
  readonly seeds: number | undefined;
  readonly pcap: string | undefined;
  /** Include the large transfers. */
  readonly large: boolean;
  readonly crypto: 'node' | 'noble';
}

export interface Tally {
  readonly passed: number;
  readonly failed: number;
}
