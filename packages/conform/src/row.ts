import type { Scene } from './scene.ts';
import type { Script } from './script.ts';

/** One requirement that an outsider can see, and the script that tries it. */
export interface Row {
  /** Words with hyphens, unique; `--only` chooses by it. */
  readonly name: string;
  /** Who is tested. */
  readonly subject: Subject;
  /** How the RFC words it. */
  readonly level: 'MUST' | 'SHOULD' | 'MAY';
  /** RFC and section: 'RFC 9000 §4.1'. */
  readonly section: string;
  /** The requirements by their ids, as docs/rfc-coverage.json has them; empty where a table of the RFC says it. */
  readonly ids: readonly string[];
  /** What is sent. */
  readonly sends: string;
  /** What the section asks of the one who gets it. */
  readonly asks: string;
  readonly play: (scene: Scene) => Script<Finding>;
}

/** Who is tested. */
export type Subject = 'server' | 'client';

/**
 * - `pass`: what the RFC asks for came.
 * - `fail`: something else came.
 * - `cannot tell`: nothing can be concluded, with the reason in what came.
 */
export type Verdict = 'pass' | 'fail' | 'cannot tell';

/** What a script found. */
export interface Finding {
  readonly verdict: Verdict;
  /** What came back, as a clause. */
  readonly came: string;
}

/** A finding that the requirement is met. */
export function passes(came: string): Finding {
  return { verdict: 'pass', came };
}

/** A finding that it is not. */
export function fails(came: string): Finding {
  return { verdict: 'fail', came };
}
