import { ladderLine } from '../packet-ladder.ts';
import { countVerdicts, type RowResult } from './result.ts';

/** The results as JUnit XML: rows that cannot tell are skipped tests. */
export function junitText(results: readonly RowResult[], suite: string): string {
  const { fail, 'cannot tell': skipped } = countVerdicts(results);
  const seconds = results.reduce((sum, result) => sum + result.seconds, 0);
  const head = `<testsuite name="${escapeXml(suite)}" tests="${results.length}" failures="${fail}" errors="0" skipped="${skipped}" time="${seconds.toFixed(3)}">`;
  return `<?xml version="1.0" encoding="UTF-8"?>\n${[head, ...results.map(testCase), '</testsuite>'].join('\n')}\n`;
}

function testCase({ row, finding, packets, seconds }: RowResult): string {
  const head = `  <testcase classname="${escapeXml(`${row.subject}.${row.section}`)}" name="${escapeXml(row.name)}" time="${seconds.toFixed(3)}"`;
  if (finding.verdict === 'pass') return `${head}/>`;
  const message = escapeXml(finding.came);
  if (finding.verdict === 'cannot tell') return `${head}><skipped message="${message}"/></testcase>`;
  const text = [
    `sends ${row.sends}`,
    `asks for ${row.asks} (${row.section}, ${row.level})`,
    ...packets.map((packet) => ladderLine(packet, LADDER_COLUMNS)),
  ];
  return `${head}><failure message="${message}">${escapeXml(text.join('\n'))}</failure></testcase>`;
}

/** Text for an attribute or an element; what XML 1.0 has no characters for becomes a question mark. */
function escapeXml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('"', '&quot;')
    .replaceAll(/[^\P{Cc}\n]/gu, '?');
}

const LADDER_COLUMNS = 100;
