import { equalsSerial } from './compare.js';
import { plots, runnable, sample } from './corpora.js';

equalsSerial('plots', sample(runnable(plots()), 9));
