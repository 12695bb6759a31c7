import { type Case, DEFAULTS, type Evidence, judgeDelivery, judgeOneConnection } from './case.ts';

/** The client offers ChaCha20-Poly1305 and nothing else. */
export const chacha20: Case = {
  ...DEFAULTS,
  name: 'chacha20',
  about: 'only TLS_CHACHA20_POLY1305_SHA256, 1 MiB',
  files: [{ name: '1m.bin', bytes: 1 << 20 }],
  handshakeSuffices: true,
  client: { cipher: 'TLS_CHACHA20_POLY1305_SHA256' },
  judge: (evidence) => [
    ...judgeDelivery(evidence),
    ...judgeOneConnection(evidence),
    ...judgeSuites(evidence),
  ],
};

const CHACHA20_POLY1305_SHA256 = 0x1303;

function judgeSuites({ wire }: Evidence): string[] {
  const complaints: string[] = [];
  const offered = wire?.offeredSuites ?? [];
  if (offered.length !== 1 || offered[0] !== CHACHA20_POLY1305_SHA256)
    complaints.push(`the client offered ${offered.map(suiteName).join(', ') || 'nothing readable'}`);
  if (wire?.chosenSuite !== CHACHA20_POLY1305_SHA256)
    complaints.push(
      `the server chose ${wire?.chosenSuite === undefined ? 'nothing' : suiteName(wire.chosenSuite)}`,
    );
  return complaints;
}

function suiteName(suite: number): string {
  return `0x${suite.toString(16).padStart(4, '0')}`;
}
