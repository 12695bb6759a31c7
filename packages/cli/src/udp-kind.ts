import type { CommonOptions } from 'tsquic';

/** The option `udp` for `--udp`, whose choices the command line has checked. */
export function udpKindFor(kind: string | undefined): Pick<CommonOptions, 'udp'> {
  return kind === 'ffi' || kind === 'dgram' ? { udp: kind } : {};
}
