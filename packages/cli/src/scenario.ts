import { Failure } from './failure.ts';
import { parseTarget, type FetchTarget } from './fetch-target.ts';

/**
 * The requests of a download scenario in the syntax of picoquicdemo: entries `[*N:][STREAM:][AFTER:]PATH`,
 * divided by semicolons. `*N` repeats the request N times. STREAM names the entry, by default four more than
 * the one before. AFTER names another entry that must be complete first, by default the one before; `-` is
 * for none. `b:` or `t:` before the path (binary, text) is ignored. Throws a `Failure` for anything else.
 */
export function parseScenario(text: string, authority: string): readonly FetchTarget[] {
  const targets = new Map<number, FetchTarget>();
  let latest: number | undefined;
  for (const entry of text.split(';').map((part) => part.trim())) {
    if (entry === '') continue;
    const { repeat, stream, after, path } = parseEntry(entry, latest);
    const earlier = after === undefined ? undefined : targets.get(after);
    if (after !== undefined && earlier === undefined)
      throw scenarioFailure(entry, `nothing before is stream ${after}`);
    const target = parseTarget(`https://${authority}/${path.replace(/^\//, '')}`);
    for (let copy = 0; copy < repeat; copy++) {
      latest = stream + copy * STREAM_STEP;
      if (targets.has(latest)) throw scenarioFailure(entry, `stream ${latest} is there already`);
      const fileName = copy === 0 ? target.fileName : `${target.fileName}.${copy}`;
      targets.set(latest, { ...target, fileName, ...(earlier === undefined ? {} : { after: earlier }) });
    }
  }
  if (targets.size === 0) throw scenarioFailure(text, 'it asks for nothing');
  return [...targets.values()];
}

interface Entry {
  readonly repeat: number;
  readonly stream: number;
  readonly after: number | undefined;
  readonly path: string;
}

/** `latest` is the stream of the entry before, undefined for the first entry. */
function parseEntry(entry: string, latest: number | undefined): Entry {
  const { repeat = '1', stream, after, path, post } = ENTRY.exec(entry)?.groups ?? {};
  if (path === undefined) throw scenarioFailure(entry, 'not [*N:][STREAM:][AFTER:]PATH');
  if (post !== undefined) throw scenarioFailure(entry, 'HTTP/0.9 sends no bodies');
  if (Number(repeat) < 1 || Number(repeat) > MAX_REPEAT)
    throw scenarioFailure(entry, `*${repeat} is not from 1 to ${MAX_REPEAT}`);
  return {
    repeat: Number(repeat),
    stream: stream === undefined ? (latest ?? -STREAM_STEP) + STREAM_STEP : Number(stream),
    after: after === '-' ? undefined : after === undefined ? latest : Number(after),
    path,
  };
}

function scenarioFailure(entry: string, reason: string): Failure {
  return new Failure('ERR_TSQUIC_SCENARIO', `--scenario ${entry}: ${reason}`, "like '0:index.html;4:/12345'");
}

const ENTRY =
  /^(?:\*\s*(?<repeat>\d+)\s*:)?\s*(?:(?<stream>\d+)\s*:)?\s*(?:(?<after>\d+|-)\s*:)?\s*(?:[bt]\s*:)?\s*(?<path>[^:\s]+)\s*(?::\s*(?<post>\d+))?$/;
/** The IDs of a client's bidirectional streams differ by this. RFC 9000 §2.1 */
const STREAM_STEP = 4;
const MAX_REPEAT = 10_000;
