import type { CaseName, PageAnswer } from '../cases.ts';
import { CONTENT } from './content.ts';
import { ENDINGS } from './endings.ts';
import { Unsupported } from './expectation.ts';
import { LOADING } from './loading.ts';
import { MESSAGES } from './messages.ts';
import { WEB_TRANSPORT } from './web-transport.ts';

const PAGE_CASES: Readonly<Record<CaseName, () => Promise<void>>> = {
  ...LOADING,
  ...CONTENT,
  ...MESSAGES,
  ...ENDINGS,
  ...WEB_TRANSPORT,
};

/** Runs one case in this page; never rejects. */
async function runCase(name: CaseName): Promise<PageAnswer> {
  const startedAt = performance.now();
  const answer = (outcome: PageAnswer['outcome'], reason: string): PageAnswer => ({
    outcome,
    reason,
    milliseconds: Math.round(performance.now() - startedAt),
  });
  try {
    await PAGE_CASES[name]();
    return answer('passed', '');
  } catch (error) {
    return answer(error instanceof Unsupported ? 'unsupported' : 'failed', (error as Error).message);
  }
}

Object.assign(globalThis, { runCase });
