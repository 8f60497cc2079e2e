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
// Arguments of tools to code
export { ToolArgumentsError } from './json-string-property.js';
// Models
export * from './models/index.js';
export { seededRandom } from './random.js';
export {
  formatRecording,
  fromRecording,
  isRecording,
  parseRecording,
  RecordedFailureError,
  type Recording,
  RecordingFormatError,
  type ReplayOptions,
  record,
} from './recording.js';
export { splitTokens } from './split.js';
export { describeQuality, type StreamQuality, streamQuality } from './stream-quality.js';
export type { Token } from './token.js';
export { type ToolCodeOptions, type ToolProgram, toolCode, toolPrograms } from './tool-arguments.js';
export { InvalidUtf8Error, Utf8Decoder } from './utf8.js';
