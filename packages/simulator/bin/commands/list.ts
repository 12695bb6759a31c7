import { ADVERSARIES, LARGE_SCENARIOS, SCENARIOS } from '@tsquic/simulator';
import { drawTable, milliseconds } from '../table.ts';

/** Every scenario with its ceiling and what it shows. */
export function listScenarios(): string {
  const rows = [...SCENARIOS, ...LARGE_SCENARIOS].map(({ name, about, ceilingUs }) => [
    `${name.padEnd(28)} ${about}`,
    `${milliseconds(ceilingUs)} ms`,
  ]);
  for (const { name, about } of ADVERSARIES) rows.push([`${name.padEnd(28)} ${about}`, '']);
  const families =
    'families: loss-table, handshake-masks, random, fuzz, hash, ceilings, fairness, stalls, recovery, asymmetry, worlds, adversary, all';
  return `${drawTable([['scenario                     what it shows', 'ceiling'], ...rows])}\n${families}`;
}

/** The same for programs. */
export function scenarioRecords(): readonly { readonly name: string; readonly about: string }[] {
  const scenarios = [...SCENARIOS, ...LARGE_SCENARIOS].map(({ name, about, ceilingUs }) => ({
    name,
    about,
    ceilingUs,
  }));
  return [...scenarios, ...ADVERSARIES.map(({ name, about }) => ({ name, about }))];
}
