import { FrameType } from '@tsquic/quic-core/wire';
import { Level } from '@tsquic/tls13';
import { closesWith, livesOn, livesOnOrCloses } from '../answers.ts';
import type { Conversation, ConversationOptions } from '../conversation.ts';
import type { Finding, Row, Subject } from '../row.ts';
import type { Scene } from '../scene.ts';
import { Inconclusive, type Script } from '../script.ts';

/** A requirement that packets with certain frames try, in front of a peer that is in the middle of something. */
export interface FrameRow extends Pick<Row, 'name' | 'section' | 'ids' | 'sends' | 'asks'> {
  /** Default: both. */
  readonly subjects?: readonly Subject[];
  /** Default: MUST. */
  readonly word?: Row['level'];
  /** Level of the packets, whose place in the handshake is waited for. Default: 1-RTT. */
  readonly level?: Level;
  /** Payloads of packets, one after the other. */
  readonly payloads: (view: FrameView) => readonly Uint8Array[];
  /** XORed into the first byte of the last packet. */
  readonly firstByte?: number;
  /** How this end behaves otherwise. */
  readonly options?: ConversationOptions;
  /** The codes of the RFC; none where the frames must be ignored. */
  readonly codes?: readonly number[];
  /** Whether discarding the packet is right as well. */
  readonly mayIgnore?: boolean;
}

/** What frames depend on. */
export interface FrameView {
  readonly talk: Conversation;
  readonly streams: StreamIds;
  readonly limits: Limits;
}

/** The rows of a table, for each subject. */
export function frameRows(table: readonly FrameRow[]): Row[] {
  return table.flatMap((one) =>
    (one.subjects ?? BOTH).map((subject) => ({
      name: one.name,
      subject,
      level: one.word ?? 'MUST',
      section: one.section,
      ids: one.ids,
      sends: one.sends,
      asks: one.asks,
      play: (scene) => play(one, subject, scene),
    })),
  );
}

function* play(one: FrameRow, subject: Subject, scene: Scene): Script<Finding> {
  const { level = Level.Application, codes, firstByte } = one;
  const talk = yield* meet(scene, subject, level, one.options);
  const payloads = one.payloads({ talk, streams: streamIds(subject), limits: limitsOf(talk, level) });
  scene.act(one.sends);
  payloads.forEach((payload, index) => {
    const isLast = index === payloads.length - 1;
    talk.send(level, payload, isLast && firstByte !== undefined ? { firstByte } : {});
  });
  if (codes === undefined) return yield* livesOn(scene, talk);
  return yield* one.mayIgnore === true
    ? livesOnOrCloses(scene, talk, ...codes)
    : closesWith(scene, talk, ...codes);
}

/** A conversation that stands where packets of the level count. */
export function* meet(
  scene: Scene,
  subject: Subject,
  level: Level = Level.Application,
  options: ConversationOptions = {},
): Script<Conversation> {
  const isWhole = level === Level.Application;
  // A server that has read a Handshake packet has no more keys for Initial packets. RFC 9001 §4.9.1
  const given = level === Level.Initial ? { acknowledges: false, ...options } : options;
  if (subject === 'server') return yield* isWhole ? scene.connect(given) : scene.connectHalfway(given);
  return yield* isWhole ? scene.accept(given) : scene.acceptHalfway(given);
}

/** Stream IDs by who may open them, from 0 on. RFC 9000 §2.1 */
export interface StreamIds {
  readonly mine: (index: number) => number;
  readonly mineUni: (index: number) => number;
  readonly theirs: (index: number) => number;
  readonly theirsUni: (index: number) => number;
}

/** The IDs when `subject` is tested. */
export function streamIds(subject: Subject): StreamIds {
  const [mine, theirs] = subject === 'server' ? [0, 1] : [1, 0];
  return {
    mine: (index) => 4 * index + mine,
    mineUni: (index) => 4 * index + mine + 2,
    theirs: (index) => 4 * index + theirs,
    theirsUni: (index) => 4 * index + theirs + 2,
  };
}

/** What the peer allows this end at the moment. */
export interface Limits {
  readonly bidi: number;
  readonly uni: number;
  readonly data: number;
  readonly streamBidi: number;
  readonly streamUni: number;
}

const NONE_KNOWN: Limits = { bidi: 0, uni: 0, data: 0, streamBidi: 0, streamUni: 0 };

function limitsOf(talk: Conversation, level: Level): Limits {
  if (level !== Level.Application) return NONE_KNOWN;
  const { parameters } = talk;
  const raised = (type: number, initial: number): number =>
    talk.endpoint.framesOf(type).reduce((most, { values }) => Math.max(most, values[0]!), initial);
  return {
    bidi: raised(FrameType.MaxStreamsBidi, parameters.initialMaxStreamsBidi),
    uni: raised(FrameType.MaxStreamsUni, parameters.initialMaxStreamsUni),
    data: raised(FrameType.MaxData, parameters.initialMaxData),
    streamBidi: parameters.initialMaxStreamDataBidiRemote,
    streamUni: parameters.initialMaxStreamDataUni,
  };
}

/** A stream that this end may open, and how much data it takes. Throws `Inconclusive` when there is none. */
export function openStream({ limits, streams }: FrameView): { readonly id: number; readonly room: number } {
  if (limits.uni > 0 && limits.streamUni > 0) return { id: streams.mineUni(0), room: limits.streamUni };
  if (limits.bidi > 0 && limits.streamBidi > 0) return { id: streams.mine(0), room: limits.streamBidi };
  throw new Inconclusive('it allows no streams of this side');
}

/** One unidirectional stream that this end may open. */
export function openUniStream({ limits, streams }: FrameView): number {
  if (limits.uni === 0) throw new Inconclusive('it allows no unidirectional streams');
  return streams.mineUni(0);
}

/** The first byte of a stream that HTTP/3 reserves so that it is ignored, and that others take as data. */
export const BYTE: Uint8Array = Uint8Array.of(0x21);
export const BOTH: readonly Subject[] = ['server', 'client'];
