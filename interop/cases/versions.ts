import { type Case, DEFAULTS, type Evidence, judgeDelivery, judgeOneConnection } from './case.ts';

const VERSION_2 = 0x6b33_43cf;

/** Everything is in version 2. RFC 9369 */
export const directVersionTwo: Case = {
  ...DEFAULTS,
  name: 'v2-direct',
  about: 'the client begins with version 2, and both stay with it, 10 KiB',
  files: [{ name: '10k.bin', bytes: 10 << 10 }],
  handshakeSuffices: true,
  versionTwo: 'direct',
  judge: (evidence) => [
    ...judgeDelivery(evidence),
    ...judgeOneConnection(evidence),
    ...judgeVersions(evidence),
  ],
};

function judgeVersions({ wire }: Evidence): string[] {
  const complaints: string[] = [];
  if (wire.clientVersions[0] !== VERSION_2)
    complaints.push(`the client began with ${versionNames(wire.clientVersions.slice(0, 1))}`);
  if (!wire.serverVersions.includes(VERSION_2))
    complaints.push(`Initial packets of the server had ${versionNames(wire.serverVersions)}`);
  if (wire.handshakeVersions.length !== 1 || wire.handshakeVersions[0] !== VERSION_2)
    complaints.push(`Handshake packets had ${versionNames(wire.handshakeVersions)}`);
  if (wire.versionNegotiations.length > 0) complaints.push('it took a Version Negotiation packet');
  return complaints;
}

function versionNames(versions: readonly number[]): string {
  return versions.length === 0
    ? 'no version'
    : `version ${versions.map((id) => `0x${id.toString(16)}`).join(', ')}`;
}
