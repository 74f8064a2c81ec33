import { y00 } from './q00.js';
import { y01 } from './q01.js';
import { y02 } from './q02.js';
import { y03 } from './q03.js';
import { y04 } from './q04.js';
import { y05 } from './q05.js';
import { y06 } from './q06.js';
import { y07 } from './q07.js';
import { y08 } from './q08.js';
import { y09 } from './q09.js';
import { y10 } from './q10.js';
import { y11 } from './q11.js';
import { y12 } from './q12.js';
import { y13 } from './q13.js';
import { y14 } from './q14.js';
import { y15 } from './q15.js';
import { y16 } from './q16.js';
import { y17 } from './q17.js';
import { y18 } from './q18.js';
import { y19 } from './q19.js';
import { y20 } from './q20.js';
import { y21 } from './q21.js';
import { y22 } from './q22.js';
import type { Yardstick } from './yardstick.js';

/** All yardsticks, in the order of their queries. */
export const YARDSTICKS: readonly Yardstick[] = [
  y00, y01, y02, y03, y04, y05, y06, y07, y08, y09, y10, y11, y12, y13, y14, y15, y16, y17, y18, y19, y20, y21, y22,
];
