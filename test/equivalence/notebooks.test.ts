import { equalsSerial } from './compare.js';
import { notebooks, runnable } from './corpora.js';

equalsSerial('notebooks', runnable(notebooks()));
