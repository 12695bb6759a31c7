import type { RememberedPath } from '@tsquic/congestion';
import type { InitialKeys } from '../keys/initial-keys.ts';
import type { Address } from '../path/address.ts';
import type { ConnectionVersion } from '../version/connection-version.ts';
import type { ClientStart } from './client-start.ts';

/** What a connection is created with. */
export interface ConnectionSeed {
  readonly isClient: boolean;
  readonly version: ConnectionVersion;
  readonly remote: Address;
  readonly local: Address;
  readonly interfaceIndex: number;
  /**
   * The remote address is validated from the start: a client trusts the address of its server, and a server
   * that of a client with a valid token. RFC 9000 §8.1
   */
  readonly validated: boolean;
  /** What an earlier connection learned about the path to this address. */
  readonly remembered: RememberedPath | undefined;
  /** Whether a client migrates to the server's preferred address. RFC 9000 §9.6 */
  readonly followsPreferred: boolean;
  /** The first Destination Connection ID. */
  readonly peerId: Uint8Array;
  /** The connection ID that the Initial keys derive from. RFC 9001 §5.2 */
  readonly initialKeyId: Uint8Array;
  /** The Initial keys, where the packet that the connection begins with was opened by them already. */
  readonly initialKeys: InitialKeys | undefined;
  readonly logId: string;
  readonly token: Uint8Array;
  /** Makes the first flight from the Source Connection ID; undefined on servers. */
  readonly start: ((source: Uint8Array) => ClientStart) | undefined;
  readonly nowUs: number;
}
