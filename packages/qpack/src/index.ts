export { type DecodedSection, QpackDecoder, type QpackDecoderOptions } from './decoder.ts';
export { QpackEncoder, type QpackEncoderOptions, type QpackPeerSettings } from './encoder.ts';
export { FIELD_OVERHEAD, type FieldLine, fieldSize } from './field-line.ts';
export { QpackCode, QpackError } from './qpack-error.ts';
export type { SectionContent } from './section-reader.ts';
