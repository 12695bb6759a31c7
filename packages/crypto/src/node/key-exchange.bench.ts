import { groupName } from '../groups.ts';
import { createNobleProvider } from '../noble/provider.ts';
import { type CryptoProvider, Group } from '../provider.ts';
import { createNodeProvider } from './provider.ts';

// CPU microseconds of a key exchange, by group: `node -C tsquic-src --import ./tools/ts.mjs
// packages/crypto/src/node/key-exchange.bench.ts`, on each runtime that is to be judged.

const ROUNDS = 5;
const CALLS = 50;
const GROUPS = [Group.X25519, Group.X25519MLKEM768];

/**
 * The least time of several rounds, the first of which warms up: other programs and the compiler only add to
 * it.
 */
function leastUs(call: () => unknown): number {
  let least = Infinity;
  for (let round = 0; round < ROUNDS; round++) {
    const start = process.cpuUsage();
    for (let i = 0; i < CALLS; i++) call();
    const { user, system } = process.cpuUsage(start);
    if (round > 0) least = Math.min(least, (user + system) / CALLS);
  }
  return least;
}

function measure({ name, preferredGroups, ...provider }: CryptoProvider): void {
  console.log(`${process.version} ${name}, first choice ${groupName(preferredGroups[0]!)}`);
  for (const group of GROUPS) {
    const share = provider.generateKeyShare(group);
    const { publicKey } = provider.answerKeyShare(group, share.publicKey)!;
    const [client, server, secret] = [
      leastUs(() => provider.generateKeyShare(group)),
      leastUs(() => provider.answerKeyShare(group, share.publicKey)),
      leastUs(() => share.deriveSecret(publicKey)),
    ].map((us) => us.toFixed(0).padStart(6));
    console.log(
      `${groupName(group).padEnd(16)} share ${client} µs  answer ${server} µs  secret ${secret} µs`,
    );
  }
}

measure(createNodeProvider());
measure(createNobleProvider({ random: createNodeProvider().random }));
