import { plots, runnable, sample } from './corpora.js';
import { equalsSerial } from './compare.js';

equalsSerial('plots', sample(runnable(plots()), 6));
