import type { Browser as Driver } from 'puppeteer-core';

/** The server that a browser is led to. */
export interface Site {
  readonly port: number;
  /** Base64 of the SHA-256 of its SubjectPublicKeyInfo. */
  readonly publicKeyHash: string;
  /** PEM file of the authority that has signed its certificate. */
  readonly authority: string;
  /** Where the browser may leave its profile and its logs. */
  readonly directory: string;
  /** Whether it logs what it does on the network. */
  readonly logs: boolean;
}

/** A program, and Debian's package that has it. */
export interface NeededProgram {
  readonly program: string;
  readonly package: string;
}

/** A browser that can be installed and driven here. */
export interface Browser {
  /** As typed after `--browser`. */
  readonly name: string;
  /** Its own program, and then those that are needed besides. */
  readonly programs: readonly [NeededProgram, ...NeededProgram[]];
  /** Resolves once it runs. */
  launch(path: string, site: Site): Promise<Driver>;
  /** The origin of the pages, which it fetches over HTTP/3 at once. */
  origin(site: Site): string;
}
