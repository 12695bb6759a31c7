import { heedsAmplificationLimit } from './checks/amplification.ts';
import { resumesSession } from './checks/certificates.ts';
import type { Check } from './checks/check.ts';
import { offersOnlyChacha20 } from './checks/cipher.ts';
import { asksEarly } from './checks/early-data.ts';
import { marksEcn } from './checks/ecn.ts';
import { countsHandshakes, saysHelloAgain, sendsNoRetry, speaksVersion1 } from './checks/handshakes.ts';
import { staysOnIpv6 } from './checks/ip-version.ts';
import { updatesKeys } from './checks/key-phase.ts';
import { meetsTwoHosts, takesNewIds, validatesNewPaths } from './checks/paths.ts';
import { comesBackWithToken } from './checks/retry.ts';
import { growsStreamLimit } from './checks/stream-limit.ts';
import { comesToVersion2 } from './checks/version-two.ts';

/** What is asked of the captures of a test case. */
export interface Question {
  /** Whether the answer is behind encryption. */
  readonly needsKeys: boolean;
  /** Whether its one connection moves. */
  readonly moves: boolean;
  /** Which datagrams tell all, as Wireshark's display filter; all where it is undefined. */
  readonly filter: string | undefined;
  readonly checks: readonly Check[];
}

/** 1-RTT packets alone are nearly all of a long transfer. */
export const HAS_LONG_HEADER = 'quic.header_form == 1';

const OPEN = { needsKeys: false, moves: false, filter: undefined };
/** One handshake in version 1, and what the case adds. */
const open = (...checks: readonly Check[]): Question => ({
  ...OPEN,
  checks: [countsHandshakes(1), speaksVersion1, ...checks],
});
/** The same where much is transferred, of which nothing is asked. */
const large = (...checks: readonly Check[]): Question => ({ ...open(...checks), filter: HAS_LONG_HEADER });
const closed = (...checks: readonly Check[]): Question => ({ ...open(...checks), needsKeys: true });
const moving = (...checks: readonly Check[]): Question => ({
  ...closed(validatesNewPaths, ...checks),
  moves: true,
});
const fifty: Question = { ...OPEN, checks: [countsHandshakes(50), speaksVersion1] };

/** Half of what forty requests with names of 250 bytes take. */
const LATE_BYTES = 0.5 * 250 * 40;

/** The test cases of quic-interop-runner. */
export const QUESTIONS: Readonly<Record<string, Question>> = {
  handshake: open(sendsNoRetry),
  transfer: large(),
  longrtt: open(saysHelloAgain),
  chacha20: large(offersOnlyChacha20),
  multiplexing: closed(growsStreamLimit),
  retry: open(comesBackWithToken),
  resumption: { ...OPEN, needsKeys: true, checks: [countsHandshakes(2), speaksVersion1, resumesSession] },
  zerortt: { ...OPEN, checks: [countsHandshakes(2), speaksVersion1, asksEarly(LATE_BYTES)] },
  http3: open(),
  blackhole: large(),
  keyupdate: closed(updatesKeys),
  ecn: closed(sendsNoRetry, marksEcn),
  amplificationlimit: closed(heedsAmplificationLimit),
  handshakeloss: fifty,
  transferloss: large(),
  handshakecorruption: fifty,
  transfercorruption: large(),
  ipv6: open(staysOnIpv6),
  v2: { ...OPEN, checks: [countsHandshakes(1), comesToVersion2] },
  'rebind-port': moving(),
  'rebind-addr': moving(meetsTwoHosts),
  connectionmigration: moving(takesNewIds),
};
