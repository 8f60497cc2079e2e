import { hazards, runnable, sample } from './corpora.js';
import { equalsSerial } from './compare.js';

equalsSerial('hazards', sample(runnable(hazards()), 4));
