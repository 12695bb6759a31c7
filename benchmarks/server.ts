import { Child, TSQUIC } from './child.ts';
import type { Workplace } from './workplace.ts';

/** `tsquic serve` in a process of its own, over the workplace's root, on a port that the system chooses. */
export function startServer({ root, cert, key }: Workplace): Child {
  return new Child([TSQUIC, 'serve', '--root', root, '--cert', cert, '--key', key, '--port', '0', '--json']);
}
