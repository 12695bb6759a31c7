import type { PathQualityEvent, PathStateEvent, QuicEvent } from '../events.ts';

/** Kinds of events of which a later one about the same path says all that an earlier one said. */
type PathNews = PathStateEvent | PathQualityEvent;

/** Kinds of events of which a later one says all that an earlier one said, so that only the last is kept. */
type News = Extract<QuicEvent, { type: 'datagram-size' | 'datagrams-dropped' }>;

/**
 * How many events of each `Repeated` kind a connection keeps for a program that does not poll: the newest.
 */
const KEPT = 8;
/**
 * So many path IDs have their last state kept, which is twice as many as may be in use at once (`maxPaths`): for each
 * of them, one that was abandoned may wait to be told.
 */
const KEPT_PATHS = 64;
const COMPACT_AT = 1024;

/**
 * Events that a peer can cause as often as it likes: tickets and tokens for later connections
 * (RFC 8446 §4.6.1, RFC 9000 §8.1.3), and changes of its address (RFC 9000 §9.3).
 */
type Repeated = Extract<QuicEvent, { type: 'ticket' | 'token' | 'path' }>;

/**
 * Events of all connections that the application has not polled yet, oldest first. The number of streams
 * bounds the stream events (`StreamTable`). Of tickets, tokens and address changes only the newest are kept, of
 * the states and the quality of a path the last ones, and of the other kinds that a peer can repeat only the last one.
 */
export class EventQueue {
  private events: (QuicEvent | Waiting)[] = [];
  private head = 0;
  /** The `Repeated` events that are in the queue, by connection. */
  private readonly waiting = new Map<number, Kept>();
  /** The last event of each `News` kind that is in the queue, by kind and connection. */
  private readonly news = new Map<string, News>();
  /** The last of these events of each path that is in the queue, by kind, connection and path ID. */
  private readonly pathNews = new Map<string, Map<number, PathNews>>();

  push(event: QuicEvent): void {
    if (isRepeated(event)) return this.pushRepeated(event);
    if (event.type === 'path-state' || event.type === 'path-quality') return this.pushPathNews(event);
    if (event.type === 'datagram-size' || event.type === 'datagrams-dropped') return this.pushNews(event);
    this.events.push(event);
  }

  private pushNews(event: News): void {
    const { connection, type } = event;
    const key = `${type} ${connection}`;
    if (!this.news.has(key)) this.events.push({ type: 'waiting', connection, kind: type });
    this.news.set(key, event);
  }

  /**
   * A program may wait for the state of one path, so that none is dropped for those of others. Of paths that are over, a peer
   * can make any number: beyond the bound, the oldest of them is forgotten. draft-ietf-quic-multipath §3
   */
  private pushPathNews(event: PathNews): void {
    const { connection, pathId, type } = event;
    const key = `${type} ${connection}`;
    let news = this.pathNews.get(key);
    if (news === undefined) this.pathNews.set(key, (news = new Map()));
    const isNew = !news.has(pathId);
    news.set(pathId, event);
    if (!isNew) return;
    if (news.size <= KEPT_PATHS) this.events.push({ type: 'waiting', connection, kind: type });
    else news.delete(oldestEnd(news));
  }

  private pushRepeated(event: Repeated): void {
    const { connection, type } = event;
    let all = this.waiting.get(connection);
    if (all === undefined) this.waiting.set(connection, (all = { ticket: [], token: [], path: [] }));
    // The oldest event is dropped and each later one moves up by a place, so that the places are bounded too.
    const kept = all[type];
    if (kept.push(event) > KEPT) kept.shift();
    else this.events.push({ type: 'waiting', connection, kind: type });
  }

  shift(): QuicEvent | undefined {
    if (this.head === this.events.length) return undefined;
    const event = this.events[this.head]!;
    this.head++;
    if (this.head === this.events.length) {
      this.events.length = 0;
      this.head = 0;
    } else if (this.head === COMPACT_AT) {
      this.events = this.events.slice(this.head);
      this.head = 0;
    }
    return event.type === 'waiting' ? this.takeOldest(event) : event;
  }

  clear(): void {
    this.events = [];
    this.head = 0;
    this.waiting.clear();
    this.news.clear();
    this.pathNews.clear();
  }

  private takeOldest({ connection, kind }: Waiting): QuicEvent {
    if (kind === 'path-state' || kind === 'path-quality') return this.takePathNews(`${kind} ${connection}`);
    if (kind === 'datagram-size' || kind === 'datagrams-dropped') {
      const key = `${kind} ${connection}`;
      const event = this.news.get(key)!;
      this.news.delete(key);
      return event;
    }
    const kept = this.waiting.get(connection)!;
    const oldest = kept[kind].shift()!;
    if (Object.values(kept).every(({ length }) => length === 0)) this.waiting.delete(connection);
    return oldest;
  }

  private takePathNews(key: string): PathNews {
    const news = this.pathNews.get(key)!;
    const [oldest] = news.values();
    news.delete(oldest!.pathId);
    if (news.size === 0) this.pathNews.delete(key);
    return oldest!;
  }
}

/** The path whose news can be left out: the oldest that is over. */
function oldestEnd(news: ReadonlyMap<number, PathNews>): number {
  for (const event of news.values())
    if (event.type === 'path-state' && event.state === 'abandoned') return event.pathId;
  return news.keys().next().value!;
}

/** The place in the queue of the oldest of its kind that a connection has, or of the last word about something. */
interface Waiting {
  readonly type: 'waiting';
  readonly connection: number;
  readonly kind: Repeated['type'] | News['type'] | PathNews['type'];
}

type Kept = Readonly<Record<Repeated['type'], Repeated[]>>;

function isRepeated(event: QuicEvent): event is Repeated {
  const { type } = event;
  return type === 'ticket' || type === 'token' || type === 'path';
}
