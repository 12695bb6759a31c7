export {
  ackFrame,
  cryptoFrame,
  frame,
  hugeVarint,
  readFrames,
  type SeenFrame,
  streamFrame,
} from '@tsquic/adversary';
