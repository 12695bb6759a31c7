import { ADVERSARIES, type AdversaryResult, type AdversaryScenario, runAdversary } from '@tsquic/simulator';
import type { Arguments, Outcome } from '../arguments.ts';
import { closeName } from '../close-names.ts';
import { collectGarbage } from '../garbage.ts';
import { createSurroundings } from '../surroundings.ts';

/** Adversaries one after the other, a line each with what they cost. */
export function runAdversaries(scenarios: readonly AdversaryScenario[], args: Arguments): Outcome {
  const { createCrypto } = createSurroundings(args.crypto);
  const seed = args.seed ?? 1;
  // What is made once, whoever comes first, is not to be laid at a scenario's door.
  runAdversary(ADVERSARIES[0]!, { seed, createCrypto });
  const results = scenarios.map((scenario) => {
    const result = runAdversary(scenario, { seed, createCrypto, heldBytes: collectGarbage });
    args.say(lineOf(result));
    for (const fault of result.faults.slice(0, 3)) args.say(`     ${fault}`);
    if (result.faults.length > 0) args.say(`     repeat: pnpm sim ${scenario.name} --seed ${seed}`);
    return result;
  });
  const passed = results.filter(({ faults }) => faults.length === 0).length;
  return {
    passed,
    failed: results.length - passed,
    results: results.map(({ scenario, ...rest }) => ({ name: scenario.name, ...rest })),
  };
}

function lineOf({ scenario, faults, end, bytesIn, bytesOut, heldBytes = 0 }: AdversaryResult): string {
  const verdict = faults.length === 0 ? 'ok  ' : 'FAIL';
  const cost = `${bytesIn} bytes in, ${bytesOut} out, ${(heldBytes / 1e6).toFixed(1)} MB held`;
  return `${verdict} ${scenario.name.padEnd(28)} ${cost}, ${end === undefined ? 'goes on' : closeName(end)}`;
}
