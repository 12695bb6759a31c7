/** Of what a program printed: the last line that speaks of an error, or else the last one, in brackets; '' of nothing. */
export function tellingLine(output: string): string {
  const lines = output.split('\n').filter((line) => line.trim() !== '');
  const line = lines.findLast((one) => /error/i.test(one)) ?? lines.at(-1);
  return line === undefined ? '' : ` (${line.trim().slice(0, SHOWN_OUTPUT)})`;
}

const SHOWN_OUTPUT = 120;
