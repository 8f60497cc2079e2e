import { analyses, runnable, sample } from './corpora.js';
import { equalsSerial } from './compare.js';

equalsSerial('analysis', sample(runnable(analyses()), 8));
