/** One end of a UDP path. `ip` is numeric text, IPv4 or IPv6, as the host's sockets spell it. */
export interface Address {
  readonly ip: string;
  readonly port: number;
}

/** Whether two addresses are the same IP and port. */
export function sameAddress(a: Address, b: Address): boolean {
  return a === b || (a.port === b.port && a.ip === b.ip);
}

/** Stands for the address of a client that does not know it yet. */
export const UNKNOWN_ADDRESS: Address = { ip: '', port: 0 };
