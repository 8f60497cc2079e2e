import { equalsSerial } from './compare.js';
import { functions, runnable, sample } from './corpora.js';

equalsSerial('functions', sample(runnable(functions()), 6));
