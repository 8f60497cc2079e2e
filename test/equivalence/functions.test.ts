import { functions, runnable, sample } from './corpora.js';
import { equalsSerial } from './compare.js';

equalsSerial('functions', sample(runnable(functions()), 6));
