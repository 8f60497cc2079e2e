export { type Clock, startClock } from './clock.js';
// Markdown to code
export {
  type CodeFenceOptions,
  CodeFenceReader,
  codeBlocks,
  codeFences,
  type MarkdownPiece,
  markdownPieces,
} from './code-fences.js';
export {
  fromStream,
  GenerationAbortedError,
  type StreamOptions,
  type TextSource,
  type WebStream,
} from './from-stream.js';
// Sources
export { fromText, type Pace, paceText } from './from-text.js';
export {
  formatRecording,
  fromRecording,
  isRecording,
  parseRecording,
  type Recording,
  RecordingFormatError,
  type ReplayOptions,
} from './recording.js';
export { splitTokens } from './split.js';
export type { Token } from './token.js';
export { InvalidUtf8Error, Utf8Decoder } from './utf8.js';
