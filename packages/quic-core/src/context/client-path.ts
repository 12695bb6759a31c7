import { checkAddress } from '../config/address-options.ts';
import type { ConnectionParts } from '../connection/parts.ts';
import { QuicUsageError } from '../errors/usage-error.ts';
import { type Address, sameAddress } from '../path/address.ts';
import type { Move } from '../path/migration.ts';
import type { Path } from '../path/path.ts';
import type { ClientPath } from './handles.ts';

type Parts = Pick<ConnectionParts, 'isClient' | 'migration' | 'multipath'>;

/**
 * The addresses that a program names, checked; those that it leaves out are those of `active`. Throws
 * `QuicUsageError`.
 */
export function checkedMove(
  path: ClientPath & { readonly atOnce?: boolean },
  parts: Parts,
  active: Pick<Path, 'local' | 'remote'>,
): Move {
  if (!parts.isClient) throw new QuicUsageError('not-a-client', 'only clients move: RFC 9000 §9');
  const { from = active.local, to = active.remote, interfaceIndex = 0, atOnce = false } = path;
  if (path.from !== undefined) checkAddress('from', from);
  if (path.to !== undefined) checkAddress('to', to);
  if (!isServer(parts, to)) invalid('to must be the address of the server in use, or a preferred one');
  if (isIpv6(to) !== isIpv6(from) && from.ip !== '') invalid('from and to must be of one family');
  // RFC 9000 §9.6.2
  if (atOnce && !sameAddress(to, active.remote))
    invalid('a preferred address must be validated before it is used');
  return { local: from, remote: to, interfaceIndex, atOnce };
}

/** Whether this is the server's address on a path in use, or a preferred one. */
function isServer({ migration, multipath }: Parts, to: Address): boolean {
  const isInUse = multipath?.open.some(({ parts }) => sameAddress(parts!.paths.active.remote, to));
  return isInUse === true || migration.isServer(to);
}

function isIpv6({ ip }: Address): boolean {
  return ip.includes(':');
}

function invalid(text: string): never {
  throw new QuicUsageError('invalid-option', text);
}
