import { fileURLToPath } from 'node:url';
import type { Mutant } from './mutant.ts';
import type { Reader } from './reader.ts';

/** A mutant with its number in the woven program. */
export interface NumberedMutant {
  readonly mutant: Mutant;
  readonly number: number;
}

/** A place that reads a constant, and the numbers of the mutants of that constant. */
export interface NumberedReader {
  readonly reader: Reader;
  readonly numbers: readonly number[];
}

interface Place {
  readonly start: number;
  readonly end: number;
  /** Make the new text of a place from its present one, in which inner places are woven already. */
  readonly weave: (inner: string) => string;
}

/** The module in which woven code looks up the active mutant, or records which places ran. */
const STATE_MODULE = JSON.stringify(fileURLToPath(new URL('./state.ts', import.meta.url)));

/** The source with all mutants in it: the one whose number is `mutantsActive` replaces the code. */
export function weaveMutants(text: string, mutants: readonly NumberedMutant[]): string {
  return withState(text, 'active', placesOf(mutants, alternatives));
}

/** The source that records in `mutantsHits` which mutants' places it runs. */
export function weaveProbes(
  text: string,
  mutants: readonly NumberedMutant[],
  readers: readonly NumberedReader[],
): string {
  const places = placesOf(mutants, probes);
  for (const { reader, numbers } of readers) {
    places.push({ ...reader, weave: (inner) => `(${numbers.map(hit).join(',')},${inner})` });
  }
  return withState(text, 'hits', places);
}

function placesOf(
  mutants: readonly NumberedMutant[],
  weaver: (group: readonly NumberedMutant[], inner: string) => string,
): Place[] {
  const groups = new Map<string, NumberedMutant[]>();
  for (const numbered of mutants) {
    const { start, end, replacement } = numbered.mutant;
    const key = `${start} ${end} ${replacement === undefined}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [numbered]);
    else group.push(numbered);
  }
  return [...groups.values()].map((group) => {
    const { start, end } = group[0]!.mutant;
    return { start, end, weave: (inner) => weaver(group, inner) };
  });
}

function alternatives(group: readonly NumberedMutant[], inner: string): string {
  if (group[0]!.mutant.replacement === undefined) return `if(mutantsActive!==${group[0]!.number}){${inner}}`;
  const cases = group.map(({ mutant, number }) => `mutantsActive===${number}?(${mutant.replacement}):`);
  return `(${cases.join('')}(${inner}))`;
}

function probes(group: readonly NumberedMutant[], inner: string): string {
  const hits = group.map(({ number }) => hit(number)).join(',');
  return group[0]!.mutant.replacement === undefined ? `{${hits};${inner}}` : `(${hits},(${inner}))`;
}

function hit(number: number): string {
  return `mutantsHits[${number}]=1`;
}

function withState(text: string, name: 'active' | 'hits', places: readonly Place[]): string {
  if (places.length === 0) return text;
  const local = name === 'active' ? 'mutantsActive' : 'mutantsHits';
  return `import { ${name} as ${local} } from ${STATE_MODULE};${weave(text, places)}`;
}

/** Places are beside or inside one another, and never overlap. */
function weave(text: string, places: readonly Place[]): string {
  const sorted = [...places].sort((a, b) => a.start - b.start || b.end - a.end);
  let next = 0;
  const render = (from: number, to: number): string => {
    let out = '';
    let at = from;
    while (next < sorted.length && sorted[next]!.start < to) {
      const place = sorted[next++]!;
      out += text.slice(at, place.start) + place.weave(render(place.start, place.end));
      at = place.end;
    }
    return out + text.slice(at, to);
  };
  return render(0, text.length);
}
