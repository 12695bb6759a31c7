import type { PathThresholds } from '@tsquic/quic-core';
import { check, PORT_TO_BIND, SOCKET } from './option-checks.ts';
import { BOOLEAN, type Kinds, NUMBER, STRING } from './option-kinds.ts';
import type { PathOptions, RebindOptions } from './options.ts';

/** Throws `ERR_QUIC_INVALID_OPTION` for an unknown option of `rebind`, and for a value of the wrong kind. */
export function checkRebind(options: RebindOptions): void {
  check(options, REBIND);
}

/** Check the options of `openPath` likewise. */
export function checkPath(options: PathOptions): void {
  check(options, PATH);
}

/** Check the thresholds of `QuicPaths.watch`, whose values the core checks. */
export function checkThresholds(thresholds: PathThresholds): void {
  check(thresholds, THRESHOLDS);
}

const THRESHOLDS: Kinds<PathThresholds> = { rttUs: NUMBER, bytesPerSecond: NUMBER };
const FROM = { localAddress: STRING, localPort: PORT_TO_BIND, socket: SOCKET };
const REBIND: Kinds<RebindOptions> = { ...FROM, atOnce: BOOLEAN };
const PATH: Kinds<PathOptions> = { ...FROM, backup: BOOLEAN };
