/** How a trial went: passed without complaints, unsupported for a reason, or not run because a peer is not there. */
export type Verdict =
  | {
      readonly outcome: 'passed';
      /** What was measured, kbit/s. */
      readonly goodput?: number;
    }
  | { readonly outcome: 'failed'; readonly complaints: readonly string[] }
  | { readonly outcome: 'unsupported'; readonly reason: string }
  | { readonly outcome: 'not installed'; readonly reason: string };

/** The names of verdicts. */
export type Outcome = Verdict['outcome'];

/** Why, in one line; '' for what passed. */
export function reasonOf(verdict: Verdict): string {
  if (verdict.outcome === 'passed') return '';
  return verdict.outcome === 'failed' ? verdict.complaints.join('; ') : verdict.reason;
}

/** The verdict in one line. */
export function verdictText(verdict: Verdict): string {
  const reason = reasonOf(verdict);
  return reason === '' ? verdict.outcome : `${verdict.outcome}: ${reason}`;
}

/** That of repetitions, of which there is one at least: the first that did not pass, with how many others did not. */
export function verdictOfAll(verdicts: readonly Verdict[]): Verdict {
  const failed = verdicts.filter((verdict) => verdict.outcome === 'failed');
  const [first] = failed;
  if (first === undefined) return verdicts.find(({ outcome }) => outcome !== 'passed') ?? verdicts[0]!;
  if (verdicts.length === 1) return first;
  return {
    outcome: 'failed',
    complaints: [`${failed.length} of ${verdicts.length} times`, ...first.complaints],
  };
}
