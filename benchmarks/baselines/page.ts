import { figuresOf, type Result } from './result.ts';
import type { Work } from './works.ts';

/** What was measured, and on what. */
export interface Report {
  readonly machine: string;
  readonly date: string;
  readonly rounds: number;
  readonly versions: Readonly<Record<string, string>>;
  readonly works: readonly Work[];
  readonly results: readonly Result[];
}

/** One HTML page with a bar chart of rates and one of processor time for each work. */
export function pageOf(report: Report): string {
  const versions = Object.entries(report.versions).map(
    ([name, version]) => `${escape(name)} ${escape(version)}`,
  );
  const sections = report.works.map((work) => sectionOf(work, report.results));
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>tsquic beside other stacks</title>
<style>
body { font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #222 }
h2 { margin: 2.5rem 0 0.25rem } p { margin: 0.25rem 0; color: #555 }
svg { width: 100%; height: auto; display: block; margin-top: 0.5rem } text { font: 13px system-ui, sans-serif; fill: #222 }
.ours { fill: #1769aa } .others { fill: #b0bec5 } .range { stroke: #222; stroke-width: 1 }
</style>
<h1>tsquic beside other stacks</h1>
<p>${escape(report.machine)}; ${escape(report.date)}; ${report.rounds} rounds, one stack after the other in each. Bars are
medians, lines go from the least to the most.</p>
<p>${versions.join(' · ')}</p>
${sections.join('\n')}
</html>
`;
}

function sectionOf(work: Work, results: readonly Result[]): string {
  const own = results.filter((result) => result.work === work.name);
  const measured = own.filter(({ trials }) => trials.length > 0);
  const missing = own.filter(({ failure }) => failure !== '');
  const bars = measured.map((result) => ({ name: result.stack, figures: figuresOf(result, work) }));
  const rates = bars.map(({ name, figures }) => ({ ...figures, name, value: figures.median }));
  const costs = bars.map(({ name, figures }) => ({
    name,
    value: figures.cpuMs,
    minimum: figures.cpuMs,
    maximum: figures.cpuMs,
  }));
  const per = work.unit === 'Mbit/s' ? 'MB' : 'one';
  return `<h2>${escape(work.name)}</h2>
<p>${escape(work.about)}. ${escape(work.unit)}, more is better:</p>
${chartOf(rates, 0)}
<p>Milliseconds of processor time of both sides for each ${per}, less is better:</p>
${chartOf(costs, 2)}
${missing.map(({ stack, failure }) => `<p>${escape(stack)}: ${escape(failure)}</p>`).join('\n')}`;
}

interface Bar {
  readonly name: string;
  readonly value: number;
  readonly minimum: number;
  readonly maximum: number;
}

const [WIDTH, LEFT, RIGHT, ROW] = [900, 170, 90, 24];

function chartOf(bars: readonly Bar[], digits: number): string {
  const most = Math.max(...bars.map(({ maximum }) => maximum), Number.MIN_VALUE);
  const at = (value: number): string => (LEFT + (value / most) * (WIDTH - LEFT - RIGHT)).toFixed(1);
  const rows = bars.map(({ name, value, minimum, maximum }, index) => {
    const top = index * ROW;
    const kind = name.startsWith('tsquic') ? 'ours' : 'others';
    const middle = top + ROW / 2;
    return `<text x="${LEFT - 8}" y="${middle + 4}" text-anchor="end">${escape(name)}</text>
<rect class="${kind}" x="${LEFT}" y="${top + 3}" width="${(Number(at(value)) - LEFT).toFixed(1)}" height="${ROW - 6}"/>
<line class="range" x1="${at(minimum)}" x2="${at(maximum)}" y1="${middle}" y2="${middle}"/>
<text x="${Number(at(maximum)) + 6}" y="${middle + 4}">${value.toFixed(digits)}</text>`;
  });
  return `<svg viewBox="0 0 ${WIDTH} ${bars.length * ROW}" role="img">\n${rows.join('\n')}\n</svg>`;
}

function escape(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
