import { equalsSerial } from './compare.js';
import { hazards, runnable, sample } from './corpora.js';

equalsSerial('hazards', sample(runnable(hazards()), 6));
