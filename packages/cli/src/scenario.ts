import { Failure } from './failure.ts';
import { parseTarget, type FetchTarget } from './fetch-target.ts';

/**
 * What a download scenario asks of one server: entries `STREAM:[AFTER:]PATH`, divided by semicolons. STREAM names
 * the entry, AFTER another one that must be over before; `-` stands for none. Entries that wait for nothing go at
 * once. Throws a `Failure` for anything else.
 */
export function parseScenario(text: string, authority: string): readonly FetchTarget[] {
  const targets = new Map<string, FetchTarget>();
  for (const entry of text.split(';').map((part) => part.trim())) {
    if (entry === '') continue;
    const [, stream = '', after = '-', path] = ENTRY.exec(entry) ?? [];
    if (path === undefined) throw scenarioFailure(entry, 'not STREAM:PATH or STREAM:AFTER:PATH');
    if (targets.has(stream)) throw scenarioFailure(entry, `stream ${stream} is there already`);
    const earlier = targets.get(after);
    if (after !== '-' && earlier === undefined)
      throw scenarioFailure(entry, `nothing before is stream ${after}`);
    const target = parseTarget(`https://${authority}/${path.replace(/^\//, '')}`);
    targets.set(stream, earlier === undefined ? target : { ...target, after: earlier });
  }
  if (targets.size === 0) throw scenarioFailure(text, 'it asks for nothing');
  return [...targets.values()];
}

function scenarioFailure(entry: string, reason: string): Failure {
  return new Failure('ERR_TSQUIC_SCENARIO', `--scenario ${entry}: ${reason}`, "like '0:index.html;4:/12345'");
}

const ENTRY = /^(\d+):(?:(\d+|-):)?([^:\s]+)$/;
