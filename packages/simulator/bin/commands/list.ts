import { ADVERSARIES, LARGE_SCENARIOS, MULTIPATH_SCENARIOS, SCENARIOS } from '@tsquic/simulator';
import { drawTable, milliseconds } from '../table.ts';

const ALL = [...SCENARIOS, ...MULTIPATH_SCENARIOS, ...LARGE_SCENARIOS];

/** Every scenario with its ceiling and what it shows. */
export function listScenarios(): string {
  const rows = ALL.map(({ name, about, ceilingUs }) => [
    `${name.padEnd(28)} ${about}`,
    `${milliseconds(ceilingUs)} ms`,
  ]);
  for (const { name, about } of ADVERSARIES) rows.push([`${name.padEnd(28)} ${about}`, '']);
  const families =
    'families: loss-table, handshake-masks, random, fuzz, hash, ceilings, fairness, stalls, runner, recovery, asymmetry, worlds, adversary, multipath, all';
  return `${drawTable([['scenario                     what it shows', 'ceiling'], ...rows])}\n${families}`;
}

/** The same for programs. */
export function scenarioRecords(): readonly { readonly name: string; readonly about: string }[] {
  const scenarios = ALL.map(({ name, about, ceilingUs }) => ({
    name,
    about,
    ceilingUs,
  }));
  return [...scenarios, ...ADVERSARIES.map(({ name, about }) => ({ name, about }))];
}
