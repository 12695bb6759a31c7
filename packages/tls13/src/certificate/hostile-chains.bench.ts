import { HOSTILE_CHAINS } from '../../test/hostile-chains.ts';
import { provider } from '../../test/handshake-pair.ts';
import { createCertificateVerifier } from './verifier.ts';

/**
 * CPU milliseconds that each hostile chain takes a new verifier over node:crypto, the first time and as the
 * median of nine. Run it in the root of the workspace: node -C tsquic-src --import ./tools/ts.mjs
 * packages/tls13/src/certificate/hostile-chains.bench.ts
 */
const NOW_MS = Date.UTC(2027, 0, 1);

let worst = 0;
for (const [name, make] of Object.entries(HOSTILE_CHAINS)) {
  const { anchors, chain } = make();
  const times: number[] = [];
  let outcome = '';
  for (let round = 0; round < 10; round++) {
    const verifier = createCertificateVerifier({ trustAnchors: anchors });
    const start = process.cpuUsage();
    const fault = verifier.verify(chain, 'www.example.org', NOW_MS, provider);
    const spent = process.cpuUsage(start);
    times.push((spent.user + spent.system) / 1000);
    outcome = fault === undefined ? 'good' : `${fault.reason}: ${fault.message.slice(0, 90)}`;
  }
  const [first, ...rest] = times;
  const median = rest.toSorted((a, b) => a - b)[4]!;
  worst = Math.max(worst, median);
  console.log(`${first!.toFixed(1).padStart(6)} ${median.toFixed(1).padStart(6)} ms  ${name}  [${outcome}]`);
}
console.log(`worst median: ${worst.toFixed(1)} ms`);
