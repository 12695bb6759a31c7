import type { Case } from './cases/case.ts';
import { goodputText } from './goodput-text.ts';
import { type Cell, type Report, rolesOf, totalsText } from './report.ts';
import { reasonOf } from './verdict.ts';

/** The report as one page that needs nothing else: the runner's letters for its cases, names for ours, coloured by outcome. */
export function reportHtml(report: Report): string {
  const { against, peers, cases, seed, judge } = report;
  const version = escapeHtml(`${against.peer.name} ${against.version}`);
  const rows = peers.map(({ peer, version: theirs }) => {
    const roles = (['server', 'client'] as const).map((role) =>
      rolesOf(report, peer.name).includes(role) ? `<td>${marks(report, peer.name, role)}</td>` : '<td></td>',
    );
    return `<tr><th>${escapeHtml(peer.name)}<br><small>${escapeHtml(theirs)}</small></th>${roles.join('')}</tr>`;
  });
  const legend = cases
    .filter(({ letter }) => letter !== '')
    .map(({ letter, name, about }) => `<li><b>${letter}</b> ${name}: ${escapeHtml(about)}</li>`);
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Interoperability of ${version}</title>
<style>${STYLE}</style>
<h1>Interoperability of ${version}</h1>
<p>${totalsText(report)}; seed ${seed}${judge === '' ? '' : `; ${escapeHtml(judge)}`}. <span class="passed">passed</span> <span class="failed">failed</span>
<span class="unsupported">unsupported</span> <span class="absent">not installed</span></p>
<table>
<tr><th></th><th>the peer serves</th><th>the peer fetches</th></tr>
${rows.join('\n')}
</table>
<ul>${legend.join('\n')}</ul>
</html>
`;
}

const STYLE = `
body { font: 15px/1.5 system-ui, sans-serif; margin: 2em; }
table { border-collapse: collapse; }
th, td { border: 1px solid #ccc; padding: .4em .6em; text-align: left; vertical-align: top; }
span { border-radius: 3px; color: #fff; display: inline-block; margin: 1px; padding: 0 .4em; }
.passed { background: #1a7f37; }
.failed { background: #c62828; }
.unsupported { background: #8a8a8a; }
.absent { background: #d0d0d0; color: #444; }
ul { columns: 2; }
`;

function marks({ cases, cells }: Report, peer: string, role: Cell['role']): string {
  const mark = (testCase: Case): string => {
    const cell = cells.find(
      (one) => one.peer === peer && one.role === role && one.testCase === testCase.name,
    );
    if (cell === undefined) return '';
    const { outcome } = cell.verdict;
    const figure = cell.goodputs.length === 0 ? '' : goodputText(cell.goodputs);
    const words = [testCase.name, reasonOf(cell.verdict), figure].filter((text) => text !== '');
    const why = escapeHtml(words.join(': '));
    const style = outcome === 'not installed' ? 'absent' : outcome;
    return `<span class="${style}" title="${why}">${testCase.letter || testCase.name}</span>`;
  };
  const [theirs, ours] = [true, false].map((isRunners) =>
    cases.filter(({ letter }) => (letter !== '') === isRunners).map(mark),
  );
  return `${theirs!.join('')}<br>${ours!.join('')}`;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
