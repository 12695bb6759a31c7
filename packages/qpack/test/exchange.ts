import { type DecodedSection, type FieldLine, QpackDecoder, QpackEncoder } from '@tsquic/qpack';

/**
 * Both ends of a connection whose streams deliver what a step says, and nothing before. Whatever is not decoded to what
 * was encoded throws.
 */
export class Exchange {
  readonly encoder: QpackEncoder;
  readonly decoder: QpackDecoder;
  private readonly sent = new Map<number, { section: Uint8Array; fields: readonly FieldLine[] }[]>();
  private readonly expected = new Map<number, readonly FieldLine[]>();
  private instructions: number[] = [];
  private answers: number[] = [];
  /** Streams in use: one that was cancelled carries nothing more, and another takes its place. */
  private readonly ids = Array.from({ length: 8 }, (_, i) => 4 * i);
  referring = 0;

  constructor(maxTableCapacity: number, maxBlockedStreams: number) {
    this.encoder = new QpackEncoder({ maxTableCapacity });
    this.encoder.onSettings({ maxTableCapacity, maxBlockedStreams });
    this.decoder = new QpackDecoder({ maxTableCapacity, maxBlockedStreams });
  }

  encode(draw: number, fields: readonly FieldLine[]): void {
    const id = this.ids[draw % 8]!;
    const section = this.encoder.encode(id, fields);
    if (section[0] !== 0) this.referring++;
    this.instructions.push(...this.encoder.takeInstructions());
    this.sent.set(id, [...(this.sent.get(id) ?? []), { section, fields }]);
  }

  /** The next section of a stream arrives, unless an earlier one is blocked. */
  section(draw: number): void {
    const ids = [...this.sent.keys()].filter((id) => !this.expected.has(id));
    if (ids.length === 0) return;
    const id = ids[draw % ids.length]!;
    const [next, ...rest] = this.sent.get(id)!;
    if (rest.length > 0) this.sent.set(id, rest);
    else this.sent.delete(id);
    const result = this.decoder.decode(id, next!.section);
    if (result.kind === 'blocked') this.expected.set(id, next!.fields);
    else this.check(result, next!.fields);
  }

  arriveInstructions(draw: number): void {
    const count = draw % 2 === 0 ? this.instructions.length : draw % 40;
    this.decoder.onEncoderStream(Uint8Array.from(this.instructions.splice(0, count)));
    for (let next = this.decoder.nextUnblocked(); next !== undefined; next = this.decoder.nextUnblocked()) {
      this.check(next.section, this.expected.get(next.streamId)!);
      this.expected.delete(next.streamId);
    }
  }

  arriveAnswers(draw: number): void {
    this.answers.push(...this.decoder.takeInstructions());
    const count = draw % 2 === 0 ? this.answers.length : draw % 5;
    this.encoder.onDecoderStream(Uint8Array.from(this.answers.splice(0, count)));
  }

  /** All that was sent on a stream is lost; the encoder hears of it later. */
  cancel(draw: number): void {
    const id = this.ids[draw % 8]!;
    this.ids[draw % 8] = id + 32;
    this.sent.delete(id);
    this.expected.delete(id);
    this.decoder.cancelStream(id);
  }

  /** Everything arrives. */
  finish(): void {
    // Each turn decodes one section, unless one is blocked for ever.
    for (let turn = 0; turn < 400 && this.sent.size > 0; turn++) {
      this.arriveInstructions(0);
      this.section(0);
    }
    this.arriveInstructions(0);
    this.arriveAnswers(0);
    if (this.sent.size + this.expected.size > 0) throw new Error('sections are blocked for ever');
  }

  private check(result: DecodedSection, fields: readonly FieldLine[]): void {
    const wanted = fields.map(({ name, value }) => `${name}\t${value}`);
    const found =
      result.kind === 'fields' ? result.fields.map(({ name, value }) => `${name}\t${value}`) : [result.kind];
    if (found.join('\n') !== wanted.join('\n'))
      throw new Error(`${found.join(', ')} instead of ${wanted.join(', ')}`);
  }
}
