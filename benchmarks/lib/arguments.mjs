/** What was asked for makes no sense: `run.mjs` says so with the usage, and ends with code 2. */
export class WrongUse extends Error {}

/** The options of a benchmark as whole numbers from 1, in the order of their names. */
export function wholeNumbers(values, ...names) {
  return names.map((name) => positive(values, name, Number.isSafeInteger, 'a whole number from 1'));
}

/** An option of a benchmark as several whole numbers from 1 with commas between them. */
export function listOfWholeNumbers(values, name, example) {
  const numbers = values[name].split(',').map(Number);
  if (!numbers.every((each) => Number.isSafeInteger(each) && each > 0)) throw new WrongUse(`--${name} takes whole numbers from 1, such as ${example}, not "${values[name]}"`);
  return numbers;
}

/** An option of a benchmark as a whole number from 0. */
export function wholeNumberFromZero(values, name) {
  const value = Number(values[name]);
  if (values[name] === '' || !Number.isSafeInteger(value) || value < 0) throw new WrongUse(`--${name} takes a whole number from 0, not "${values[name]}"`);
  return value;
}

/** An option of a benchmark as a number above 0. */
export function numberAboveZero(values, name) {
  return positive(values, name, Number.isFinite, 'a number above 0');
}

/** One of some words. */
export function oneOf(values, name, words) {
  if (!words.includes(values[name])) throw new WrongUse(`--${name} takes ${words.join(', ')}, not "${values[name]}"`);
  return values[name];
}

/** What is wrong with the arguments, as a sentence; undefined for errors of another kind. */
export function misuseOf(error) {
  if (error instanceof WrongUse) return error.message;
  return error?.code?.startsWith?.('ERR_PARSE_ARGS_') ? error.message.replace(/\. To specify a positional argument.*$/s, '') : undefined;
}

function positive(values, name, fits, expected) {
  const value = Number(values[name]);
  if (!fits(value) || value <= 0) throw new WrongUse(`--${name} takes ${expected}, not "${values[name]}"`);
  return value;
}
