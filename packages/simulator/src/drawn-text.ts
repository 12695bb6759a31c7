import type { Scenario } from './scenario.ts';

/** The draws of a seed as one line of text. */
export function drawnText(drawn: object): string {
  // JSON has no word for an infinite rate.
  const text = JSON.stringify(drawn, (_key, value: unknown) => (value === Infinity ? 'Infinity' : value));
  return text.slice(1, -1).replaceAll('"', '').replaceAll(',', ', ').replaceAll(':', ': ');
}

/** The draws of a made-up scenario as one line of text. */
export function drawnScenario({
  name: _name,
  about: _about,
  ceilingUs: _ceilingUs,
  ...drawn
}: Scenario): string {
  return drawnText(drawn);
}
