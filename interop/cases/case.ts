import type { SourceFile } from '../files.ts';
import { NEVER_REBOUND, type NetworkPlan, PLAIN_LINK } from '../network/plan.ts';
import type { ClientOrder, Migration, VersionTwo } from '../peer.ts';
import type { UpdatedPackets } from '../wire/key-phase.ts';
import type { Observation } from '../wire/observation.ts';

/** One thing two endpoints are asked to do together. */
export interface Case {
  /** As typed after `--case`, in the public interop runner's words. */
  readonly name: string;
  /** The public interop runner's abbreviation; '' for what it does not have. */
  readonly letter: string;
  readonly about: string;
  /** The runner's case whose questions the captures are asked; '' for those of ours, which have their own. */
  readonly judgedAs: string;
  /** Why nobody can be asked for it here, or ''. */
  readonly notHere: string;
  /** Whether the network passes marks of ECN on, for which the thread of the relays has no sockets. */
  readonly isMarked: boolean;
  readonly host: '127.0.0.1' | '::1';
  /** Served by one side and fetched by the other, all on one connection unless the case says otherwise. */
  readonly files: readonly SourceFile[];
  /** Whether a peer without HTTP/0.9 can take part, by its handshake alone. */
  readonly handshakeSuffices: boolean;
  /** Whether the server is probed with a Hello of an unknown version first. */
  readonly probesVersions: boolean;
  /** What the client is asked beyond the files. */
  readonly client: Partial<Pick<ClientOrder, 'cipher' | 'version'>>;
  /** How both sides are to come to QUIC version 2, if they are. */
  readonly versionTwo: VersionTwo;
  /** Whether files go over HTTP/3 instead of HTTP/0.9. */
  readonly http3: boolean;
  /** What happens in a session of WebTransport, if the case is about one. */
  readonly webTransport: WebTransportExchange | undefined;
  /** Whether the server has to answer a first Initial with a Retry. */
  readonly retry: boolean;
  /** Which side updates its keys on the way, if any. */
  readonly keyUpdate: 'none' | 'client' | 'server';
  /** Whether the client fetches the first file, then all others on a second connection that resumes its session. */
  readonly resumes: boolean;
  /** Whether that second connection sends its requests in 0-RTT packets. */
  readonly earlyData: boolean;
  /** Whether the client fetches the first file, then all others from another port or address, by its own decision. */
  readonly migrates: Migration;
  /** Whether the network gives the client other addresses, as a NAT does. */
  readonly rebinds: boolean;
  /** Whether the client sends datagrams, which the server sends back. */
  readonly datagrams: boolean;
  /** Whether the client uses a second path at once, and abandons the first in the middle of the second file. */
  readonly multipath: boolean;
  /** Whether both sides are to use X25519MLKEM768. */
  readonly postQuantum: boolean;
  /** Whether the client fetches each file on a connection of its own. */
  readonly connectionPerFile: boolean;
  /** Whether both sides wait longer than usual for a handshake, and on an idle connection. */
  readonly patient: boolean;
  /** Whether the server names a preferred address, and the client goes there. */
  readonly prefersAddress: boolean;
  /** Whether the server's certificate is at the end of nine, and large. */
  readonly longChain: boolean;
  /** Whether a transfer of ours with CUBIC takes part in the network's queues. */
  readonly crossTraffic: boolean;
  /** Whether the rate at which the files arrive is asked for. */
  readonly isMeasured: boolean;
  /** What lies between the two. */
  network(seed: number): NetworkPlan;
  readonly timeoutMs: number;
  /** Complaints about what was seen; none when the case passed. */
  judge(evidence: Evidence): string[];
}

/** A session in which one side asks the other for the case's files, by `carrier`; for 'none', all is done when it is there. */
export interface WebTransportExchange {
  readonly carrier: 'none' | 'unidirectional' | 'bidirectional' | 'datagram';
  /** Whether the client receives the files, or sends them. */
  readonly direction: 'receive' | 'send';
  /** What each side offers, best first, and what they are to agree on. */
  readonly protocols: {
    readonly client: readonly string[];
    readonly server: readonly string[];
    readonly expected: string;
  };
}

/** What a client tells of itself. */
export interface ClientAccount {
  /** Exit code 0, or the success line of a program that does not end. */
  readonly clientSucceeded: boolean;
  /** Why not, in a few words. */
  readonly clientFault: string;
  /** It said that it gives up for want of a common version. */
  readonly abandonedVersion: boolean;
}

/** What is known about a run of a case. */
export interface Evidence extends ClientAccount {
  /** Differences between originals and received files; empty too where no files were asked for. */
  readonly fileFaults: readonly string[];
  /** What was seen at the server. */
  readonly wire: Observation;
  /** What Wireshark's dissectors complain of; nothing in cases of ours. */
  readonly captureFaults: readonly string[];
  /** Of the files, while they came, kbit/s; undefined where it was not asked for. */
  readonly goodput: number | undefined;
  /** Datagrams that were lost on purpose. */
  readonly lost: number;
  /** Packets under new keys; undefined unless the case is about them and a key log was written. */
  readonly updated: UpdatedPackets | undefined;
}

/** Defaults of a case: a run of thirty seconds over IPv4 and a plain way, which a handshake alone does not satisfy. */
export const DEFAULTS: Omit<Case, 'name' | 'about' | 'files' | 'judge'> = {
  letter: '',
  judgedAs: '',
  notHere: '',
  isMarked: false,
  host: '127.0.0.1',
  handshakeSuffices: false,
  probesVersions: false,
  client: {},
  versionTwo: 'none',
  http3: false,
  webTransport: undefined,
  retry: false,
  keyUpdate: 'none',
  resumes: false,
  earlyData: false,
  migrates: 'none',
  rebinds: false,
  datagrams: false,
  multipath: false,
  postQuantum: false,
  connectionPerFile: false,
  patient: false,
  prefersAddress: false,
  longChain: false,
  crossTraffic: false,
  isMeasured: false,
  network: (seed) => ({ up: PLAIN_LINK, down: PLAIN_LINK, rebinding: NEVER_REBOUND, seed }),
  timeoutMs: 30_000,
};

/** Complaints unless the client succeeded and every file arrived. */
export function judgeDelivery(evidence: Evidence): string[] {
  return [...(evidence.clientSucceeded ? [] : [evidence.clientFault]), ...evidence.fileFaults];
}

/** Complaints unless the wire shows exactly one handshake, and protected packets both ways. */
export function judgeOneConnection({ wire }: Evidence): string[] {
  const complaints: string[] = [];
  if (wire.handshakes !== 1) complaints.push(`${wire.handshakes} handshakes on the wire instead of 1`);
  if (wire.clientShortHeaders === 0 || wire.serverShortHeaders === 0)
    complaints.push('no 1-RTT packets in both directions');
  return complaints;
}
