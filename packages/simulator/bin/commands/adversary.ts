import { ADVERSARIES, type AdversaryResult, type AdversaryScenario, runAdversary } from '@tsquic/simulator';
import type { Arguments, Outcome } from '../arguments.ts';
import { closeName } from '../close-names.ts';
import { collectGarbage } from '../garbage.ts';
import { createSurroundings } from '../surroundings.ts';

/** Adversaries one after the other, a line each: whether the honest side held, the error, and what it cost. */
export function runAdversaries(scenarios: readonly AdversaryScenario[], args: Arguments): Outcome {
  const { createCrypto } = createSurroundings(args.crypto);
  const seed = args.seed ?? 1;
  const play = (scenario: AdversaryScenario): AdversaryResult =>
    runAdversary(scenario, {
      ...{ seed, createCrypto, heldBytes: collectGarbage },
      computedMs,
    });
  // What is made once, whoever comes first, is not to be laid at a scenario's door.
  runAdversary(ADVERSARIES[0]!, { seed, createCrypto });
  const results = scenarios.map((scenario) => {
    let result = play(scenario);
    // All but what it costs is the same every time: compilers and collectors of garbage have their own.
    for (let again = 0; again < 2 && result.faults.length > 0; again++) result = play(scenario);
    args.say(lineOf(result));
    for (const fault of result.faults.slice(0, 3)) args.say(`     ${fault}`);
    if (result.faults.length > 0) args.say(`     repeat: pnpm sim ${scenario.name} --seed ${seed}`);
    return result;
  });
  const passed = results.filter(({ faults }) => faults.length === 0).length;
  return {
    passed,
    failed: results.length - passed,
    results: results.map(({ scenario, ...rest }) => ({
      name: scenario.name,
      about: scenario.about,
      ...rest,
    })),
  };
}

/** Of the processor, so that other programs have no part in it. */
function computedMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

function lineOf(result: AdversaryResult): string {
  const { scenario, faults, end, bytesIn, bytesOut, heldBytes = 0, worstMs = 0 } = result;
  const name = scenario.name.replace('adversary-', '').padEnd(24);
  const verdict = faults.length === 0 ? 'held  ' : 'FAILED';
  const error = (end === undefined ? 'goes on' : closeName(end)).padEnd(32);
  const heap = `${heldBytes < 0 ? '' : '+'}${(heldBytes / 1e6).toFixed(2)} MB`.padStart(9);
  const cost = `${heap} heap, worst ${worstMs.toFixed(1).padStart(5)} ms, ${bytesIn} bytes in, ${bytesOut} out`;
  return `${verdict} ${name} ${error} ${cost}: ${scenario.about}`;
}
