import type { Contender } from './contender.js';
import { requestPerBatch, serial, streamedCell } from './engine.js';
import { paperRecipe } from './paper-recipe.js';
import { stockClient } from './stock-client.js';

export type { RunResult } from './contender.js';

export type ContenderName = 'serial' | 'eager' | 'request-per-batch' | 'paper-recipe' | 'stock-client';

export const CONTENDERS: Readonly<Record<ContenderName, Contender>> = {
  serial,
  eager: streamedCell,
  'request-per-batch': requestPerBatch,
  'paper-recipe': paperRecipe,
  'stock-client': stockClient,
};
