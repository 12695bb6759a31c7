import { UNKNOWN_VERSION } from '../wire/version-probe.ts';
import { type Case, DEFAULTS, type Evidence } from './case.ts';

/** An unknown version gets a Version Negotiation packet, and the client falls back or says why it cannot. */
export const versionNegotiation: Case = {
  ...DEFAULTS,
  name: 'versionnegotiation',
  about: 'a Hello of an unknown version is answered, and the client understands the answer',
  files: [{ name: 'small.bin', bytes: 1024 }],
  handshakeSuffices: true,
  probesVersions: true,
  client: { version: UNKNOWN_VERSION },
  judge: (evidence) => [...judgeNegotiation(evidence), ...judgeClient(evidence)],
};

function judgeNegotiation({ wire }: Evidence): string[] {
  const complaints: string[] = [];
  if (wire.clientVersions[0] !== UNKNOWN_VERSION)
    complaints.push('the client did not start with the unknown version');
  if (!wire.versionNegotiations.some((versions) => versions.includes(1)))
    complaints.push('the client got no Version Negotiation packet that lists version 1');
  return complaints;
}

/** RFC 9000 §6.2 lets a client choose another version or abandon the attempt. */
function judgeClient(evidence: Evidence): string[] {
  if (evidence.clientSucceeded && evidence.fileFaults.length === 0) return [];
  if (!evidence.clientSucceeded && evidence.abandonedVersion) return [];
  return [`the client neither fell back (${evidence.clientFault}) nor reported a version problem`];
}
