import type { SourceFile } from '../files.ts';
import type { ClientOrder } from '../peer.ts';
import type { UpdatedPackets } from '../wire/key-phase.ts';
import type { Observation } from '../wire/observation.ts';

/** One thing two endpoints are asked to do together. */
export interface Case {
  /** As typed after `--case`, in the public interop runner's words. */
  readonly name: string;
  readonly about: string;
  readonly host: '127.0.0.1' | '::1';
  /** Served by one side and fetched by the other, all on one connection. */
  readonly files: readonly SourceFile[];
  /** Whether a peer without HTTP/0.9 can take part, by its handshake alone. */
  readonly handshakeSuffices: boolean;
  /** Whether datagrams pass a tap, so that the wire can be judged; bulk transfers go straight. */
  readonly tapped: boolean;
  /** Whether the server is probed with a Hello of an unknown version first. */
  readonly probesVersions: boolean;
  /** What the client is asked beyond the files. */
  readonly client: Partial<Pick<ClientOrder, 'cipher' | 'version'>>;
  /** Whether the server has to answer a first Initial with a Retry. */
  readonly retry: boolean;
  /** Whether the other people's side updates its keys on the way. */
  readonly keyUpdate: boolean;
  readonly timeoutMs: number;
  /** Complaints about what was seen; none when the case passed. */
  judge(evidence: Evidence): string[];
}

/** What is known about a run of a case. */
export interface Evidence {
  /** The client's own account: exit code 0, or the success line of a program that does not end. */
  readonly clientSucceeded: boolean;
  /** Why not, in a few words. */
  readonly clientFault: string;
  /** The client said that it gives up for want of a common version. */
  readonly abandonedVersion: boolean;
  /** Differences between originals and received files; empty too where no files were asked for. */
  readonly fileFaults: readonly string[];
  /** Undefined when the case is not tapped. */
  readonly wire: Observation | undefined;
  /** Packets under new keys; undefined unless the case is about them and a key log was written. */
  readonly updated: UpdatedPackets | undefined;
}

/** Defaults of a case: a tapped IPv4 run of thirty seconds that a handshake alone does not satisfy. */
export const DEFAULTS: Omit<Case, 'name' | 'about' | 'files' | 'judge'> = {
  host: '127.0.0.1',
  handshakeSuffices: false,
  tapped: true,
  probesVersions: false,
  client: {},
  retry: false,
  keyUpdate: false,
  timeoutMs: 30_000,
};

/** Complaints unless the client succeeded and every file arrived. */
export function judgeDelivery(evidence: Evidence): string[] {
  return [...(evidence.clientSucceeded ? [] : [evidence.clientFault]), ...evidence.fileFaults];
}

/** Complaints unless the wire shows exactly one handshake, of a known version, and protected packets both ways. */
export function judgeOneConnection({ wire }: Evidence): string[] {
  if (wire === undefined) return ['the wire was not observed'];
  const complaints: string[] = [];
  if (wire.handshakes !== 1) complaints.push(`${wire.handshakes} handshakes on the wire instead of 1`);
  if (wire.clientShortHeaders === 0 || wire.serverShortHeaders === 0)
    complaints.push('no 1-RTT packets in both directions');
  return complaints;
}
