export { answerText } from './answer-text.js';
export { type AnthropicOptions, anthropic } from './anthropic.js';
export type { ConnectionOptions } from './endpoint.js';
export { type ModelChoice, modelFromEnvironment } from './environment.js';
export type {
  CalledTool,
  Message,
  Model,
  ModelEvent,
  ModelRequest,
  PartialAnswer,
  Tool,
  ToolCall,
  Usage,
} from './model.js';
export { ModelError, type ModelErrorDetails, type ModelErrorKind } from './model-error.js';
export { type OpenAIOptions, openAI } from './openai.js';
export { type AISDKStream, type Awaitable, fromAISDK, fromAnthropic, fromOpenAI } from './sdk.js';
